"""Keys (the secret kind): what they look like, and those that landed in a config by mistake.

A key in a config is refused, and no message repeats one, whether a user wrote it or a vendor echoes
what it was sent.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import SplitResult, parse_qsl, urlsplit

from .redaction import KEY_SHAPE
from .source import KeyPath, Problem

_HINT = "Put the key into an environment variable and name that variable under 'api_key_env'."
_VARIABLE = "expected the name of an environment variable"
_SECRET_NAMES = {
    "apikey",
    "key",
    "apitoken",
    "accesstoken",
    "token",
    "secret",
    "clientsecret",
    "password",
    "authorization",
    "bearer",
    "xapikey",
    "xgoogapikey",
}
# In a config nothing but a key begins like this, however little of it was pasted.
_CERTAIN_START = re.compile(r"sk[-_]|hf_|AIza|xai-|gsk_|r8_|pplx-|nvapi-|Bearer\b")
_VARIABLE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_RANDOM_TEXT = re.compile(r"(?=.*[0-9])(?=.*[a-z])[A-Za-z0-9]{24,}")


def looks_like_key(text: str) -> bool:
    """Whether a text is probably a vendor's key, by its start or because it is long and random."""
    shapes = (_CERTAIN_START.match, KEY_SHAPE.match, _RANDOM_TEXT.fullmatch)
    return any(matches(text) for matches in shapes)


def names_a_secret(key: str) -> bool:
    """Whether a key of the config, of a header or of a web address is one that holds secrets."""
    return re.sub(r"[^a-z]", "", key.lower()) in _SECRET_NAMES


def secret_problems(data: Any) -> Iterator[Problem]:
    """Find secrets in a config as it was read, before it is checked for anything else.

    Args:
        data: The whole config as plain dicts and lists; anything else is left to later checks.
    """
    models = data.get("models") if isinstance(data, dict) else None
    if not isinstance(models, list):
        return
    for index, model in enumerate(models):
        if isinstance(model, dict):
            path: KeyPath = ("models", index)
            yield from _secret_keys(model, path)
            yield from _variable_problems(model.get("api_key_env"), (*path, "api_key_env"))
            yield from _address_problems(model.get("base_url"), (*path, "base_url"))


def _secret_keys(data: Any, path: KeyPath) -> Iterator[Problem]:
    if isinstance(data, list):
        for index, item in enumerate(data):
            yield from _secret_keys(item, (*path, index))
    if not isinstance(data, dict):
        return
    for key, value in data.items():
        if names_a_secret(key):
            yield Problem((*path, key), "an API key does not belong in a config", _HINT)
        else:
            yield from _secret_keys(value, (*path, key))


def _variable_problems(value: Any, path: KeyPath) -> Iterator[Problem]:
    if not isinstance(value, str):
        return
    if looks_like_key(value):
        yield Problem(path, f"{_VARIABLE}, found what looks like an API key itself", _HINT)
    elif not _VARIABLE_NAME.fullmatch(value):
        yield Problem(path, f"{_VARIABLE}, such as OPENAI_API_KEY", _HINT)


def _address_problems(value: Any, path: KeyPath) -> Iterator[Problem]:
    if not isinstance(value, str):
        return
    try:
        address = urlsplit(value)
        holds_secret = _holds_secret(address)
        is_usable = address.scheme in ("http", "https") and bool(address.hostname)
    except ValueError:
        holds_secret = False
        is_usable = False
    if holds_secret:
        message = "API keys and passwords do not belong in a config, nor in an address"
        yield Problem(path, message, _HINT)
    elif not is_usable:
        yield Problem(path, "expected an address such as http://127.0.0.1:8000/v1")


def _holds_secret(address: SplitResult) -> bool:
    names = [name for name, _ in parse_qsl(address.query)]
    return address.username is not None or any(map(names_a_secret, names))

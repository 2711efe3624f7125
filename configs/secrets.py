"""Keys (the secret kind) that landed in a config by mistake: found, and never repeated in a message."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from .source import KeyPath, Problem

_HINT = "Put the key into an environment variable and name that variable under 'api_key_env'."
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
_KEY_STARTS = re.compile(r"(sk-|sk_|hf_|AIza|xai-|gsk_|r8_|pplx-|Bearer\b)")
_VARIABLE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_RANDOM_TEXT = re.compile(r"(?=.*[0-9])(?=.*[a-z])[A-Za-z0-9]{24,}")


def looks_like_key(text: str) -> bool:
    """Whether a text is probably a vendor's key, by its start or because it is long and random."""
    return bool(_KEY_STARTS.match(text) or _RANDOM_TEXT.fullmatch(text))


def names_a_secret(key: str) -> bool:
    """Whether a key of the config, of a header or of a web address is one that holds secrets."""
    return re.sub(r"[^a-z]", "", key.lower()) in _SECRET_NAMES


def secret_problems(data: Any) -> Iterator[Problem]:
    """Find secrets in a config as it was read, before it is checked for anything else.

    Args:
        data: The whole config as plain dicts and lists; anything else is left to later checks.
    """
    models = data.get("models") if isinstance(data, dict) else None
    for index, model in enumerate(models if isinstance(models, list) else ()):
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
        yield Problem(
            path,
            "expected the name of an environment variable, found what looks like an API key itself",
            _HINT,
        )
    elif not _VARIABLE_NAME.fullmatch(value):
        yield Problem(
            path, "expected the name of an environment variable, such as OPENAI_API_KEY", _HINT
        )


def _address_problems(value: Any, path: KeyPath) -> Iterator[Problem]:
    if not isinstance(value, str):
        return
    try:
        address = urlsplit(value)
        holds_secret = address.username is not None or any(
            names_a_secret(name) for name, _ in parse_qsl(address.query)
        )
        usable = address.scheme in ("http", "https") and bool(address.hostname)
    except ValueError:
        holds_secret, usable = False, False
    if holds_secret:
        yield Problem(
            path, "API keys and passwords do not belong in a config, nor in an address", _HINT
        )
    elif not usable:
        yield Problem(path, "expected an address such as http://127.0.0.1:8000/v1")

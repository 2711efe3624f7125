"""Keys (the secret kind): what they look like, and those that landed in a config by mistake.

A key in a config is refused, and no message repeats one, whether a user wrote it or a vendor echoes
what it was sent.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import SplitResult, parse_qsl, urlsplit

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
# Keys anywhere in a text: a start that a vendor gives its keys, and enough behind it to tell them
# from words. Vendors star out the middle of a key before they echo it.
_KEY_SHAPE = re.compile(
    r"""
    \b(?:
        # OpenAI, Anthropic, DeepSeek, OpenRouter and gateways (sk, pk, rk); Hugging Face (hf,
        # api_org); Groq (gsk); xAI; Replicate (r8); NVIDIA (nvapi); Perplexity (pplx); Cerebras
        # (csk); Fireworks (fw); Together (tgp_v1); Anyscale (esecret); Jina; GitHub
        (?:sk|pk|rk|hf|api_org|gsk|xai|r8|nvapi|pplx|csk|fw|tgp_v1|esecret|jina|gh[opsu]|github_pat)
        [-_][A-Za-z0-9*_-]{12,}
      | (?:sk|pk|rk|hf|gsk|xai|r8)(?=[A-Za-z_-]*[0-9*])[A-Za-z0-9*_-]{12,}
      | AIza[A-Za-z0-9*_-]{12,}                         # Google
      | AQ\.[A-Za-z0-9*_-]{20,}                         # Google, since 2025
      | ya29\.[A-Za-z0-9*_-]{12,}                       # Google, tokens of service accounts
      | ABSK[A-Za-z0-9*+/=]{20,}                        # Amazon Bedrock
      | dapi[0-9a-f*]{20,}                              # Databricks
      | eyJ[A-Za-z0-9*_-]{8,}(?:\.[A-Za-z0-9*_-]+){1,2}  # a JSON Web Token
    )
  | (?<=\bBearer\ )(?=\S{12})(?=[^\s0-9*]*[0-9*])[A-Za-z0-9*_~+/=-]+(?:\.[A-Za-z0-9*_~+/=-]+)*
    """,
    re.VERBOSE,
)
_VARIABLE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_RANDOM_TEXT = re.compile(r"(?=.*[0-9])(?=.*[a-z])[A-Za-z0-9]{24,}")


def looks_like_key(text: str) -> bool:
    """Whether a text is probably a vendor's key, by its start or because it is long and random."""
    shapes = (_CERTAIN_START.match, _KEY_SHAPE.match, _RANDOM_TEXT.fullmatch)
    return any(matches(text) for matches in shapes)


def redact_keys(text: str) -> str:
    """The text with `[key]` in place of all that looks like a vendor's key."""
    return _KEY_SHAPE.sub("[key]", text)


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

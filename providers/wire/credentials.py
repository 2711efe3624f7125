"""API keys: read from the environment, sent to the vendor, and shown nowhere else."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence

from ...configs.errors import ConfigError
from ...configs.redaction import SECRETS
from ...configs.settings import ModelSettings
from .key_free_logs import keep_keys_out

# What shells and files leave around a key: blanks, line breaks, a byte order mark.
_AROUND_KEYS = " \t\r\n\v\f\xa0\u200b\ufeff"
# Of which each is the first sign of a key that was not copied as it is -> what it is called.
_MISTAKES = (
    (re.compile(r"[\r\n\v\f\x85\u2028\u2029]"), "holds a line break"),
    (re.compile(r"\s"), "holds a blank"),
    (re.compile(r"""^["'`]|["'`]$"""), "stands in quotes"),
    (re.compile(r"[^!-~]"), "holds a character that no key has"),
)


class ApiKey:
    """A key, or none, that never shows itself.

    Attributes:
        variable: The environment variable that it comes from, or that would be looked at.
        value: The key itself; empty where there is none.
    """

    __slots__ = ("value", "variable")

    def __init__(self, variable: str, value: str) -> None:
        self.variable = variable
        self.value = value
        SECRETS.add(value)
        if value:
            keep_keys_out()

    def __repr__(self) -> str:
        return f"ApiKey({self.variable!r}, {'set' if self.value else 'not set'})"


def read_key(model: ModelSettings, variables: Sequence[str]) -> ApiKey:
    """The key of a model.

    `api_key_env` must be set where it is configured. Without it, a model with a `base_url` of its
    own is asked without a key: the vendor's usual key is never sent to an address that the vendor
    did not choose.

    Args:
        model: The model.
        variables: Environment variables that usually hold this vendor's key; the first that is set
            counts.

    Raises:
        ConfigError: A key is needed, and there is none, or one that no header can carry; the
            message names the variable, and shows nothing of the key.
    """
    if model.api_key_env is None and model.base_url is not None:
        return ApiKey(variables[0], "")
    if model.api_key_env:
        variables = (model.api_key_env,)
    for variable in variables:
        value = os.environ.get(variable, "").strip(_AROUND_KEYS)
        if value:
            _check_key(model, variable, value)
            return ApiKey(variable, value)
    raise ConfigError(
        f"model '{model.name}' needs an API key, and the environment variable"
        f" {' or '.join(variables)} is not set",
        hint=f"export {variables[0]}=..., or try without a key: `provider: mock` or"
        " `provider: replay`",
    )


def _check_key(model: ModelSettings, variable: str, value: str) -> None:
    """Refuse a key that no header can carry, before a library says so and shows it.

    Raises:
        ConfigError: It is one.
    """
    for pattern, mistake in _MISTAKES:
        if pattern.search(value):
            for line in value.splitlines():
                SECRETS.add(line)
            raise ConfigError(
                f"model '{model.name}': the key in the environment variable {variable} {mistake}",
                hint="set it anew, as one word without quotes, blanks and line breaks",
            )

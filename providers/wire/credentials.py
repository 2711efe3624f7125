"""API keys: read from the environment, sent to the vendor, and shown nowhere else."""

from __future__ import annotations

import os
from collections.abc import Sequence

from ...configs.errors import ConfigError
from ...configs.secrets import redact_keys
from ...configs.settings import ModelSettings

_SHORTEST_KEY = 4


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

    def __repr__(self) -> str:
        return f"ApiKey({self.variable!r}, {'set' if self.value else 'not set'})"

    def redact(self, text: str) -> str:
        """The text without this key or any other; vendors echo what they refuse."""
        if len(self.value) >= _SHORTEST_KEY:
            text = text.replace(self.value, "[key]")
        return redact_keys(text)


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
        ConfigError: A key is needed, and there is none; the message names the variable and a way to
            try without.
    """
    if model.api_key_env is None and model.base_url is not None:
        return ApiKey(variables[0], "")
    if model.api_key_env:
        variables = (model.api_key_env,)
    for variable in variables:
        value = os.environ.get(variable, "").strip()
        if value:
            return ApiKey(variable, value)
    raise ConfigError(
        f"model '{model.name}' needs an API key, and the environment variable"
        f" {' or '.join(variables)} is not set",
        hint=f"export {variables[0]}=..., or try without a key: `provider: mock` or"
        " `provider: replay`",
    )

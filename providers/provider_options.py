"""The `options` of providers that define their own: checked, with errors that name them."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from ..configs.errors import ConfigError
from ..configs.settings import ModelSettings
from ..configs.suggestions import did_you_mean

_PATH_STARTS = ("/", "./", "../", "~")


class Options(BaseModel):
    """Base of a provider's options: frozen, and a key that is not known is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


AnyOptions = TypeVar("AnyOptions", bound=Options)


def read_options(model: ModelSettings, form: type[AnyOptions]) -> AnyOptions:
    """Check a model's `options`.

    Args:
        model: The configured model.
        form: The options that its provider knows.

    Raises:
        ConfigError: An option is unknown, missing or has a value that cannot be used.
    """
    try:
        return form.model_validate(model.options)
    except ValidationError as error:
        known_options = tuple(form.model_fields)
        problem = error.errors(include_url=False)[0]
        path = ".".join(str(part) for part in problem["loc"]) or "options"
        message = problem["msg"]
        if problem["type"] == "extra_forbidden":
            suggestion = did_you_mean(path, known_options)
            message = f"unknown option; {suggestion}" if suggestion else "unknown option"
        raise ConfigError(
            f"model '{model.name}': options.{path}: {message}",
            hint=f"options of provider '{model.provider}': {', '.join(known_options)}",
        ) from error


def written_as_path(text: str) -> Path | None:
    """The path that a text is, if it is written as one: with ./, ../, / or ~ in front."""
    return Path(text) if text.startswith(_PATH_STARTS) else None

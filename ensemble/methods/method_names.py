"""Whether a config names a method that exists, and no model after one."""

from __future__ import annotations

from collections.abc import Iterator

from ...configs.settings import Settings
from ...configs.source import Problem
from ...configs.suggestions import did_you_mean_or_known
from ...configs.validation_messages import quote_value
from . import METHODS, find_method
from .method import Method

_METHOD = ("ensemble", "method")


def method_of(settings: Settings) -> Method:
    """The method that is configured.

    Raises:
        ConfigError: There is no such method, or no such model for it.
    """
    for problem in method_problems(settings):
        raise settings.error(problem.path, problem.message)
    return find_method(settings.ensemble.method)


def method_problems(settings: Settings) -> Iterator[Problem]:
    """Find a method that does not exist, or a method's model that does not."""
    name = settings.ensemble.method
    stem, separator, model = name.partition(":")
    models = [each.name for each in settings.models]
    if separator and f"{stem}:<model>" in METHODS:
        if model not in models:
            suggestion = did_you_mean_or_known(model, models)
            yield Problem(_METHOD, f"unknown model {quote_value(model)}; {suggestion}")
    elif separator or name not in METHODS:
        suggestion = did_you_mean_or_known(name, METHODS)
        yield Problem(_METHOD, f"unknown method {quote_value(name)}; {suggestion}")


def model_name_problems(settings: Settings) -> Iterator[Problem]:
    """Find models with the name of a method, which stands beside theirs in the outputs."""
    for index, model in enumerate(settings.models):
        if model.name in METHODS:
            message = f"the name '{model.name}' has a meaning of its own in the outputs"
            yield Problem(("models", index, "name"), f"{message}; choose another")

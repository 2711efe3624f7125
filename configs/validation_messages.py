"""pydantic's findings in the words of a config file."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from typing import Any, get_args

from pydantic import ValidationError

from .secrets import looks_like_key
from .settings import Section, Settings
from .source import KeyPath, Problem
from .suggestions import did_you_mean_or_known

_BOUNDS = {
    "greater_than": "more than {gt}",
    "greater_than_equal": "at least {ge}",
    "less_than": "less than {lt}",
    "less_than_equal": "at most {le}",
}


def quote_value(value: Any) -> str:
    """A value as a message repeats it: short, and not at all if it could be a key."""
    if value is None:
        return "nothing"
    if isinstance(value, Mapping):
        return "keys"
    if isinstance(value, list | tuple):
        return "a list"
    text = str(value)
    if looks_like_key(text):
        return "what looks like an API key"
    return f"'{text if len(text) <= 60 else text[:57] + '...'}'"


def validation_problems(
    error: ValidationError, attribute_names: tuple[str, ...]
) -> Iterator[Problem]:
    """Turn each of pydantic's findings into a problem.

    Args:
        error: What `Settings.model_validate` raised.
        attribute_names: Names of the attributes in their order: pydantic knows them by number, a
            config by name.
    """
    for details in error.errors(include_url=False):
        if details["type"] == "too_short" and details["input"]:
            continue  # pydantic does not count the items that it has already complained about
        yield _problem(details, attribute_names)


def _problem(details: Mapping[str, Any], attribute_names: tuple[str, ...]) -> Problem:
    path = _named(tuple(details["loc"]), attribute_names)
    kind, context, value = details["type"], details.get("ctx", {}), details["input"]
    if kind == "extra_forbidden":
        return _unknown_key(path)
    if kind == "missing":
        return Problem(path[:-1], f"the key '{path[-1]}' is missing", at=path)
    if kind == "value_error":
        return Problem(path, str(context["error"]))
    if kind == "literal_error":
        return Problem(path, f"expected {context['expected']}, found {quote_value(value)}")
    if kind == "too_short":
        return Problem(path, "expected at least one")
    return Problem(path, f"expected {_expected(kind, context)}, found {quote_value(value)}")


def _expected(kind: str, context: Mapping[str, Any]) -> str:
    if kind in _BOUNDS:
        return _BOUNDS[kind].format_map({name: f"{bound:g}" for name, bound in context.items()})
    if kind.startswith(("model_", "dict_")):
        return "keys"
    if kind.startswith(("int_", "float_", "finite_")):
        return "a whole number" if kind.startswith("int_") else "a number"
    if kind.startswith("bool_"):
        return "true or false"
    return "a list of texts" if kind.startswith("tuple_") else "a text"


def _named(path: KeyPath, attribute_names: tuple[str, ...]) -> KeyPath:
    """The path with an attribute's name in place of its number, and without pydantic's mark for a mapping's key."""
    path = tuple(step for step in path if step != "[key]")
    if path[:1] == ("attributes",) and len(path) > 1 and isinstance(path[1], int):
        return ("attributes", attribute_names[path[1]], *path[2:])
    return path


def _unknown_key(path: KeyPath) -> Problem:
    section, key = _section_at(path[:-1]), str(path[-1])
    known = set(section.model_fields) - ({"name"} if path[0] == "attributes" else set())
    named = ", which looks like an API key" if looks_like_key(key) else f" '{key}'"
    return Problem(path[:-1], f"unknown key{named}; {did_you_mean_or_known(key, known)}", at=path)


def _section_at(path: KeyPath) -> type[Section]:
    section: type[Section] = Settings
    for step in path:
        if step in section.model_fields:
            section = _section_in(section.model_fields[str(step)].annotation) or section
    return section


def _section_in(annotation: Any) -> type[Section] | None:
    if inspect.isclass(annotation) and issubclass(annotation, Section):
        return annotation
    return next((section for part in get_args(annotation) if (section := _section_in(part))), None)

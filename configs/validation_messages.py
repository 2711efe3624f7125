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
    "greater_than": "more than {gt:g}",
    "greater_than_equal": "at least {ge:g}",
    "less_than": "less than {lt:g}",
    "less_than_equal": "at most {le:g}",
}
# By the start of pydantic's name for what is wrong.
_EXPECTATIONS = {
    "model_": "keys",
    "dict_": "keys",
    "int_": "a whole number",
    "float_": "a number",
    "finite_": "a number",
    "bool_": "true or false",
    "tuple_": "a list of texts",
}
_LONGEST_QUOTE = 60


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
    if len(text) > _LONGEST_QUOTE:
        text = text[: _LONGEST_QUOTE - 3] + "..."
    return f"'{text}'"


def validation_problems(
    error: ValidationError, attribute_names: tuple[str, ...]
) -> Iterator[Problem]:
    """Turn each of pydantic's findings into a problem.

    Args:
        error: What `Settings.model_validate` raised.
        attribute_names: Names of the attributes in their order: pydantic knows them by number, a
            config by name.
    """
    for finding in error.errors(include_url=False):
        if finding["type"] == "too_short" and finding["input"]:
            continue  # pydantic does not count the items that it has already complained about
        yield _problem(finding, attribute_names)


def _problem(finding: Mapping[str, Any], attribute_names: tuple[str, ...]) -> Problem:
    path = _path_by_name(tuple(finding["loc"]), attribute_names)
    kind = finding["type"]
    context = finding.get("ctx", {})
    if kind == "extra_forbidden":
        return _unknown_key(path)
    if kind == "missing":
        return Problem(path[:-1], f"the key '{path[-1]}' is missing", at=path)
    if kind == "value_error":
        return Problem(path, str(context["error"]))
    if kind == "too_short":
        return Problem(path, "expected at least one")
    is_choice = kind == "literal_error"
    expectation = context["expected"] if is_choice else _expectation(kind, context)
    return Problem(path, f"expected {expectation}, found {quote_value(finding['input'])}")


def _expectation(kind: str, context: Mapping[str, Any]) -> str:
    if kind in _BOUNDS:
        return _BOUNDS[kind].format_map(context)
    for start, expectation in _EXPECTATIONS.items():
        if kind.startswith(start):
            return expectation
    return "a text"


def _path_by_name(path: KeyPath, attribute_names: tuple[str, ...]) -> KeyPath:
    """The path with an attribute's name for its number, without pydantic's mark for a key."""
    path = tuple(step for step in path if step != "[key]")
    match path:
        case ("attributes", int(number), *rest):
            return ("attributes", attribute_names[number], *rest)
    return path


def _unknown_key(path: KeyPath) -> Problem:
    section = _section_at(path[:-1])
    known_keys = set(section.model_fields)
    if path[0] == "attributes":
        known_keys.discard("name")
    key = str(path[-1])
    description = ", which looks like an API key" if looks_like_key(key) else f" '{key}'"
    suggestion = did_you_mean_or_known(key, known_keys)
    return Problem(path[:-1], f"unknown key{description}; {suggestion}", at=path)


def _section_at(path: KeyPath) -> type[Section]:
    section: type[Section] = Settings
    for step in path:
        field = section.model_fields.get(str(step))
        if field is not None:
            section = _section_in(field.annotation) or section
    return section


def _section_in(annotation: Any) -> type[Section] | None:
    """The section that a type is, or holds: of `tuple[Attribute, ...]`, it is Attribute."""
    if inspect.isclass(annotation) and issubclass(annotation, Section):
        return annotation
    for part in get_args(annotation):
        section = _section_in(part)
        if section is not None:
            return section
    return None

"""What makes no sense in a config although every part of it has the right type."""

from __future__ import annotations

import codecs
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from .characters import CONTROLS
from .languages import DECIMAL_SIGNS, language_code
from .normalization import lookup_form, name_key
from .settings import Attribute, ModelSettings, Settings
from .source import KeyPath, Problem
from .suggestions import did_you_mean_or_known
from .validation_messages import quote_value

# Names that stand beside models' names in the outputs (docs/design.md#output-files).
_NAMES_OF_OUTPUTS = {"ensemble", "product_id", "attribute"}
_CONTROL = re.compile(f"[{CONTROLS}]")


def settings_problems(settings: Settings) -> Iterator[Problem]:
    """Find everything that cannot be right, in the order of the config's sections."""
    yield from _input_problems(settings)
    yield from _repeated_attributes(settings.attributes)
    for attribute in settings.attributes:
        yield from _attribute_problems(attribute)
        if attribute.applies_to is not None and settings.input.category is None:
            message = "products have categories only where 'input.category' names their column"
            yield Problem(("attributes", attribute.name, "applies_to"), message)
    yield from _repeated_models(settings.models)
    for index, model in enumerate(settings.models):
        yield from _model_problems(model, ("models", index))
    yield from _account_problems(settings.models)
    yield from leader_problems(settings)
    yield from by_attribute_problems(settings)
    if settings.ensemble.group_by == "category" and settings.input.category is None:
        message = "'category' needs 'input.category', which names the column of the categories"
        yield Problem(("ensemble", "group_by"), message)


def leader_problems(settings: Settings) -> Iterator[Problem]:
    """Find a leader that does not exist; also used for options of the command line."""
    leader = settings.ensemble.leader
    models = [model.name for model in settings.models]
    if leader is not None and leader not in models:
        suggestion = did_you_mean_or_known(leader, models)
        message = f"unknown model {quote_value(leader)}; {suggestion}"
        yield Problem(("ensemble", "leader"), message)


def by_attribute_problems(settings: Settings) -> Iterator[Problem]:
    """Find attributes and models of `ensemble.by_attribute` that do not exist."""
    attributes = [attribute.name for attribute in settings.attributes]
    models = [model.name for model in settings.models]
    for attribute, model in settings.ensemble.by_attribute.items():
        path = ("ensemble", "by_attribute", attribute)
        if attribute not in attributes:
            suggestion = did_you_mean_or_known(attribute, attributes)
            yield Problem(path, f"unknown attribute {quote_value(attribute)}; {suggestion}")
        elif model not in models:
            suggestion = did_you_mean_or_known(model, models)
            yield Problem(path, f"unknown model {quote_value(model)}; {suggestion}")


def _input_problems(settings: Settings) -> Iterator[Problem]:
    columns = settings.input
    for column, count in Counter(columns.text).items():
        if count > 1:
            yield Problem(("input", "text"), f"the column '{column}' is listed twice")
    separator = columns.separator
    if separator is not None and len(separator) != 1:
        message = f"expected one character, found {quote_value(separator)}"
        hint = r"A tab is written \"\t\", in double quotes."
        yield Problem(("input", "separator"), message, hint)
    yield from _language_problems(columns.language)
    encoding = columns.encoding
    if encoding is not None and not _is_encoding(encoding):
        message = f"unknown encoding {quote_value(encoding)}; known: utf-8, cp1252 ..."
        yield Problem(("input", "encoding"), message)


def _language_problems(language: str) -> Iterator[Problem]:
    if language == "auto" or language_code(language) in DECIMAL_SIGNS:
        return
    known_codes = [code for code in DECIMAL_SIGNS if "-" not in code]
    suggestion = did_you_mean_or_known(language, [*known_codes, "auto"])
    message = f"unknown language {quote_value(language)}; {suggestion}"
    yield Problem(("input", "language"), message)


def _is_encoding(name: str) -> bool:
    try:
        codecs.lookup(name)
    except (LookupError, ValueError):
        return False
    return True


def _repeated_attributes(attributes: Iterable[Attribute]) -> Iterator[Problem]:
    """Names that an answer cannot tell apart."""
    first_by_key: dict[str, str] = {}
    for attribute in attributes:
        name = attribute.name
        key = name_key(lookup_form(name)) or name
        first = first_by_key.setdefault(key, name)
        if first != name:
            message = (
                f"an answer cannot tell '{name}' from '{first}'; choose names that differ more"
            )
            yield Problem(("attributes", name), message)


def _repeated_models(models: Iterable[ModelSettings]) -> Iterator[Problem]:
    first_by_name: dict[str, int] = {}
    for index, model in enumerate(models):
        first = first_by_name.setdefault(model.name, index)
        if first != index:
            message = f"models[{first}] has the name '{model.name}' too; names must differ"
            yield Problem(("models", index), message)


def _attribute_problems(attribute: Attribute) -> Iterator[Problem]:
    path: KeyPath = ("attributes", attribute.name)
    yield from _name_problems(attribute.name, path, {"*", "product_id"})
    if attribute.open and attribute.values:
        yield Problem(path, "expected either 'values' or 'open: true', found both")
    if not attribute.open and not attribute.values:
        yield Problem(path, "expected 'values' (the allowed values) or 'open: true', found neither")
    yield from _number_problems(attribute, path)
    values_path = (*path, "values")
    value_by_form: dict[str, str] = {}
    yield from _repeated_values(attribute, values_path, value_by_form)
    yield from _repeated_synonyms(attribute, values_path, value_by_form)


def _number_problems(attribute: Attribute, path: KeyPath) -> Iterator[Problem]:
    if attribute.type == "number" and not attribute.open:
        message = "a number cannot be chosen from a list of values; it needs 'open: true'"
        yield Problem((*path, "type"), message)
    if attribute.type != "number":
        for key in ("unit", "accept_units"):
            if getattr(attribute, key):
                message = f"'{key}' needs 'type: number'"
                yield Problem((*path, key), message)
        if attribute.decimal != "auto":
            yield Problem((*path, "decimal"), "'decimal' needs 'type: number'")
    elif attribute.accept_units and attribute.unit is None:
        message = "'accept_units' needs 'unit', into which they are converted"
        yield Problem((*path, "accept_units"), message)


def _repeated_values(
    attribute: Attribute, path: KeyPath, value_by_form: dict[str, str]
) -> Iterator[Problem]:
    """Values that are empty or equal in an answer; fills `value_by_form` with the others."""
    for value in attribute.values:
        form = lookup_form(value)
        if not form:
            yield Problem((*path, value), "a value is empty")
        first = value_by_form.setdefault(form, value)
        if first != value:
            message = f"'{value}' and '{first}' differ only in case, width or spaces"
            yield Problem((*path, value), message)


def _repeated_synonyms(
    attribute: Attribute, path: KeyPath, value_by_form: dict[str, str]
) -> Iterator[Problem]:
    """Synonyms that are empty, or stand for another value already; fills `value_by_form`."""
    for value, synonyms in attribute.values.items():
        for index, synonym in enumerate(synonyms):
            form = lookup_form(synonym)
            owner = value_by_form.setdefault(form, value)
            synonym_path = (*path, value, index)
            if not form:
                yield Problem(synonym_path, "a synonym is empty")
            elif lookup_form(owner) != lookup_form(value):
                message = f"'{synonym}' already stands for '{owner}'"
                yield Problem(synonym_path, message)


def _model_problems(model: ModelSettings, path: KeyPath) -> Iterator[Problem]:
    yield from _name_problems(model.name, (*path, "name"), _NAMES_OF_OUTPUTS)
    if "," in model.name:
        yield Problem((*path, "name"), "a comma cannot be in a name: `--models a,b` is a list")


def _name_problems(name: str, path: KeyPath, names_of_outputs: set[str]) -> Iterator[Problem]:
    is_trimmed = name == name.strip()
    if not name or not is_trimmed or _CONTROL.search(name):
        expectation = "expected a name without spaces around it or control characters"
        yield Problem(path, f"{expectation}, found {quote_value(name)}")
    elif name in names_of_outputs:
        message = f"the name '{name}' has a meaning of its own in the outputs; choose another"
        yield Problem(path, message)


def _account_problems(models: Sequence[ModelSettings]) -> Iterator[Problem]:
    first_by_account: dict[str, ModelSettings] = {}
    for index, model in enumerate(models):
        first = first_by_account.setdefault(model.account_key, model)
        if first.limits != model.limits:
            both = f"'{model.name}' and '{first.name}'"
            yield Problem(
                ("models", index, "limits"),
                f"{both} share an account and its limits, and the two differ",
                "Write the same limits under both, or give each its own 'account'.",
            )

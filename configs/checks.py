"""What makes no sense in a config although every part of it has the right type."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator, Sequence

from .characters import CONTROLS
from .normalization import lookup_form, name_key
from .settings import (
    Attribute,
    EnsembleSettings,
    ModelSettings,
    Settings,
)
from .source import KeyPath, Problem
from .suggestions import did_you_mean_or_known
from .validation_messages import quote_value

METHODS = ("iwmv", "majority", "paper", "stack")
KEYLESS_PROVIDERS = ("mock", "replay")
_SINGLE = "single:"
_VENDORS = ("openai", "anthropic", "google", "huggingface", "local")
# Names that stand beside models' names in the outputs (docs/design.md#output-files).
_TAKEN_NAMES = {"majority", "ensemble", "iwmv", "stack", "product_id", "attribute"}
_CONTROL = re.compile(f"[{CONTROLS}]")


def problems(settings: Settings) -> Iterator[Problem]:
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
    yield from ensemble_problems(settings.ensemble, [model.name for model in settings.models])
    if settings.ensemble.group_by == "category" and settings.input.category is None:
        message = "'category' needs 'input.category', which names the column of the categories"
        yield Problem(("ensemble", "group_by"), message)


def ensemble_problems(ensemble: EnsembleSettings, models: Sequence[str]) -> Iterator[Problem]:
    """Find a method or a leader that does not exist; also used for options of the command line."""
    method = ensemble.method
    if method.startswith(_SINGLE):
        if (name := method.removeprefix(_SINGLE)) not in models:
            yield Problem(
                ("ensemble", "method"),
                f"unknown model {quote_value(name)}; {did_you_mean_or_known(name, models)}",
            )
    elif method not in METHODS:
        known = did_you_mean_or_known(method, [*METHODS, f"{_SINGLE}<model>"])
        yield Problem(("ensemble", "method"), f"unknown method {quote_value(method)}; {known}")
    if ensemble.leader is not None and ensemble.leader not in models:
        message = f"unknown model {quote_value(ensemble.leader)}; {did_you_mean_or_known(ensemble.leader, models)}"
        yield Problem(("ensemble", "leader"), message)


def _input_problems(settings: Settings) -> Iterator[Problem]:
    columns = settings.input
    for column in dict.fromkeys(name for name in columns.text if columns.text.count(name) > 1):
        yield Problem(("input", "text"), f"the column '{column}' is listed twice")
    if columns.separator is not None and len(columns.separator) != 1:
        message = f"expected one character, found {quote_value(columns.separator)}"
        yield Problem(
            ("input", "separator"), message, r"A tab is written \"\t\", in double quotes."
        )
    if columns.encoding is not None:
        try:
            codecs.lookup(columns.encoding)
        except (LookupError, ValueError):
            yield Problem(
                ("input", "encoding"),
                f"unknown encoding {quote_value(columns.encoding)}; known: utf-8, cp1252 ...",
            )


def _repeated_attributes(attributes: Iterable[Attribute]) -> Iterator[Problem]:
    """Names that an answer cannot tell apart."""
    first: dict[str, str] = {}
    for attribute in attributes:
        before = first.setdefault(
            name_key(lookup_form(attribute.name)) or attribute.name, attribute.name
        )
        if before != attribute.name:
            message = f"an answer cannot tell '{attribute.name}' from '{before}'; choose names that differ more"
            yield Problem(("attributes", attribute.name), message)


def _repeated_models(models: Iterable[ModelSettings]) -> Iterator[Problem]:
    first: dict[str, int] = {}
    for index, model in enumerate(models):
        if (before := first.setdefault(model.name, index)) != index:
            message = f"models[{before}] has the name '{model.name}' too; names must differ"
            yield Problem(("models", index), message)


def _attribute_problems(attribute: Attribute) -> Iterator[Problem]:
    path: KeyPath = ("attributes", attribute.name)
    yield from _name_problems(attribute.name, path, {"*", "product_id"})
    if attribute.open and attribute.values:
        yield Problem(path, "expected either 'values' or 'open: true', found both")
    if not attribute.open and not attribute.values:
        yield Problem(path, "expected 'values' (the allowed values) or 'open: true', found neither")
    yield from _number_problems(attribute, path)
    yield from _value_problems(attribute, (*path, "values"))


def _number_problems(attribute: Attribute, path: KeyPath) -> Iterator[Problem]:
    if attribute.type == "number" and not attribute.open:
        yield Problem(
            (*path, "type"),
            "a number cannot be chosen from a list of values; it needs 'open: true'",
        )
    if attribute.type != "number":
        for key in ("unit", "accept_units"):
            if getattr(attribute, key):
                yield Problem((*path, key), f"'{key}' needs 'type: number'")
    elif attribute.accept_units and attribute.unit is None:
        yield Problem(
            (*path, "accept_units"), "'accept_units' needs 'unit', into which they are converted"
        )


def _value_problems(attribute: Attribute, path: KeyPath) -> Iterator[Problem]:
    """A spelling that stands for two values, or for none."""
    owners: dict[str, str] = {}
    for value in attribute.values:
        if not lookup_form(value):
            yield Problem((*path, value), "a value is empty")
        owners.setdefault(lookup_form(value), value)
        if owners[lookup_form(value)] != value:
            message = (
                f"'{value}' and '{owners[lookup_form(value)]}' differ only in case, width or spaces"
            )
            yield Problem((*path, value), message)
    for value, synonyms in attribute.values.items():
        for index, synonym in enumerate(synonyms):
            owner = owners.setdefault(lookup_form(synonym), value)
            if not lookup_form(synonym):
                yield Problem((*path, value, index), "a synonym is empty")
            elif lookup_form(owner) != lookup_form(value):
                yield Problem((*path, value, index), f"'{synonym}' already stands for '{owner}'")


def _model_problems(model: ModelSettings, path: KeyPath) -> Iterator[Problem]:
    yield from _name_problems(model.name, (*path, "name"), _TAKEN_NAMES)
    if "," in model.name:
        yield Problem((*path, "name"), "a comma cannot be in a name: `--models a,b` is a list")
    if not model.model and model.provider in _VENDORS:
        yield Problem(
            path, f"the key 'model' is missing: which of {model.provider}'s models to ask"
        )
    if model.provider == "replay":
        file = model.options.get("file")
        if not isinstance(file, str) or not file:
            yield Problem(
                (*path, "options"), "'replay' needs 'file', the recorded answers (JSON lines)"
            )


def _name_problems(name: str, path: KeyPath, taken: set[str]) -> Iterator[Problem]:
    if not name.strip() or name != name.strip() or _CONTROL.search(name):
        yield Problem(
            path,
            f"expected a name without spaces around it or control characters, found {quote_value(name)}",
        )
    elif name in taken:
        yield Problem(
            path, f"the name '{name}' has a meaning of its own in the outputs; choose another"
        )


def _account_problems(models: Sequence[ModelSettings]) -> Iterator[Problem]:
    first: dict[str, ModelSettings] = {}
    for index, model in enumerate(models):
        before = first.setdefault(model.account_key, model)
        if before.limits != model.limits:
            yield Problem(
                ("models", index, "limits"),
                f"'{model.name}' and '{before.name}' share an account and its limits, and the two differ",
                "Write the same limits under both, or give each its own 'account'.",
            )

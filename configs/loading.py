"""`attrx.yaml` -> Settings, or an error that names file, line and key."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from .checks import settings_problems
from .digest_fields import digest_fields
from .model_rules import ModelRules, NoRules
from .secrets import secret_problems
from .settings import Section, Settings
from .source import MOST_PROBLEMS, Problem, config_error
from .validation_messages import quote_value, validation_problems
from .yaml_reader import read_document

NO_RULES = NoRules()

Check = Callable[[Settings], Iterable[Problem]]
"""Settings -> what cannot be used in them."""


def load_settings(
    path: Path, rules: ModelRules = NO_RULES, checks: Sequence[Check] = ()
) -> Settings:
    """Read and check a config.

    Args:
        path: The YAML file. Relative paths in it count from its folder.
        rules: What the models' providers say of their settings.
        checks: What folders that this one does not know say of the whole.

    Raises:
        ConfigError: The file cannot be read, or something in it cannot be used; all that is wrong
            is listed by line.
    """
    document = read_document(path)
    problems = [*document.problems, *secret_problems(document.data)]
    data, attribute_names, attribute_problems = _with_named_attributes(document.data)
    problems += attribute_problems
    try:
        settings = Settings.model_validate(data)
    except ValidationError as error:
        places = {problem.path for problem in problems}
        # More would not be shown, and each takes a look at all names that could have been meant.
        for problem in islice(validation_problems(error, attribute_names), MOST_PROBLEMS + 1):
            if (problem.at or problem.path) not in places:
                problems.append(problem)
        raise config_error(problems, document.source) from None
    problems += settings_problems(settings)
    for index, model in enumerate(settings.models):
        problems += rules.problems(model, ("models", index))
    for check in checks:
        problems += check(settings)
    if problems:
        raise config_error(problems, document.source)
    settings = _with_paths(settings, rules, lambda file: _resolve(file, path.parent))
    settings._source = document.source
    return settings


def settings_digest(settings: Settings, rules: ModelRules = NO_RULES) -> str:
    """A digest (16 hex digits) of all that was configured, the same wherever its folder lies.

    Args:
        settings: The configuration.
        rules: Those that it was loaded by.
    """
    folder = settings._source.folder if settings._source else Path()
    portable = _with_paths(settings, rules, lambda path: Path(os.path.relpath(path, folder)))
    text = json.dumps(digest_fields(portable), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _with_named_attributes(
    data: dict[str, Any],
) -> tuple[dict[str, Any], tuple[str, ...], list[Problem]]:
    """Turn `attributes: {gender: {...}}` into a list of sections that know their names.

    Returns:
        The config's data with that list, the attributes' names in its order, and what cannot be
        turned. In place of what cannot be turned stands an open attribute, so that the rest of the
        config is still checked.
    """
    attributes = data.get("attributes")
    if attributes is None:
        return data, (), []
    if not isinstance(attributes, dict):
        message = f"expected 'name:' with keys below, found {quote_value(attributes)}"
        placeholder = {"name": "unread", "open": True}
        problem = Problem(("attributes",), message)
        return {**data, "attributes": [placeholder]}, ("unread",), [problem]
    problems: list[Problem] = []
    sections = []
    for name, section in attributes.items():
        problems += _section_problems(name, section)
        sections.append({**_section_keys(section), "name": name})
    return {**data, "attributes": sections}, tuple(attributes), problems


def _section_keys(section: Any) -> dict[str, Any]:
    if section is None:
        return {}
    return section if isinstance(section, dict) else {"open": True}


def _section_problems(name: str, section: Any) -> Iterator[Problem]:
    path = ("attributes", name)
    if isinstance(section, dict):
        if "name" in section:
            yield Problem((*path, "name"), f"an attribute's name is the key above, here '{name}'")
    elif section is not None:
        message = f"expected keys such as 'values' or 'open', found {quote_value(section)}"
        yield Problem(path, message)


def _resolve(written_path: Path, folder: Path) -> Path:
    return folder / os.path.expanduser(written_path)


def _with_paths(settings: Settings, rules: ModelRules, change: Callable[[Path], Path]) -> Settings:
    """The settings with every path changed: of the cache, outputs, prompt, answers and models."""
    models = [rules.with_paths(model, change) for model in settings.models]
    return settings.model_copy(
        update={
            "models": tuple(models),
            "prompt": _with_section_paths(settings.prompt, ("demonstrations", "template"), change),
            "paths": _with_section_paths(settings.paths, ("cache", "output"), change),
        }
    )


def _with_section_paths(
    section: Section, keys: Sequence[str], change: Callable[[Path], Path]
) -> Section:
    changes = {}
    for key in keys:
        path = getattr(section, key)
        if path:
            changes[key] = change(path)
    return section.model_copy(update=changes)

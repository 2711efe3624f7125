"""`attrx.yaml` -> Settings, or an error that names file, line and key."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from .checks import problems
from .secrets import secret_problems
from .settings import ModelSettings, Settings
from .source import Problem, Source, config_error
from .validation_messages import quote_value, validation_problems
from .yaml_reader import read_document


def load_settings(path: Path) -> Settings:
    """Read and check a config.

    Args:
        path: The YAML file. Relative paths in it count from its folder.

    Raises:
        ConfigError: The file cannot be read, or something in it cannot be used; all that is wrong
            is listed by line.
    """
    document = read_document(path)
    wrong = [*document.problems, *secret_problems(document.data)]
    data, names, more = _with_named_attributes(document.data)
    wrong += more
    try:
        settings = Settings.model_validate(data)
    except ValidationError as error:
        known = {problem.path for problem in wrong}
        wrong += [
            problem
            for problem in validation_problems(error, names)
            if (problem.at or problem.path) not in known
        ]
    else:
        wrong += problems(settings)
    if wrong:
        raise config_error(wrong, document.source)
    return _with_source(
        _with_paths(settings, lambda written: _resolved(written, path.parent)), document.source
    )


def settings_digest(settings: Settings) -> str:
    """A digest (16 hex digits) of everything that was configured, the same wherever the config's folder lies."""
    folder = settings._source.folder if settings._source else Path()
    portable = _with_paths(settings, lambda written: Path(os.path.relpath(written, folder)))
    text = json.dumps(portable.model_dump(mode="json"), sort_keys=True, ensure_ascii=False)
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
        wrong = [
            Problem(
                ("attributes",),
                f"expected 'name:' with keys below, found {quote_value(attributes)}",
            )
        ]
        return {**data, "attributes": [{"name": "unread", "open": True}]}, ("unread",), wrong
    wrong = [
        problem
        for name, section in attributes.items()
        for problem in _section_problems(name, section)
    ]
    sections = [
        {
            **({} if section is None else section if isinstance(section, dict) else {"open": True}),
            "name": name,
        }
        for name, section in attributes.items()
    ]
    return {**data, "attributes": sections}, tuple(attributes), wrong


def _section_problems(name: str, section: Any) -> Iterator[Problem]:
    path = ("attributes", name)
    if isinstance(section, dict):
        if "name" in section:
            yield Problem((*path, "name"), f"an attribute's name is the key above, here '{name}'")
    elif section is not None:
        yield Problem(
            path, f"expected keys such as 'values' or 'open', found {quote_value(section)}"
        )


def _resolved(written: Path, folder: Path) -> Path:
    return folder / os.path.expanduser(written)


def _with_paths(settings: Settings, change: Callable[[Path], Path]) -> Settings:
    """The settings with every path changed: the cache, outputs, the prompt's files, recorded answers, local models."""
    prompt = {
        key: change(path)
        for key in ("demonstrations", "template")
        if (path := getattr(settings.prompt, key))
    }
    paths = {key: change(getattr(settings.paths, key)) for key in ("cache", "output")}
    models = tuple(_with_model_paths(model, change) for model in settings.models)
    return settings.model_copy(
        update={
            "models": models,
            "prompt": settings.prompt.model_copy(update=prompt),
            "paths": settings.paths.model_copy(update=paths),
        }
    )


def _with_model_paths(model: ModelSettings, change: Callable[[Path], Path]) -> ModelSettings:
    if model.folder is not None:
        # Still written as a path, so that it does not pass for the name of a model on the hub.
        return model.model_copy(update={"model": os.path.join(".", change(model.folder))})
    if model.provider != "replay" or "file" not in model.options:
        return model
    return model.model_copy(
        update={"options": {**model.options, "file": str(change(Path(model.options["file"])))}}
    )


def _with_source(settings: Settings, source: Source) -> Settings:
    settings._source = source
    return settings

"""What the providers say of their models' settings, as a config needs it when it is loaded."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from ..configs.errors import ConfigError
from ..configs.loading import settings_digest
from ..configs.settings import ModelSettings, Settings
from ..configs.source import KeyPath, Problem
from .protocol import ProviderFacts
from .provider_options import written_as_path
from .registry import facts_of, known_providers


def config_digest(settings: Settings) -> str:
    """A digest (16 hex digits) of everything that was configured, wherever the config lies."""
    return settings_digest(settings, ProviderRules())


class ProviderRules:
    """The rules of the providers that are installed; see `ModelRules`.

    A provider that is not there, or cannot be loaded, has none: that is an error only where it is
    asked.
    """

    def problems(self, model: ModelSettings, path: KeyPath) -> Iterator[Problem]:
        """A model that is not named, or an option that its provider cannot do without."""
        facts = _facts_or_none(model)
        if facts is None:
            return
        if facts.needs_model and not model.model:
            message = f"the key 'model' is missing: which of {model.provider}'s models to ask"
            yield Problem(path, message)
        for option, meaning in facts.required_options.items():
            value = model.options.get(option)
            if not isinstance(value, str) or not value:
                message = f"'{model.provider}' needs '{option}', {meaning}"
                yield Problem((*path, "options"), message)

    def with_paths(self, model: ModelSettings, change: Callable[[Path], Path]) -> ModelSettings:
        """The model with its folder and its options' paths changed."""
        facts = _facts_or_none(model)
        if facts is None:
            return model
        folder = written_as_path(model.model) if facts.takes_folders else None
        if folder is not None:
            # Still written as a path, so that it does not pass for the name of a model on the hub.
            model = model.model_copy(update={"model": os.path.join(".", change(folder))})
        options = dict(model.options)
        for option in facts.path_options:
            if option in options:
                options[option] = str(change(Path(options[option])))
        return model.model_copy(update={"options": options})


def _facts_or_none(model: ModelSettings) -> ProviderFacts | None:
    if model.provider not in known_providers():
        return None
    try:
        return facts_of(model)
    except ConfigError:
        return None

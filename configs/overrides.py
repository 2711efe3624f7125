"""Options of the command line put over the config."""

from __future__ import annotations

from typing import Any

from .checks import ensemble_problems
from .errors import ConfigError
from .settings import EnsembleSettings, Settings


def with_ensemble(settings: Settings, **changes: Any) -> Settings:
    """The settings with keys of the section `ensemble` changed, as `--method` and its like do.

    Args:
        settings: The config.
        changes: key -> value; None leaves the key as it is.

    Raises:
        ConfigError: A method or a model that does not exist.
    """
    overrides = {key: value for key, value in changes.items() if value is not None}
    if not overrides:
        return settings
    ensemble = EnsembleSettings.model_validate(settings.ensemble.model_dump() | overrides)
    models = [model.name for model in settings.models]
    for problem in ensemble_problems(ensemble, models):
        key = str(problem.path[-1])
        option = f"--{key.replace('_', '-')}: " if key in overrides else ""
        raise ConfigError(f"{option}{problem.message}")
    if overrides.get("group_by") == "category" and settings.input.category is None:
        raise ConfigError(
            "--group-by category: the config has no 'input.category', which names their column"
        )
    return settings.model_copy(update={"ensemble": ensemble})

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
    given = {key: value for key, value in changes.items() if value is not None}
    if not given:
        return settings
    ensemble = EnsembleSettings.model_validate(settings.ensemble.model_dump() | given)
    for problem in ensemble_problems(ensemble, [model.name for model in settings.models]):
        key = str(problem.path[-1])
        raise ConfigError(
            f"--{key.replace('_', '-')}: {problem.message}" if key in given else problem.message
        )
    if given.get("group_by") == "category" and settings.input.category is None:
        raise ConfigError(
            "--group-by category: the config has no 'input.category', which names their column"
        )
    return settings.model_copy(update={"ensemble": ensemble})

"""The configuration as commands use it: the file, then the options of the command line over it."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

from ..configs.checks import leader_problems
from ..configs.errors import ConfigError
from ..configs.loading import load_settings
from ..configs.settings import EnsembleSettings, Settings
from ..ensemble.methods.method_names import method_problems, model_name_problems
from ..providers.model_rules import ProviderRules


def load_config(path: Path) -> Settings:
    """Read and check a config, by what providers and methods say of it too.

    Args:
        path: The YAML file.

    Raises:
        ConfigError: The file cannot be read, or something in it cannot be used; all that is wrong
            is listed by line.
    """
    return load_settings(path, ProviderRules(), [method_problems, model_name_problems])


def with_output(settings: Settings, folder: Path) -> Settings:
    """The settings with another output folder.

    Args:
        settings: The config.
        folder: The folder, as the working directory has it.
    """
    paths = settings.paths.model_copy(update={"output": folder})
    return settings.model_copy(update={"paths": paths})


def is_tryout(settings: Settings, *, limit: int | None, models: Collection[str] | None) -> bool:
    """Whether a run is limited to a part of what the config asks.

    Its outputs are no successor of a whole run's, and do not take their place.

    Args:
        settings: The config.
        limit: `--limit`, if it was given.
        models: Names after `--models`, if it was given.
    """
    if limit is not None:
        return True
    if models is None:
        return False
    return not settings.models_in_use.issubset(models)


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
    changed_settings = settings.model_copy(update={"ensemble": ensemble})
    for problem in [*method_problems(changed_settings), *leader_problems(changed_settings)]:
        key = str(problem.path[-1])
        option = f"--{key.replace('_', '-')}: " if key in overrides else ""
        raise ConfigError(f"{option}{problem.message}")
    if overrides.get("group_by") == "category" and settings.input.category is None:
        raise ConfigError(
            "--group-by category: the config has no 'input.category', which names their column"
        )
    return changed_settings

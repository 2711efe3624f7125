"""`attrx init`: a config and sample products to start from."""

from __future__ import annotations

from pathlib import Path

from ..configs.errors import ConfigError
from ..configs.presets import PRESETS, preset_files
from ..configs.suggestions import did_you_mean_or_known


def init(folder: Path, preset: str) -> list[Path]:
    """Write a preset's config, sample products and gold into a folder.

    Args:
        folder: Where to write; made if it is not there.
        preset: A name of `configs.presets.PRESETS`.

    Returns:
        The files written, the config first.

    Raises:
        ConfigError: The preset is unknown, a file is there already (nothing is written then), or
            writing failed.
    """
    if preset not in PRESETS:
        raise ConfigError(f"unknown preset '{preset}'; {did_you_mean_or_known(preset, PRESETS)}")
    contents = {folder / name: content for name, content in preset_files(preset).items()}
    existing_files = [str(path) for path in contents if path.exists()]
    if existing_files:
        names = ", ".join(existing_files)
        raise ConfigError(
            f"nothing is overwritten, and these exist: {names}", hint="Name another folder."
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, content in contents.items():
            with path.open("x", encoding="utf-8", newline="") as file:
                file.write(content)
    except OSError as error:
        raise ConfigError(
            f"{error.filename or folder}: cannot be written: {error.strerror or error}"
        ) from None
    return list(contents)

"""From night to night: does a model behave otherwise than before, or report another version?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from ...configs.errors import InputError
from ...configs.notices import Notice
from ...ensemble.drift import find_shifts
from ...extraction.cache.answer_facts import Versions
from ..read_back import as_written
from .nights import RunNow, read_nights


def shift_notices(previous: Path, run: RunNow, versions: Versions) -> Iterator[Notice]:
    """Say what moved more than chance would since an earlier run.

    Args:
        previous: Output folder of the earlier run: votes.parquet, run.json.
        run: This run.
        versions: The versions reported now.

    Raises:
        InputError: The earlier run's files cannot be read.
    """
    with as_written(previous):
        earlier_versions = dict(read_earlier_run(previous).get("model_versions", {}))
        nights = read_nights(previous, run)
    models = [model.name for model in run.settings.models]
    for shift in find_shifts(nights, models, run.weight):
        yield shift.notice
    yield from _new_versions(earlier_versions, versions)


def _new_versions(earlier: Versions, now: Versions) -> Iterator[Notice]:
    """Say which models report a version that they did not report before, if they reported any."""
    for model, reports in now.items():
        old_versions = earlier.get(model, {})
        new_versions = [version for version in reports if version not in old_versions]
        if old_versions and new_versions:
            text = (
                f"{model}: the vendor reports version {', '.join(new_versions)} now,"
                f" {', '.join(old_versions)} before"
            )
            yield Notice("version_shift", text, (model,))


def read_earlier_run(folder: Path) -> dict[str, Any]:
    """The `run.json` of an output folder.

    Raises:
        InputError: It cannot be read.
    """
    path = folder / "run.json"
    try:
        content: dict[str, Any] = orjson.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read: {error}") from error
    return content

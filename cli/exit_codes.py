"""Exit codes (docs/design.md#exit-codes): what scripts and cron go by."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..configs.errors import AttrxError
    from ..outputs.result import EnsembleResult
    from ..runs.extract import ExtractResult


class Code(IntEnum):
    """How a command ended."""

    SUCCESS = 0
    FAILURE = 1
    USAGE = 2
    INCOMPLETE = 3
    """Finished, but a cell got no usable answer from any model, or a model was stopped, or one
    had no usable answer; a repair of the cache lost answers."""
    BUDGET = 4
    CACHE_IN_USE = 5
    """Another run holds the cache, or the output folder."""
    WORSE_THAN_BEST = 6
    """Refused by `--require-no-worse-than-best`."""
    BATCHES_OPEN = 7
    INTERRUPT = 130


def of_error(error: AttrxError) -> Code:
    """The code of an error that ended a command."""
    from ..configs.errors import ConfigError, FolderLocked

    if isinstance(error, ConfigError):
        return Code.USAGE
    return Code.CACHE_IN_USE if isinstance(error, FolderLocked) else Code.FAILURE


def of_extract(result: ExtractResult) -> Code:
    """The code of an `extract` that came to its end; the most urgent of what happened decides."""
    if result.is_interrupted:
        return Code.INTERRUPT
    if result.waits_for_batches:
        return Code.BATCHES_OPEN
    if result.budget_spent:
        return Code.BUDGET
    if result.without_vote or any(model.has_failed for model in result.models):
        return Code.INCOMPLETE
    return Code.SUCCESS


def of_ensemble(result: EnsembleResult) -> Code:
    """The code of an `ensemble` that came to its end."""
    if result.is_refused:
        return Code.WORSE_THAN_BEST
    return Code.INCOMPLETE if result.statuses.get("no_answer") else Code.SUCCESS

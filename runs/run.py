"""`attrx run`: extract, then ensemble, with what both need looked at first."""

from __future__ import annotations

from dataclasses import dataclass

from ..configs.settings import Settings
from ..extraction.asking.observer import Observer
from ..outputs.result import EnsembleResult
from .ensemble import EnsembleOptions, ensemble, preflight
from .extract import ExtractOptions, ExtractResult, extract


@dataclass(frozen=True)
class RunResult:
    """How both halves of a run ended.

    Attributes:
        extract: How the asking ended.
        ensemble: What the ensemble came to; None where the asking was interrupted.
    """

    extract: ExtractResult
    ensemble: EnsembleResult | None


def run(
    settings: Settings,
    extract_options: ExtractOptions,
    ensemble_options: EnsembleOptions,
    observer: Observer,
) -> RunResult:
    """Ask what is not cached, then combine the answers.

    Values are also written where a budget ended the asking, or a model was stopped. The command
    line takes the same three steps, and prints between them.

    Args:
        settings: The configuration.
        extract_options: What is asked.
        ensemble_options: How the answers are combined; commonly of the same input and limit.
        observer: Hears of everything.

    Raises:
        ConfigError: A model is not known, a provider cannot use its settings, or the method needs
            gold.
        InputError: The products file, the gold file or the earlier run cannot be used; nothing was
            asked.
        CacheError: Answers cannot be kept.
    """
    ensemble_options = preflight(settings, ensemble_options, observer.note)
    extract_result = extract(settings, extract_options, observer)
    if extract_result.is_interrupted:
        return RunResult(extract_result, None)
    return RunResult(extract_result, ensemble(settings, ensemble_options, observer))

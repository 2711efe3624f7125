"""What an `ensemble` call came to: what its files, its `run.json` and the command line tell."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..configs.notices import Notice
from ..ensemble.acceptance import Acceptance
from ..ensemble.diagnostics import PairAgreement
from ..ensemble.evaluation.gold_report import GoldReport
from ..extraction.cache.usage import ModelUsage
from ..extraction.inputs.catalog_language import CatalogLanguage
from .comparison.changes import Changes
from .csv_format import STANDARD, CsvFormat
from .weights import WeightRow


@dataclass(frozen=True)
class EnsembleResult:
    """What an ensemble came to.

    Attributes:
        weights: One row per group and model.
        pairs: How each two models agree.
        products: Products seen.
        statuses: Status -> cells.
        review: Cells that a person should look at.
        not_asked: Votes that nobody has asked for yet: after a budget or `--limit`, what is decided
            may still change.
        failed: Votes whose request got no answer; the next run asks for them again.
        sample: Rows of `values`: those of the first few products.
        products_without_text: Products of which nothing is asked.
        ids_without_text: Ids of the first 1,000 of them.
        usage: What each model's answers have cost so far.
        iterations: Rounds of combiner.
        converged: Whether the weights came to rest.
        warnings: What may be wrong.
        versions: Model -> version that its vendor reported -> answers in the cache.
        files: The files written.
        stale_files: Files of an earlier run that stay, and do not hold this one's values.
        gold: How everyone did on the gold; None without.
        acceptance: Which values can go out unread; None without gold.
        choice: The method whose values these are, where gold chose it.
        choice_reason: Why, in words.
        is_refused: Whether the outputs were kept aside, because the ensemble is worse than the best
            single model.
        changes: What changed since the earlier run; None where none was given.
        language: How numbers were read.
        csv_format: How files are written that people open.
    """

    weights: tuple[WeightRow, ...]
    pairs: tuple[PairAgreement, ...]
    products: int
    statuses: dict[str, int]
    review: int
    not_asked: int
    failed: int
    sample: tuple[dict[str, Any], ...]
    usage: tuple[ModelUsage, ...]
    iterations: int
    converged: bool
    warnings: tuple[Notice, ...]
    versions: dict[str, dict[str, int]]
    files: tuple[Path, ...]
    stale_files: tuple[Path, ...] = ()
    products_without_text: int = 0
    ids_without_text: tuple[str, ...] = ()
    gold: GoldReport | None = None
    acceptance: Acceptance | None = None
    choice: str | None = None
    choice_reason: str | None = None
    is_refused: bool = False
    changes: Changes | None = None
    language: CatalogLanguage = field(default_factory=CatalogLanguage)
    csv_format: CsvFormat = STANDARD

    @property
    def cells(self) -> int:
        """Cells of all products."""
        return sum(self.statuses.values())

    @property
    def values(self) -> int:
        """Cells with a value."""
        decisions = self.statuses.get("decided", 0)
        ties = self.statuses.get("tie", 0)
        return decisions + ties

"""What a report says, as plain records, of which `page.py` makes a page. Texts are not escaped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ...extraction.cache.usage import total_usd
from ..model_status import ModelStatus


@dataclass(frozen=True, slots=True)
class ModelWeight:
    """How much one model counts in a group of cells.

    Attributes:
        model: Its name.
        weight: How much its vote counts, >= 0 save for the method `paper`; None where it never
            voted.
        agreement: Share of its votes equal to the combined value; None where it never voted.
        chance: The agreement that chance alone would give, likewise.
        values: Cells to which it gave a value.
        absent: Cells to which it said n/a.
        missing: Cells without a usable answer of it.
        accuracy: Share of its votes that are right, on gold; None without.
    """

    model: str
    weight: float | None
    agreement: float | None
    chance: float | None
    values: int
    absent: int
    missing: int
    accuracy: float | None = None


@dataclass(frozen=True, slots=True)
class WeightGroup:
    """Cells that share weights.

    Attributes:
        name: The attribute, with its category where that matters.
        cells: How many.
        weights: One entry per model.
    """

    name: str
    cells: int
    weights: tuple[ModelWeight, ...]


@dataclass(frozen=True, slots=True)
class PairFact:
    """How two models agree.

    Attributes:
        common: Cells where both voted.
        agreement: Share of these on which they agree; None without any.
        kappa: Agreement beyond chance, 1 = always; likewise.
    """

    common: int
    agreement: float | None
    kappa: float | None


@dataclass(frozen=True, slots=True)
class Score:
    """How somebody did on gold; fractions are None where they have no denominator.

    Attributes:
        who: A model's name, or a method.
        cells: Gold cells.
        missing: Of these, the ones without a usable answer.
        accuracy: Over all cells.
        precision: Likewise.
        recall: Likewise.
        f1: Likewise.
        macro_f1: Mean over the pairs of category and attribute; None where it was not worked out.
    """

    who: str
    cells: int
    missing: int
    accuracy: float | None
    precision: float | None
    recall: float | None
    f1: float | None
    macro_f1: float | None = None


@dataclass(frozen=True, slots=True)
class ShownVote:
    """What one model said about a cell.

    Attributes:
        model: Its name.
        spelling: What it said, as it spelt it; None where it said nothing usable.
        counts: Whether that is a vote; what is off the list is none.
        backs: Whether it is a vote for the value that won.
        weight: How much it counts; None where that is not known.
    """

    model: str
    spelling: str | None
    counts: bool
    backs: bool
    weight: float | None


@dataclass(frozen=True, slots=True)
class ReviewCard:
    """A cell that a person should look at.

    Attributes:
        product_id: The product.
        attribute: The attribute.
        value: The value decided, `n/a` for absent, empty where there is none.
        reasons: Why it is doubtful.
        share: The value's part of the total weight; None without a vote.
        confidence: The probability that it is right; None without gold.
        texts: (column, text) of the product.
        votes: One entry per model.
    """

    product_id: str
    attribute: str
    value: str
    reasons: tuple[str, ...]
    share: float | None
    confidence: float | None
    texts: tuple[tuple[str, str], ...]
    votes: tuple[ShownVote, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that a report says.

    Attributes:
        name: Of the catalog.
        version: Of attrx.
        method: How votes were combined, and what belongs to that, in words.
        products: Products seen.
        statuses: Status -> cells.
        review: Cells that a person should look at.
        warnings: What may be wrong, in plain words.
        models: Names, in the order of the config.
        groups: The weights, one entry per group.
        more_groups: Groups that are not among them.
        pairs: (model, model) -> how they agree, both orders.
        scores: From `evaluation.csv`.
        gold_scores: From `ensemble --gold`; what was fitted to gold was scored on other products.
        verdict: What gold says to do; empty without.
        model_statuses: Where each model stands, and what it has cost.
        cards: The most doubtful cells, the first few of `review`.
        acceptance: How many values can go out unread; empty without gold.
    """

    name: str
    version: str
    method: str
    products: int
    statuses: Mapping[str, int]
    review: int
    warnings: tuple[str, ...]
    models: tuple[str, ...]
    groups: tuple[WeightGroup, ...]
    more_groups: int
    pairs: Mapping[tuple[str, str], PairFact]
    scores: tuple[Score, ...]
    gold_scores: tuple[Score, ...]
    verdict: str
    model_statuses: tuple[ModelStatus, ...]
    cards: tuple[ReviewCard, ...]
    acceptance: str = ""

    @property
    def cells(self) -> int:
        """Cells of all products."""
        return sum(self.statuses.values())

    @property
    def cost_usd(self) -> float | None:
        """What all models cost together; None where that of one is not known."""
        return total_usd(status.usage for status in self.model_statuses)

    @property
    def tokens(self) -> int:
        """Tokens sent and received."""
        return sum(status.usage.tokens for status in self.model_statuses)

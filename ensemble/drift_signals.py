"""What drift is looked for in: agreement with other models, and how often each answer is given.

Each is a number for a cell and a model, from which the mean over the models is taken off: what
moves all of them is the catalog's doing, and no model's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from .arrays import ABSENT, MISSING, BoolArray, Codes, FloatArray, IntArray
from .groups import ALL

NOTHING = "nothing"
MOST_SIGNALS = 2000
"""With more, single values of closed attributes are left out."""


@dataclass(frozen=True, slots=True, eq=False)
class CellVotes:
    """Votes on cells of several attributes.

    Attributes:
        products: [n_cells] int, numbers of products.
        categories: [n_cells] int, numbers of categories.
        attributes: [n_cells] int, places in `names`.
        names: The attributes.
        codes: [n_cells, n_models] int32; equal numbers are equal values, over all attributes.
        absent_is_vote: [n_attributes] bool, whether an n/a is a vote.
        answers: [n_attributes], for each code whose share is looked at: the answer as it is told.
    """

    products: IntArray
    categories: IntArray
    attributes: IntArray
    names: tuple[str, ...]
    codes: Codes
    absent_is_vote: BoolArray
    answers: tuple[dict[int, str], ...]

    @property
    def has_votes(self) -> BoolArray:
        """[n_models]: who voted at all."""
        return np.asarray((self.codes != MISSING).any(axis=0))

    def without(self, model: int) -> CellVotes:
        """The same votes, but for those of one model."""
        codes = self.codes.copy()
        codes[:, model] = MISSING
        return replace(self, codes=codes)


@dataclass(frozen=True, slots=True)
class DriftSignal:
    """What one column of `DriftSignals` is about.

    Attributes:
        model: Place of the model.
        attribute: The attribute, `*` for all.
        answer: The answer whose share it is; None where it is agreement.
    """

    model: int
    attribute: str
    answer: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class DriftSignals:
    """All signals of all cells.

    Attributes:
        names: [n_signals] what each is about.
        plain: [n_cells, n_signals] float64, agreement, or 1 where the answer was given; nan where
            that cannot be said.
        apart: The same, less its mean over the models.
    """

    names: tuple[DriftSignal, ...]
    plain: FloatArray
    apart: FloatArray

    def rows(self, places: IntArray) -> DriftSignals:
        """Some of the cells."""
        return DriftSignals(self.names, self.plain[places], self.apart[places])


def measure_signals(cells: CellVotes, weight: FloatArray, models: Sequence[int]) -> DriftSignals:
    """Measure all signals of some models.

    Args:
        cells: The votes.
        weight: [n_models], how much the others' votes count in agreement.
        models: The places of at least one.
    """
    names: list[DriftSignal] = []
    plain: list[FloatArray] = []
    apart: list[FloatArray] = []
    for attribute, answer, values in _families(cells, weight):
        with_mean_off = _take_mean_off(values[:, models])
        for place, model in enumerate(models):
            names.append(DriftSignal(model, attribute, answer))
            plain.append(values[:, model])
            apart.append(with_mean_off[:, place])
    return DriftSignals(tuple(names), np.stack(plain, axis=1), np.stack(apart, axis=1))


def agreement_with_others(cells: CellVotes, weight: FloatArray) -> FloatArray:
    """[n_cells, n_models]: the others' share of the weight that says what the model says.

    nan where the model or all others gave no vote.
    """
    counts = cells.absent_is_vote[cells.attributes]
    is_no_vote = (cells.codes == ABSENT) & ~counts[:, None]
    codes = np.where(is_no_vote, MISSING, cells.codes)
    has_vote = codes != MISSING
    voter_weight = has_vote * weight
    total_of_all = voter_weight.sum(axis=1, keepdims=True)
    total = total_of_all - voter_weight
    same = np.zeros(codes.shape)
    n_models = codes.shape[1]
    for other in range(n_models):
        says_the_same = codes == codes[:, [other]]
        says_the_same[:, other] = False
        same += says_the_same * voter_weight[:, [other]]
    has_others = total > 0
    is_known = has_vote & has_others
    divisor = np.where(has_others, total, 1.0)
    share = same / divisor
    return np.where(is_known, share, np.nan)


def _families(cells: CellVotes, weight: FloatArray) -> Iterator[tuple[str, str | None, FloatArray]]:
    """Attribute, answer and values of what is measured for each model."""
    agreement = agreement_with_others(cells, weight)
    n_attributes = len(cells.names)
    if n_attributes > 1:
        yield ALL, None, agreement
    n_answers = sum(len(answers) for answers in cells.answers)
    n_families = 3 * n_attributes + n_answers
    looks_at_values = n_families * len(weight) <= MOST_SIGNALS
    for place, name in enumerate(cells.names):
        of_attribute = cells.attributes == place
        yield name, None, _only(of_attribute, agreement)
        answers = {MISSING: NOTHING, ABSENT: "n/a"}
        if looks_at_values:
            answers |= cells.answers[place]
        for code, answer in answers.items():
            says_it = (cells.codes == code).astype(np.float64)
            yield name, answer, _only(of_attribute, says_it)


def _only(rows: BoolArray, values: FloatArray) -> FloatArray:
    return np.where(rows[:, None], values, np.nan)


def _take_mean_off(values: FloatArray) -> FloatArray:
    """The values, less the mean over the models for which they are known."""
    is_known = ~np.isnan(values)
    known_values = np.where(is_known, values, 0.0)
    n_known = is_known.sum(axis=1, keepdims=True)
    n_known = np.maximum(n_known, 1)
    total = known_values.sum(axis=1, keepdims=True)
    mean = total / n_known
    return np.asarray(values - mean)

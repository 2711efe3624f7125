"""From night to night: does a model agree or answer otherwise than before, more than chance would?

A vendor that swaps the model behind a name shows in both. Two questions are asked, since a night
brings new products, and answers to earlier ones are asked again (docs/design.md#drift): do the new
products differ from the earlier ones, and do the new answers to the same products? What all models
share is taken out of both, and categories are compared within themselves: a catalog that changes is
no model that does. Agreement is measured under the same weights on both sides.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ..configs.notices import Kind, Notice
from .arrays import BoolArray, FloatArray
from .drift_signals import CellVotes, DriftSignal, DriftSignals, measure_signals
from .exchanges import Test, flip_signs, permute_products
from .groups import ALL

FALSE_ALARM = 0.001
"""Chance that anything at all is said in a night in which nothing has changed."""
LEAST_AGREEMENT_SHIFT = 0.02
LEAST_ANSWERS_SHIFT = 0.05
MOST_MODELS = 3
FEWEST_OTHERS = 2
"""A model is judged by what it has apart from the others, so there have to be two of them."""

What = Literal["agreement", "answers"]
_KINDS: dict[What, Kind] = {"agreement": "agreement_shift", "answers": "answers_shift"}


@dataclass(frozen=True, slots=True)
class Shift:
    """One change that is more than chance.

    Attributes:
        model: The model.
        attribute: The attribute, `*` for all.
        what: Its agreement, or its answers.
        before: Agreement, or the share of the answer that moved most.
        after: The same, now.
        on_new_products: Whether new products are compared with earlier ones.
        answer: The answer that moved; empty where it is agreement that did.
    """

    model: str
    attribute: str
    what: What
    before: float
    after: float
    on_new_products: bool
    answer: str = ""

    @property
    def text(self) -> str:
        """In plain words."""
        name = "all attributes" if self.attribute == ALL else self.attribute
        if self.what == "agreement":
            where = " on the new products" if self.on_new_products else ""
            return (
                f"{self.model}: its agreement on {name} went from {self.before:.1%} to"
                f" {self.after:.1%}{where}, more than chance would; has the vendor changed the"
                " model?"
            )
        where = "cells of new products" if self.on_new_products else "cells"
        return (
            f"{self.model}: it says '{self.answer}' for {name} on {self.after:.1%} of {where},"
            f" {self.before:.1%} before, more than chance would"
        )

    @property
    def notice(self) -> Notice:
        """The warning to give."""
        return Notice(
            kind=_KINDS[self.what],
            text=self.text,
            models=(self.model,),
            groups=((ALL, self.attribute),),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Nights:
    """The cells of two runs.

    Attributes:
        current: Cells of this run: of new products, and of earlier ones.
        is_new: [n_cells of `current`] bool, the earlier run did not have the product.
        earlier: The cells of the earlier run that `current` has too, in the same order as these.
        in_both: [n_cells of `earlier`] int, their rows in `current`.
    """

    current: CellVotes
    is_new: BoolArray
    earlier: CellVotes
    in_both: np.ndarray[tuple[int], np.dtype[np.int64]]

    def without(self, model: int) -> Nights:
        """The same votes, but for those of one model."""
        return Nights(
            self.current.without(model), self.is_new, self.earlier.without(model), self.in_both
        )


def find_shifts(nights: Nights, models: Sequence[str], weight: FloatArray) -> tuple[Shift, ...]:
    """Compare two nights.

    The model that moved most is named and set aside, since it moves the agreement of the others as
    well; then the others are judged anew.

    Args:
        nights: Their cells.
        models: Names, in the order of the columns.
        weight: [n_models], at least 0, how much the others' votes count in agreement.
    """
    shifts: list[Shift] = []
    left_weight = weight.copy()
    for _ in range(MOST_MODELS):
        found_shifts = _shifts_of_worst_model(nights, models, left_weight)
        if not found_shifts:
            break
        shifts += found_shifts
        place = models.index(found_shifts[0].model)
        left_weight[place] = 0.0
        nights = nights.without(place)
    return tuple(shifts)


def _shifts_of_worst_model(
    nights: Nights, models: Sequence[str], weight: FloatArray
) -> list[Shift]:
    voters = np.flatnonzero(nights.current.has_votes).tolist()
    if len(voters) <= FEWEST_OTHERS:
        return []
    current = measure_signals(nights.current, weight, voters)
    earlier = measure_signals(nights.earlier, weight, voters)
    sides = (_compare_products(nights, current), _compare_answers(nights, current, earlier))
    shifts: list[tuple[float, Shift]] = []
    for test, on_new_products in zip(sides, (True, False), strict=True):
        for column in test.alarms(FALSE_ALARM / len(sides)):
            signal = current.names[column]
            shift = _shift(signal, test, column, models, on_new_products)
            if _is_large(shift):
                shifts.append((test.distance[column], shift))
    if not shifts:
        return []
    shifts.sort(key=lambda entry: -entry[0])
    _, worst_shift = shifts[0]
    own_shifts = []
    for _, shift in shifts:
        if shift.model == worst_shift.model:
            own_shifts.append(shift)
    return list(_one_of_each_kind(own_shifts))


def _compare_products(nights: Nights, current: DriftSignals) -> Test:
    """New products beside the earlier ones of their category."""
    return permute_products(nights.current, current, nights.is_new)


def _compare_answers(nights: Nights, current: DriftSignals, earlier: DriftSignals) -> Test:
    """What the same products are answered now, beside what they were."""
    return flip_signs(nights.earlier, earlier, current.rows(nights.in_both))


def _shift(
    signal: DriftSignal, test: Test, column: int, models: Sequence[str], on_new_products: bool
) -> Shift:
    return Shift(
        model=models[signal.model],
        attribute=signal.attribute,
        what="agreement" if signal.answer is None else "answers",
        before=float(test.before[column]),
        after=float(test.after[column]),
        on_new_products=on_new_products,
        answer=signal.answer or "",
    )


def _is_large(shift: Shift) -> bool:
    least = LEAST_AGREEMENT_SHIFT if shift.what == "agreement" else LEAST_ANSWERS_SHIFT
    return abs(shift.after - shift.before) >= least


def _one_of_each_kind(shifts: Sequence[Shift]) -> Iterator[Shift]:
    """The first of agreement, and the first of answers."""
    for what in _KINDS:
        own_shifts = [shift for shift in shifts if shift.what == what]
        yield from own_shifts[:1]

"""From night to night: did a model's agreement or its answers move more than chance would?

A vendor that swaps the model behind a name shows in both. Two tests per model and attribute, both
plain: a two-proportion z test for agreement, and a chi-square test of homogeneity for the answers.
Something is said where a test's chance of a false alarm is below .001 divided by the number of
tests, *and* the change is large enough to matter: with millions of cells the smallest change of a
catalog is more than chance (docs/design.md#drift).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import sqrt
from statistics import NormalDist
from typing import Literal

from ..configs.notices import Kind, Notice
from .groups import ALL

FALSE_ALARM = 0.001
"""Chance that anything at all is said where nothing has changed."""
LEAST_AGREEMENT_SHIFT = 0.02
LEAST_ANSWERS_SHIFT = 0.05
FEWEST_EXPECTED = 5.0
"""Cells that an answer must be expected on, on either night, for the chi-square to hold."""

What = Literal["agreement", "answers"]
_KINDS: dict[What, Kind] = {"agreement": "agreement_shift", "answers": "answers_shift"}


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What one model did on the cells of one attribute in one night.

    Attributes:
        agreements: Votes equal to the combined value.
        votes: Votes.
        answers: Answer -> cells: values (of a closed attribute; else one entry for all), absent,
            missing.
    """

    agreements: float
    votes: float
    answers: Mapping[str, int] = field(default_factory=dict)

    @property
    def n_cells(self) -> int:
        """Cells of all answers."""
        return sum(self.answers.values())

    def count(self, answer: str) -> int:
        """Cells with this answer."""
        return self.answers.get(answer, 0)

    def share(self, answer: str) -> float:
        """The part of the cells that an answer has; there is at least one cell."""
        return self.count(answer) / self.n_cells


@dataclass(frozen=True, slots=True)
class Shift:
    """One change that is more than chance.

    Attributes:
        model: The model.
        attribute: The attribute.
        what: Its agreement, or its answers.
        before: Agreement, or the share of the answer that moved most.
        after: The same, now.
        text: In plain words.
    """

    model: str
    attribute: str
    what: What
    before: float
    after: float
    text: str

    @property
    def notice(self) -> Notice:
        """The warning to give."""
        return Notice(
            kind=_KINDS[self.what],
            text=self.text,
            models=(self.model,),
            groups=((ALL, self.attribute),),
        )


def find_shifts(
    snapshots: Mapping[tuple[str, str], tuple[Snapshot, Snapshot]],
) -> tuple[Shift, ...]:
    """Compare two nights.

    Args:
        snapshots: For each (model, attribute): before, after.
    """
    n_tests = max(2 * len(snapshots), 1)
    per_side = FALSE_ALARM / n_tests / 2
    limit = NormalDist().inv_cdf(1 - per_side)
    shifts: list[Shift] = []
    for (model, attribute), (before, after) in snapshots.items():
        shifts += _agreement_shift(model, attribute, before, after, limit)
        shifts += _answers_shift(model, attribute, before, after, limit)
    return tuple(shifts)


def two_proportions(hits: tuple[float, float], totals: tuple[float, float]) -> float:
    """The z statistic of two shares; 0 where there is nothing to compare."""
    if min(totals) == 0:
        return 0.0
    pooled_share = sum(hits) / sum(totals)
    per_cell = 1 / totals[0] + 1 / totals[1]
    standard_error = sqrt(pooled_share * (1 - pooled_share) * per_cell)
    if standard_error == 0:
        return 0.0
    return (hits[1] / totals[1] - hits[0] / totals[0]) / standard_error


def homogeneity(before: Sequence[float], after: Sequence[float]) -> float:
    """How unlikely it is that two rows of counts come from one mix, as a standard normal value.

    The chi-square statistic with rare answers put together, brought to a normal scale by the cube
    root of Wilson and Hilferty (1931).
    """
    rows = _without_rare(before, after)
    degrees = len(rows) - 1
    if degrees < 1:
        return 0.0
    chi_square = _chi_square(rows)
    spread = 2 / (9 * degrees)
    cube_root = (chi_square / degrees) ** (1 / 3)
    return float((cube_root - (1 - spread)) / sqrt(spread))


def _agreement_shift(
    model: str, attribute: str, before: Snapshot, after: Snapshot, limit: float
) -> Iterator[Shift]:
    if min(before.votes, after.votes) == 0:
        return
    was = before.agreements / before.votes
    now = after.agreements / after.votes
    z = two_proportions((before.agreements, after.agreements), (before.votes, after.votes))
    if abs(z) <= limit or abs(now - was) < LEAST_AGREEMENT_SHIFT:
        return
    text = (
        f"{model}: its agreement on {attribute} went from {was:.1%} to {now:.1%}, more than chance"
        " would; has the vendor changed the model?"
    )
    yield Shift(
        model=model,
        attribute=attribute,
        what="agreement",
        before=was,
        after=now,
        text=text,
    )


def _answers_shift(
    model: str, attribute: str, before: Snapshot, after: Snapshot, limit: float
) -> Iterator[Shift]:
    if min(before.n_cells, after.n_cells) == 0:
        return
    answers = sorted({*before.answers, *after.answers})
    counts_before = [before.count(answer) for answer in answers]
    counts_after = [after.count(answer) for answer in answers]
    changes = {answer: abs(after.share(answer) - before.share(answer)) for answer in answers}
    total_change = sum(changes.values()) / 2
    z = homogeneity(counts_before, counts_after)
    if z <= limit or total_change < LEAST_ANSWERS_SHIFT:
        return
    answer = max(answers, key=lambda each: changes[each])
    was = before.share(answer)
    now = after.share(answer)
    text = (
        f"{model}: it says '{answer}' for {attribute} on {now:.1%} of cells, {was:.1%} before, more"
        " than chance would"
    )
    yield Shift(
        model=model,
        attribute=attribute,
        what="answers",
        before=was,
        after=now,
        text=text,
    )


def _chi_square(rows: Sequence[tuple[float, float]]) -> float:
    """The statistic of homogeneity; rows: counts of one answer, before and after."""
    total_before = sum(before for before, _ in rows)
    total_after = sum(after for _, after in rows)
    total = total_before + total_after
    chi_square = 0.0
    for before, after in rows:
        both = before + after
        expected_before = both * total_before / total
        expected_after = both * total_after / total
        chi_square += (before - expected_before) ** 2 / expected_before
        chi_square += (after - expected_after) ** 2 / expected_after
    return chi_square


def _without_rare(before: Sequence[float], after: Sequence[float]) -> list[tuple[float, float]]:
    """Pairs of counts in which answers too rare for the chi-square are put together.

    They are left out where they stay too rare.
    """
    total = sum(before) + sum(after)
    smaller_part = min(sum(before), sum(after)) / total if total else 0.0
    rows = []
    rare_before = 0.0
    rare_after = 0.0
    for count_before, count_after in zip(before, after, strict=True):
        if (count_before + count_after) * smaller_part >= FEWEST_EXPECTED:
            rows.append((count_before, count_after))
        else:
            rare_before += count_before
            rare_after += count_after
    if (rare_before + rare_after) * smaller_part >= FEWEST_EXPECTED:
        rows.append((rare_before, rare_after))
    return rows

"""From night to night: did a model's agreement, or the mix of its answers, move more than chance would?

A vendor that swaps the model behind a name shows in both. Two tests per model and attribute, both
plain: a two-proportion z test for agreement, and a chi-square test of homogeneity for the answers.
    Something is said
where a test's chance of a false alarm is below .001 divided by the number of tests, *and* the
change is large enough to matter: with millions of cells the smallest change of a catalog is more
than chance.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import sqrt
from statistics import NormalDist
from typing import Literal

FALSE_ALARM = 0.001
AGREEMENT_MOVED, ANSWERS_MOVED = 0.02, 0.05
_FEWEST_EXPECTED = 5.0


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What one model did on the cells of one attribute in one night.

    Attributes:
        agreed: Votes equal to the combined value.
        votes: Votes.
        said: Answer -> cells: values (of a closed attribute; else one entry for all), absent,
            missing.
    """

    agreed: float
    votes: float
    said: Mapping[str, int] = field(default_factory=dict)


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
    what: Literal["agreement", "answers"]
    before: float
    after: float
    text: str


def find_shifts(nights: Mapping[tuple[str, str], tuple[Snapshot, Snapshot]]) -> tuple[Shift, ...]:
    """Compare two nights.

    Args:
        nights: For each (model, attribute): before, after.
    """
    limit = NormalDist().inv_cdf(1 - FALSE_ALARM / max(2 * len(nights), 1) / 2)
    found: list[Shift] = []
    for (model, attribute), (before, after) in nights.items():
        found += _agreement(model, attribute, before, after, limit)
        found += _answers(model, attribute, before, after, limit)
    return tuple(found)


def two_proportions(hits: tuple[float, float], of: tuple[float, float]) -> float:
    """The z statistic of two shares; 0 where there is nothing to compare."""
    if min(of) == 0:
        return 0.0
    pooled = sum(hits) / sum(of)
    error = sqrt(pooled * (1 - pooled) * (1 / of[0] + 1 / of[1]))
    return (hits[1] / of[1] - hits[0] / of[0]) / error if error > 0 else 0.0


def homogeneity(before: Sequence[float], after: Sequence[float]) -> float:
    """How unlikely it is that two rows of counts come from one mix, as a standard normal value.

    The chi-square statistic with rare answers put together, brought to a normal scale by the cube
    root of Wilson and Hilferty (1931).
    """
    rows = _without_rare(before, after)
    degrees = len(rows) - 1
    if degrees < 1:
        return 0.0
    first, second = (sum(column) for column in zip(*rows, strict=True))
    square = sum(
        (count - (a + b) * night / (first + second)) ** 2 / ((a + b) * night / (first + second))
        for a, b in rows
        for count, night in ((a, first), (b, second))
    )
    spread = 2 / (9 * degrees)
    return float(((square / degrees) ** (1 / 3) - (1 - spread)) / sqrt(spread))


def _agreement(
    model: str, attribute: str, before: Snapshot, after: Snapshot, limit: float
) -> list[Shift]:
    if min(before.votes, after.votes) == 0:
        return []
    was, now = before.agreed / before.votes, after.agreed / after.votes
    z = two_proportions((before.agreed, after.agreed), (before.votes, after.votes))
    if abs(z) <= limit or abs(now - was) < AGREEMENT_MOVED:
        return []
    text = f"{model}: its agreement on {attribute} went from {was:.1%} to {now:.1%}, more than chance would"
    return [
        Shift(model, attribute, "agreement", was, now, f"{text}; has the vendor changed the model?")
    ]


def _answers(
    model: str, attribute: str, before: Snapshot, after: Snapshot, limit: float
) -> list[Shift]:
    answers = sorted({*before.said, *after.said})
    n, m = sum(before.said.values()), sum(after.said.values())
    if min(n, m) == 0:
        return []
    shares = {
        answer: (before.said.get(answer, 0) / n, after.said.get(answer, 0) / m)
        for answer in answers
    }
    moved = sum(abs(now - was) for was, now in shares.values()) / 2
    counts = [[night.said.get(answer, 0) for answer in answers] for night in (before, after)]
    if homogeneity(*counts) <= limit or moved < ANSWERS_MOVED:
        return []
    most = max(answers, key=lambda answer: abs(shares[answer][1] - shares[answer][0]))
    was, now = shares[most]
    text = f"{model}: it says '{most}' for {attribute} on {now:.1%} of cells, {was:.1%} before, more than chance would"
    return [Shift(model, attribute, "answers", was, now, text)]


def _without_rare(before: Sequence[float], after: Sequence[float]) -> list[tuple[float, float]]:
    """Pairs of counts; answers too rare for the chi-square are put together, and left out where they stay too rare."""
    total = sum(before) + sum(after)
    smaller = min(sum(before), sum(after)) / total if total else 0.0
    pairs = list(zip(before, after, strict=True))
    kept = [(a, b) for a, b in pairs if (a + b) * smaller >= _FEWEST_EXPECTED]
    rare = [(a, b) for a, b in pairs if (a + b) * smaller < _FEWEST_EXPECTED]
    together = (sum(a for a, _ in rare), sum(b for _, b in rare))
    return [*kept, together] if sum(together) * smaller >= _FEWEST_EXPECTED else kept

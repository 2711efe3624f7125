"""The formulas of docs/design.md#the-ensemble, cell by cell, as the judge of the pattern form.

Nothing here knows patterns: votes are dictionaries {model: value} per cell. Only the fit of r to a
finished kappa matrix is the package's own, which has its own tests.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from attrx.ensemble.rank_one import fit_rank_one

Cell = dict[int, int]


@dataclass
class CellGroup:
    """Cells that share weights.

    Parts are attributes, each a list of cells; `labels` is L for each part.
    """

    parts: list[list[Cell]]
    closed: list[bool]
    labels: list[int]
    models: int
    weight: list[float] = field(default_factory=list)
    agreement: list[float] = field(default_factory=list)

    @property
    def cells(self) -> list[Cell]:
        return [cell for part in self.parts for cell in part]

    def votes(self, i: int) -> int:
        return sum(i in cell for cell in self.cells)


def winners(cell: Cell, weight: list[float]) -> list[int]:
    """The values with the highest score, in the order of the first model that gave them."""
    scores: dict[int, float] = {}
    size: dict[int, float] = defaultdict(float)
    for i in sorted(cell):
        scores[cell[i]] = scores.get(cell[i], 0.0) + weight[i]
        size[cell[i]] += abs(weight[i])
    if not scores:
        return []
    best = max(scores.values())
    return [k for k, s in scores.items() if s >= best - 1e-9 * max(size.values())]


def credit(group: CellGroup, hard: bool = False) -> list[float]:
    total = [0.0] * group.models
    for cell in group.cells:
        won = winners(cell, group.weight)[: 1 if hard else None]
        for i, k in cell.items():
            total[i] += (k in won) / len(won)
    return total


def chance_by_what_is_said(group: CellGroup) -> list[float]:
    """For each model, the votes that equal the winner by chance.

    Votes * sum_k p_i(k) q(k), part by part.
    """
    total = [0.0] * group.models
    for part, closed in zip(group.parts, group.closed, strict=True):
        won: dict[int, float] = defaultdict(float)
        for cell in part:
            tied = winners(cell, group.weight)
            for k in tied:
                won[k] += 1 / len(tied)
        decided = sum(bool(cell) for cell in part)
        for i in range(group.models):
            said = Counter(cell[i] for cell in part if i in cell)
            total[i] += sum(n * won[k] / decided for k, n in said.items() if closed or k == 0)
    return total


def mixed(own: float, votes: float, pooled: float, pooled_votes: float, shrink: float) -> float:
    mean = pooled / pooled_votes if pooled_votes else 0.0
    return (own + shrink * mean) / (votes + shrink) if votes + shrink else mean


def all_mixed(
    groups: list[CellGroup], cells: list[list[float]], shrink: float
) -> list[list[float]]:
    models = range(groups[0].models)
    votes = [[g.votes(i) for i in models] for g in groups]
    return [
        [
            mixed(
                cells[g][i], votes[g][i], sum(c[i] for c in cells), sum(v[i] for v in votes), shrink
            )
            for i in models
        ]
        for g in range(len(groups))
    ]


def uniform_chance(group: CellGroup, i: int) -> float:
    votes = [sum(i in cell for cell in part) for part in group.parts]
    if sum(votes):
        return sum(n / labels for n, labels in zip(votes, group.labels, strict=True)) / sum(votes)
    return sum(1 / labels for labels in group.labels) / len(group.labels)


def floored(weight: list[float]) -> list[float]:
    weight = [0.0 if w < 1e-12 else w for w in weight]
    return weight if any(weight) else [1.0] * len(weight)


def kappas(groups: list[CellGroup], shrink: float) -> tuple[list[Any], Any]:
    m = groups[0].models
    common, agree, chance = (np.zeros((len(groups), m, m)) for _ in range(3))
    for g, group in enumerate(groups):
        for i in range(m):
            for j in range(m):
                if i == j:
                    continue
                for part, closed in zip(group.parts, group.closed, strict=True):
                    both = [(cell[i], cell[j]) for cell in part if i in cell and j in cell]
                    if not both:
                        continue
                    common[g, i, j] += len(both)
                    agree[g, i, j] += sum(a == b for a, b in both)
                    said_i, said_j = Counter(a for a, _ in both), Counter(b for _, b in both)
                    chance[g, i, j] += sum(
                        n * said_j[k] / len(both) for k, n in said_i.items() if closed or k == 0
                    )
    result = []
    for g in range(len(groups)):
        kappa = np.zeros((m, m))
        for i in range(m):
            for j in range(m):
                pooled = common[:, i, j].sum()
                o = mixed(agree[g, i, j], common[g, i, j], agree[:, i, j].sum(), pooled, shrink)
                e = mixed(chance[g, i, j], common[g, i, j], chance[:, i, j].sum(), pooled, shrink)
                kappa[i, j] = (o - e) / max(1 - e, 0.02)
        result.append(kappa)
    return result, common.sum(axis=0) >= 5


def start(groups: list[CellGroup], shrink: float) -> None:
    tables, known = kappas(groups, shrink)
    for group, kappa in zip(groups, tables, strict=True):
        r = fit_rank_one(kappa[None], known)[0]
        group.weight = floored([float(np.log((1 + x) / (1 - x))) for x in r])


def learn_iwmv(groups: list[CellGroup], chance: str, shrink: float) -> None:
    """Steps 1 to 5; leaves weight and agreement in the groups."""
    for group in groups:
        group.weight = [1.0] * group.models
    if chance == "observed":
        start(groups, shrink)
    before = None
    for _ in range(100):
        agreement = all_mixed(groups, [credit(g) for g in groups], shrink)
        if chance == "observed":
            e = all_mixed(groups, [chance_by_what_is_said(g) for g in groups], shrink)
        else:
            e = [[uniform_chance(g, i) for i in range(g.models)] for g in groups]
        for g, group in enumerate(groups):
            raw = [(a - c) / max(1 - c, 0.02) for a, c in zip(agreement[g], e[g], strict=True)]
            cap = 0.98 if chance == "observed" else 1.0
            group.weight = floored([min(max(w, 0.0), cap) for w in raw])
            group.agreement = agreement[g]
        flat = [a for row in agreement for a in row]
        if before is not None and all(
            abs(a - b) < 1e-12 for a, b in zip(flat, before, strict=True)
        ):
            break
        before = flat


def learn_paper(group: CellGroup) -> None:
    """Algorithm 1 of Li & Yu (2014) as published, for one group with one L."""
    labels = group.labels[0]
    group.weight = [1.0] * group.models
    before = None
    for _ in range(100):
        total = credit(group, hard=True)
        agreement = [c / group.votes(i) if group.votes(i) else 0.0 for i, c in enumerate(total)]
        group.weight = [labels * a - 1 if group.votes(i) else 0.0 for i, a in enumerate(agreement)]
        group.agreement = agreement
        if before is not None and all(
            abs(a - b) < 1e-12 for a, b in zip(agreement, before, strict=True)
        ):
            break
        before = agreement


def decide(
    cell: Cell, weight: list[float], agreement: list[float], hard: bool = False
) -> dict[str, Any]:
    """Step 5 for one cell."""
    if not cell:
        return {"value": None, "tie": False, "no_weight": False, "support": 0, "voters": 0}
    no_weight = not hard and all(weight[i] == 0 for i in cell)
    weight = [1.0] * len(weight) if no_weight else weight
    tied = winners(cell, weight)
    backed = [max(agreement[i] for i in cell if cell[i] == k) for k in tied]
    value = (
        tied[0]
        if hard
        else next(k for k, b in zip(tied, backed, strict=True) if b >= max(backed) - 1e-12)
    )
    scores: dict[int, float] = defaultdict(float)
    for i, k in cell.items():
        scores[k] += weight[i]
    positive = {k: s if s > 1e-12 else 0.0 for k, s in scores.items()}
    total = sum(positive.values())
    rest = max((s for k, s in positive.items() if k != value), default=0.0)
    return {
        "value": value,
        "tie": len(tied) > 1,
        "no_weight": no_weight,
        "support": sum(k == value for k in cell.values()),
        "voters": len(cell),
        "share": positive[value] / total if total else None,
        "margin": (positive[value] - rest) / total if total else None,
    }

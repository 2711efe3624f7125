"""What a user should know before trusting the weights, in plain words (docs/design.md#honesty)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ..configs.notices import Notice
from .arrays import FloatArray
from .groups import ALL, Group, Pair
from .rank_one import FLOOR, Agreement, fit_rank_one
from .weights import Weights

_FEWEST_MODELS, _FEWEST_CELLS = 3, 10
_FAR_MORE, _ERRORS, _MOST_PAIRS = 0.1, 4.0, 3
_NAMED = 5


@dataclass(frozen=True, slots=True)
class PairAgreement:
    """How two models agree, over all groups.

    Attributes:
        models: Both names.
        common: Cells where both voted.
        agreement: Share of these on which they agree; None without any.
        chance: The share on which they would agree by chance.
        kappa: Agreement beyond chance, 1 = always; None without common cells.
        unexplained: How much higher kappa is than what the agreement of both with the other models
            explains; None where fewer than four models vote.
    """

    models: tuple[str, str]
    common: int
    agreement: float | None
    chance: float | None
    kappa: float | None
    unexplained: float | None


def diagnose(
    groups: Sequence[Group],
    weights: Weights,
    models: Sequence[str],
    *,
    gold: bool = False,
    leader: bool = False,
) -> tuple[Notice, ...]:
    """Everything that should be said about these weights.

    Args:
        groups: What was counted.
        weights: What was learned; not for `single:<model>`, which weighs nothing.
        models: Names, in the order of the columns.
        gold: Whether the weights come from gold.
        leader: Whether the user named a leader, who outweighs the rest on purpose.
    """
    found = [*_few_models(weights, models, gold), *_small_groups(groups)]
    if not leader:
        found += _one_decides(weights, models)
    found += _pairs_that_share_mistakes(groups, models)
    if not weights.converged:
        found.append(
            Notice(
                "not_converged",
                f"the weights had not come to rest after {weights.iterations} rounds",
            )
        )
    return (*found, *_below_chance(weights, models))


def pair_agreements(groups: Sequence[Group], models: Sequence[str]) -> tuple[PairAgreement, ...]:
    """The pairwise agreement table, in the order of the config."""
    pooled = Agreement.of(groups).pooled()
    kappa = pooled.kappa(0.0)[0]
    common, agree, chance = pooled.common[0], pooled.agree[0], pooled.chance[0]
    enough = _voting(common) >= 4
    rows = []
    for i in range(len(models)):
        for j in range(i + 1, len(models)):
            n = int(common[i, j])
            unexplained = (
                _unexplained(kappa, pooled.known, i, j) if enough and pooled.known[i, j] else None
            )
            rows.append(
                PairAgreement(
                    models=(models[i], models[j]),
                    common=n,
                    agreement=float(agree[i, j] / n) if n else None,
                    chance=float(chance[i, j] / n) if n else None,
                    kappa=float(kappa[i, j]) if n else None,
                    unexplained=unexplained,
                )
            )
    return tuple(rows)


def _few_models(weights: Weights, models: Sequence[str], gold: bool) -> Iterator[Notice]:
    voting = [
        name for name, votes in zip(models, weights.votes.sum(axis=0), strict=True) if votes > 0
    ]
    if len(voting) < _FEWEST_MODELS:
        advice = (
            ""
            if gold
            else "; without gold, name a leader (--leader) or use one model (--method single:MODEL)"
        )
        who = f"only {len(voting)} model{'s' * (len(voting) != 1)} voted"
        text = f"{who}: agreement cannot tell who is right where two disagree{advice}"
        yield Notice("few_models", text, tuple(voting))


def _small_groups(groups: Sequence[Group]) -> Iterator[Notice]:
    small = tuple(
        group.pair for group in groups if sum(part.n_cells for part in group.parts) < _FEWEST_CELLS
    )
    if small:
        text = f"fewer than {_FEWEST_CELLS} cells in {_list_groups(small)}: their weights are mostly those of all groups"
        yield Notice("small_group", text, groups=small)


def _one_decides(weights: Weights, models: Sequence[str]) -> Iterator[Notice]:
    voting = weights.votes > 0
    weight = np.where(voting, weights.weight, 0.0)
    rest = weight.sum(axis=1, keepdims=True) - weight
    alone = (weight > rest) & (voting.sum(axis=1, keepdims=True) > 1)
    for i, name in enumerate(models):
        if alone[:, i].any():
            pairs = _pairs_where(weights, alone[:, i])
            text = f"{name} outweighs the other models together in {_list_groups(pairs)}: the values there are its own"
            yield Notice("one_decides", text, (name,), pairs)


def _pairs_that_share_mistakes(groups: Sequence[Group], models: Sequence[str]) -> Iterator[Notice]:
    """Pairs that agree far more than their agreement with the others explains.

    If models err independently, kappa_ij = r_i r_j. r is fitted without the pair in question, and
    the pair is named where its kappa is more than .1 and more than 4 standard errors above that.
    The worst pair is then set aside and the others are judged anew, since its shared mistakes
    distort their r as well. With fewer than four models there are too few pairs to fit.
    """
    pooled = Agreement.of(groups).pooled()
    kappa, known, common = pooled.kappa(0.0)[0], pooled.known.copy(), pooled.common[0]
    if _voting(common) < 4:
        return
    error = _kappa_errors(pooled)
    for _ in range(_MOST_PAIRS):
        above = {
            (i, j): _unexplained(kappa, known, i, j)
            for i, j in zip(*np.nonzero(np.triu(known, 1)), strict=True)
        }
        above = {
            (i, j): excess
            for (i, j), excess in above.items()
            if excess > max(_FAR_MORE, _ERRORS * error[i, j])
        }
        if not above:
            return
        i, j = max(above, key=lambda pair: (above[pair], -pair[0], -pair[1]))
        share = pooled.agree[0, i, j] / common[i, j]
        text = (
            f"{models[i]} and {models[j]} agree on {share:.0%} of cells, far more than their agreement with the others "
            "explains: they share mistakes, and agreement flatters them"
        )
        yield Notice("shared_mistakes", text, (models[i], models[j]))
        known[i, j] = known[j, i] = False


def _below_chance(weights: Weights, models: Sequence[str]) -> Iterator[Notice]:
    with np.errstate(invalid="ignore"):
        below = (weights.votes > 0) & (weights.agreement < weights.chance - 1e-12)
    for i, name in enumerate(models):
        if below[:, i].any():
            pairs = _pairs_where(weights, below[:, i])
            text = f"{name} agrees with the combined values less than chance would in {_list_groups(pairs)}"
            yield Notice("below_chance", text, (name,), pairs)


def _unexplained(kappa: FloatArray, known: np.typing.NDArray[np.bool_], i: int, j: int) -> float:
    others = known.copy()
    others[i, j] = others[j, i] = False
    quality = fit_rank_one(kappa, others)
    return float(kappa[i, j] - quality[i] * quality[j])


def _kappa_errors(pooled: Agreement) -> FloatArray:
    """[n_models, n_models]: standard error of kappa from the binomial one of agreement."""
    n = np.maximum(pooled.common[0], 1)
    share, chance = pooled.agree[0] / n, pooled.chance[0] / n
    return np.asarray(np.sqrt(share * (1 - share) / n + 1 / n**2) / np.maximum(1 - chance, FLOOR))


def _voting(common: FloatArray) -> int:
    return int((common.sum(axis=1) > 0).sum())


def _pairs_where(weights: Weights, rows: np.typing.NDArray[np.bool_]) -> tuple[Pair, ...]:
    return tuple(weights.pairs[row] for row in np.flatnonzero(rows))


def _list_groups(pairs: Iterable[Pair]) -> str:
    """Names of groups for a sentence, the first few of many."""
    names = [
        " of ".join(part for part in (attribute, category) if part != ALL) or "all attributes"
        for category, attribute in pairs
    ]
    rest = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {rest} more groups" if rest > 0 else "")

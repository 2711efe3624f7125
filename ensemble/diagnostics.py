"""What a user should know before trusting the weights, in plain words (docs/design.md#honesty)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ..configs.notices import Notice
from .arrays import BoolArray, FloatArray
from .groups import ALL, Group, Pair
from .pair_fits import explain_pairs
from .rank_one import FLOOR, PairCounts
from .weights import Weights

FEWEST_MODELS = 3
FEWEST_CELLS = 10
FEWEST_MODELS_FOR_PAIRS = 4
"""With fewer, there are too few pairs to tell what the agreement with others explains."""
LEAST_EXCESS = 0.1
LEAST_STANDARD_ERRORS = 4.0
"""How far a pair's kappa must lie above what the others explain, to be told."""
MOST_PAIRS = 3
MOST_NAMES = 5
"""Groups that are named in one sentence."""
_ROUNDING = 1e-12


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
        weights: What was learned.
        models: Names, in the order of the columns.
        gold: Whether the weights come from gold.
        leader: Whether the user named a leader, who outweighs the rest on purpose.
    """
    notices = [*_few_models(weights, models, gold), *_small_groups(groups)]
    if not leader:
        notices += _one_decides(weights, models)
    notices += _shared_mistakes(groups, models)
    if not weights.converged:
        text = f"the weights had not come to rest after {weights.iterations} rounds"
        notices.append(Notice("not_converged", text))
    notices += _below_chance(weights, models)
    notices += _weights_kept(weights, models)
    return tuple(notices)


def pair_agreements(groups: Sequence[Group], models: Sequence[str]) -> tuple[PairAgreement, ...]:
    """The pairwise agreement table, in the order of the config."""
    return tuple(_PairKappas(groups).pair_agreements(models))


def _few_models(weights: Weights, models: Sequence[str], gold: bool) -> Iterator[Notice]:
    votes = weights.votes.sum(axis=0)
    voters = tuple(name for name, n in zip(models, votes, strict=True) if n > 0)
    if len(voters) >= FEWEST_MODELS:
        return
    if not voters:
        yield Notice("few_models", "no model voted: see attrx status for why")
        return
    who = "only 1 model voted" if len(voters) == 1 else f"only {len(voters)} models voted"
    text = f"{who}: agreement cannot tell who is right where two disagree"
    if not gold:
        text += "; without gold, name a leader (--leader) or use one model (--method single:MODEL)"
    yield Notice("few_models", text, voters)


def _small_groups(groups: Sequence[Group]) -> Iterator[Notice]:
    pairs = tuple(group.pair for group in groups if group.n_cells < FEWEST_CELLS)
    if pairs:
        text = (
            f"fewer than {FEWEST_CELLS} cells in {_list_groups(pairs)}: their weights are mostly"
            " those of all groups"
        )
        yield Notice("small_group", text, groups=pairs)


def _weights_kept(weights: Weights, models: Sequence[str]) -> Iterator[Notice]:
    if weights.instead_of is None:
        return
    mean_weight = weights.weight.mean(axis=0)
    fresh_weight = weights.instead_of.mean(axis=0)
    gain = mean_weight - fresh_weight
    moves = []
    for place in (int(gain.argmax()), int(gain.argmin())):
        moves.append(
            f"{models[place]} counts {mean_weight[place]:.2f}"
            f" (learned afresh: {fresh_weight[place]:.2f})"
        )
    text = (
        "more than one set of weights explains the answers: those of the earlier run are kept,"
        f" where {' and '.join(moves)}; a few gold labels would settle which are right"
    )
    yield Notice("weights_kept", text, (models[int(gain.argmax())], models[int(gain.argmin())]))


def _one_decides(weights: Weights, models: Sequence[str]) -> Iterator[Notice]:
    has_votes = weights.votes > 0
    weight = np.where(has_votes, weights.weight, 0.0)
    rest = weight.sum(axis=1, keepdims=True) - weight
    has_company = has_votes.sum(axis=1, keepdims=True) > 1
    decides = (weight > rest) & has_company
    for place, name in enumerate(models):
        pairs = _pairs_where(weights, decides[:, place])
        if pairs:
            text = (
                f"{name} outweighs the other models together in {_list_groups(pairs)}: the values"
                " there are its own"
            )
            yield Notice("one_decides", text, (name,), pairs)


def _shared_mistakes(groups: Sequence[Group], models: Sequence[str]) -> Iterator[Notice]:
    """Pairs that agree far more than their agreement with the others explains.

    If models err independently, kappa_ij = r_i r_j. r is fitted without the pair in question, and
    the pair is named where its kappa is more than .1 and more than 4 standard errors above that.
    The worst pair is then set aside and the others are judged anew, since its shared mistakes
    distort their r as well.
    """
    kappas = _PairKappas(groups)
    if kappas.n_voters < FEWEST_MODELS_FOR_PAIRS:
        return
    for _ in range(MOST_PAIRS):
        pair = kappas.worst_pair()
        if pair is None:
            return
        i, j = pair
        text = (
            f"{models[i]} and {models[j]} agree on {kappas.agreement(i, j):.0%} of cells, far more"
            " than their agreement with the others explains: they share mistakes, and agreement"
            " flatters them"
        )
        yield Notice("shared_mistakes", text, (models[i], models[j]))
        kappas.set_aside(i, j)


def _below_chance(weights: Weights, models: Sequence[str]) -> Iterator[Notice]:
    with np.errstate(invalid="ignore"):
        is_below = weights.agreement < weights.chance - _ROUNDING
    is_below &= weights.votes > 0
    for place, name in enumerate(models):
        pairs = _pairs_where(weights, is_below[:, place])
        if pairs:
            text = (
                f"{name} agrees with the combined values less than chance would in"
                f" {_list_groups(pairs)}"
            )
            yield Notice("below_chance", text, (name,), pairs)


class _PairKappas:
    """Agreement beyond chance of all pairs, and what the other pairs explain of it."""

    def __init__(self, groups: Sequence[Group]) -> None:
        counts = PairCounts.of(groups).pool()
        self._common = counts.common[0]
        self._equal = counts.equal[0]
        self._chance = counts.chance[0]
        self._kappa = counts.kappa(0.0)[0]
        self._enough = counts.enough.copy()

    @property
    def n_voters(self) -> int:
        """Models that voted where another one did."""
        return int((self._common.sum(axis=1) > 0).sum())

    def agreement(self, i: int, j: int) -> float:
        """Share of common cells on which two models agree."""
        return float(self._equal[i, j] / self._common[i, j])

    def pair_agreements(self, models: Sequence[str]) -> Iterator[PairAgreement]:
        """The rows of the pairwise table."""
        unexplained = np.full_like(self._kappa, np.nan)
        if self.n_voters >= FEWEST_MODELS_FOR_PAIRS:
            unexplained = self._unexplained()
        n_models = len(models)
        for i in range(n_models):
            for j in range(i + 1, n_models):
                names = (models[i], models[j])
                excess = _none_if_nan(unexplained[i, j])
                yield self._pair_agreement(i, j, names, excess)

    def worst_pair(self) -> tuple[int, int] | None:
        """The pair farthest above what the others explain; None if none is far."""
        limit = np.maximum(LEAST_EXCESS, LEAST_STANDARD_ERRORS * self._standard_errors())
        excess = self._unexplained()
        excess[np.isnan(excess)] = 0.0
        excess[excess <= limit] = 0.0
        if not excess.any():
            return None
        i, j = np.unravel_index(excess.argmax(), excess.shape)
        return int(i), int(j)

    def set_aside(self, i: int, j: int) -> None:
        """Leave a pair out of all that follows."""
        self._enough[i, j] = False
        self._enough[j, i] = False

    def _pair_agreement(
        self, i: int, j: int, names: tuple[str, str], unexplained: float | None
    ) -> PairAgreement:
        common = int(self._common[i, j])
        if not common:
            return PairAgreement(
                models=names,
                common=0,
                agreement=None,
                chance=None,
                kappa=None,
                unexplained=None,
            )
        return PairAgreement(
            models=names,
            common=common,
            agreement=self.agreement(i, j),
            chance=float(self._chance[i, j] / common),
            kappa=float(self._kappa[i, j]),
            unexplained=unexplained,
        )

    def _unexplained(self) -> FloatArray:
        """[n_models, n_models], above the diagonal: kappa less what the other pairs explain.

        nan where a pair has too few common cells.
        """
        explained = explain_pairs(self._kappa, self._enough)
        return np.asarray(self._kappa - explained)

    def _standard_errors(self) -> FloatArray:
        """[n_models, n_models]: of kappa, from the binomial one of agreement."""
        n = np.maximum(self._common, 1)
        agreement = self._equal / n
        chance = self._chance / n
        variance = agreement * (1 - agreement) / n
        variance += 1 / n**2
        beyond_chance = np.maximum(1 - chance, FLOOR)
        return np.asarray(np.sqrt(variance) / beyond_chance)


def _none_if_nan(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _pairs_where(weights: Weights, is_concerned: BoolArray) -> tuple[Pair, ...]:
    return tuple(weights.pairs[row] for row in np.flatnonzero(is_concerned))


def _list_groups(pairs: Iterable[Pair]) -> str:
    """Names of groups for a sentence, the first few of many."""
    names = [_group_name(pair) for pair in pairs]
    listed_names = ", ".join(names[:MOST_NAMES])
    n_more = len(names) - MOST_NAMES
    return f"{listed_names} and {n_more} more groups" if n_more > 0 else listed_names


def _group_name(pair: Pair) -> str:
    category, attribute = pair
    parts = [part for part in (attribute, category) if part != ALL]
    return " of ".join(parts) or "all attributes"

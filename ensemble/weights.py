"""How much each model's vote counts, and the rounds in which methods without labels find it out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from .arrays import FloatArray
from .groups import Group, Pair
from .pattern_table import PatternTable

MOST_ROUNDS = 100
STILL = 1e-12
"""Agreements that move by less than this have come to rest."""
GROWTH = 2
"""Weights that were learned from fewer products, by this factor, are learned afresh."""


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """What was learned: one row per group, one column per model.

    Attributes:
        pairs: The groups' (category, attribute), `*` for all.
        weight: [n_groups, n_models], how much a vote counts.
        agreement: [n_groups, n_models], share of the model's votes equal to the combined value,
            shrunk to all groups where the method shrinks; nan where the model never voted.
        chance: [n_groups, n_models], the agreement that chance alone gives (e_i); nan where the
            method has no use for it.
        votes: [n_groups, n_models], cells in which the model voted.
        iterations: Rounds of learning; 0 where nothing is learned.
        converged: Whether the agreements came to rest.
        tilt: Added to the score of the tilted value, where the method has one.
        signal_weight: [3] what the catalog's signals count, where the method hears them.
        from_gold: Whether gold made them what they are.
        choice: The method that was chosen, where there was a choice.
        reason: Why, in words.
        instead_of: [n_groups, n_models], what would have been learned afresh, where an earlier
            run's weights fit as well and were kept; None where nothing was kept.
    """

    pairs: tuple[Pair, ...]
    weight: FloatArray
    agreement: FloatArray
    chance: FloatArray
    votes: FloatArray
    iterations: int = 0
    converged: bool = True
    tilt: float = 0.0
    signal_weight: FloatArray | None = None
    from_gold: bool = False
    choice: str = ""
    reason: str = ""
    instead_of: FloatArray | None = None

    def row(self, pair: Pair) -> int:
        """The row of a group."""
        return self.pairs.index(pair)


@dataclass(frozen=True, slots=True)
class EarlierWeights:
    """What votes counted in an earlier run of the same method.

    Attributes:
        of_group: Group -> model -> weight.
        n_products: From how many products they were learned.
    """

    of_group: Mapping[Pair, Mapping[str, float]]
    n_products: int

    def are_of_much_less(self, n_products: int) -> bool:
        """Whether there are so many more products now that these weights say little of them."""
        return n_products > GROWTH * self.n_products

    def in_place_of(self, weights: Weights, models: Sequence[str]) -> FloatArray:
        """[n_groups, n_models]: the earlier weights; where there is none, those of `weights`."""
        weight = weights.weight.copy()
        for row, pair in enumerate(weights.pairs):
            earlier = self.of_group.get(pair, {})
            for column, model in enumerate(models):
                weight[row, column] = earlier.get(model, weight[row, column])
        return weight


@dataclass(frozen=True, slots=True, eq=False)
class Round:
    """What one round of learning came to; all [n_groups, n_models]."""

    weight: FloatArray
    agreement: FloatArray
    chance: FloatArray


def learn_in_rounds(
    table: PatternTable, start: FloatArray, learn_round: Callable[[FloatArray], Round]
) -> Weights:
    """Learn weights from weights until the agreements come to rest, or 100 times.

    Args:
        table: What is learned from.
        start: [n_groups, n_models], the first weights.
        learn_round: Weights -> what they lead to.
    """
    unknown_share = np.full(start.shape, np.nan)
    current = Round(weight=start, agreement=unknown_share, chance=unknown_share)
    iterations = 0
    converged = False
    while not converged and iterations < MOST_ROUNDS:
        previous = current
        current = learn_round(previous.weight)
        movement = np.abs(current.agreement - previous.agreement)
        converged = bool((movement < STILL).all())
        iterations += 1
    return Weights(
        pairs=table.pairs,
        weight=current.weight,
        agreement=table.nan_without_votes(current.agreement),
        chance=current.chance,
        votes=table.votes,
        iterations=iterations,
        converged=converged,
    )


def fixed_weights(groups: Sequence[Group], weight: FloatArray) -> Weights:
    """Weights that are not learned, with the agreement and the chance that go with them.

    Args:
        groups: At least one.
        weight: [n_models], the same in all groups, or [n_groups, n_models]. Where nobody who votes
            has a weight, nobody wins.
    """
    table = PatternTable(groups)
    weight = np.broadcast_to(weight, table.votes.shape).astype(np.float64)
    win = table.vote(weight) * table.has_weight(weight)[:, None]
    agreement = table.shrunk_share(table.credit(win), 0.0)
    return Weights(
        pairs=table.pairs,
        weight=weight,
        agreement=table.nan_without_votes(agreement),
        chance=table.shrunk_share(table.chance_credit(win), 0.0),
        votes=table.votes,
    )


def follow_leader(groups: Sequence[Group], weights: Weights, leader: int) -> Weights:
    """Let one model decide wherever it votes, and the others, weighted as they are, elsewhere.

    What a user who names a leader without having gold asks for. The leader's weight is raised above
    the sum of the others', so that a decision stays a weighted vote over patterns.

    Args:
        groups: What the weights were learned from.
        weights: The learned weights.
        leader: Place of the leading model.
    """
    raised_weight = weights.weight.copy()
    raised_weight[:, leader] = 0.0
    raised_weight[:, leader] = raised_weight.sum(axis=1) + 1.0
    return replace(
        fixed_weights(groups, raised_weight),
        iterations=weights.iterations,
        converged=weights.converged,
    )

"""Learning how much each model's vote counts, without labels.

The contract: docs/design.md#learning-without-labels.

Iterative weighted majority voting (Li & Yu 2014, arXiv 1411.4086, Algorithm 1), as LLM-Ensemble
(Fang et al., SIGIR 2024, arXiv 2403.00863) uses it, on agreement patterns. `patterns.py` says why
the counts are enough.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from .arrays import BoolArray, FloatArray
from .groups import Group, Pair
from .patterns import PatternCounts
from .rank_one import (
    CAP,
    FLOOR,
    Agreement,
    ones_where_all_zero,
    rank_one_start,
)
from .weighted_vote import score_blocks, share_credit, winning_blocks

Chance = Literal["observed", "uniform"]
_ROUNDS, _STILL = 100, 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """What was learned: one row per group, one column per model.

    Attributes:
        pairs: The groups' (category, attribute), `*` for all.
        weight: [n_groups, n_models], how much a vote counts.
        agreement: [n_groups, n_models], share of the model's votes equal to the combined value,
            shrunk to all groups where the method shrinks; nan where the model never voted.
        chance: [n_groups, n_models], the agreement that chance alone gives (e_i).
        votes: [n_groups, n_models], cells in which the model voted.
        iterations: Rounds of learning; 0 where nothing is learned.
        converged: Whether the agreements came to rest.
        hard_ties: Whether ties go to the first block while learning (the method `paper`).
    """

    pairs: tuple[Pair, ...]
    weight: FloatArray
    agreement: FloatArray
    chance: FloatArray
    votes: FloatArray
    iterations: int = 0
    converged: bool = True
    hard_ties: bool = False

    def row(self, pair: Pair) -> int:
        """The row of a group."""
        return self.pairs.index(pair)


def learn_iwmv(groups: Sequence[Group], *, chance: Chance, shrink: float) -> Weights:
    """Iterative weighted majority voting with shrinkage and correction for chance.

    Args:
        groups: At least one.
        chance: `observed`: chance agreement from what the models say, with the rank-one start;
            `uniform`: 1 / L.
        shrink: How many votes (for pairs of models: common cells) the mean over all groups counts
            for.
    """
    counts = _Stacked(groups)
    uniform = counts.uniform_chance()
    weight = (
        np.ones(counts.votes.shape)
        if chance == "uniform"
        else rank_one_start(Agreement.of(groups), shrink)
    )
    agreement = np.full(counts.votes.shape, np.nan)
    converged, rounds = False, 0
    while not converged and rounds < _ROUNDS:
        rounds += 1
        before = agreement
        win = counts.decide(weight)
        agreement = counts.shrunk(counts.credit(win), shrink)
        by_chance = (
            uniform if chance == "uniform" else counts.shrunk(counts.chance_cells(win), shrink)
        )
        weight = _weight(agreement, by_chance, 1.0 if chance == "uniform" else CAP)
        converged = _still(agreement, before)
    return Weights(
        counts.pairs, weight, _seen(agreement, counts), by_chance, counts.votes, rounds, converged
    )


def learn_paper(groups: Sequence[Group]) -> Weights:
    """Algorithm 1 as published: v = 1, then v_i = L * agreement_i - 1; no floor, no shrinkage, hard ties.

    The groups must have been counted with `absent="missing"`. A model without votes gets weight 0.
    Hard ties go to the value of the model that comes first in the config: patterns know models, not
    values, and renaming a value then changes nothing here either.
    """
    counts = _Stacked(groups)
    by_chance = counts.uniform_chance()
    weight = np.ones(counts.votes.shape)
    agreement = np.full(counts.votes.shape, np.nan)
    converged, rounds = False, 0
    while not converged and rounds < _ROUNDS:
        rounds += 1
        before = agreement
        agreement = counts.shrunk(counts.credit(counts.decide(weight, hard=True)), 0.0)
        weight = np.where(counts.votes > 0, agreement / by_chance - 1, 0.0)
        converged = _still(agreement, before)
    agreement = _seen(agreement, counts)
    return Weights(
        counts.pairs, weight, agreement, by_chance, counts.votes, rounds, converged, hard_ties=True
    )


def fixed_weights(groups: Sequence[Group], weight: FloatArray) -> Weights:
    """Weights that are given, with the agreement and the observed chance that go with them.

    Args:
        groups: At least one.
        weight: [n_models], the same in all groups, or [n_groups, n_models]: all 1 for `majority`, 1
            for the one model of `single:<model>` and 0 for the others. Where nobody who votes has a
            weight, nobody wins.
    """
    counts = _Stacked(groups)
    weight = np.broadcast_to(weight, counts.votes.shape).astype(np.float64)
    win = counts.decide(weight) * counts.heard(weight)[:, None]
    agreement = _seen(counts.shrunk(counts.credit(win), 0.0), counts)
    return Weights(
        counts.pairs, weight, agreement, counts.shrunk(counts.chance_cells(win), 0.0), counts.votes
    )


def follow_leader(groups: Sequence[Group], weights: Weights, leader: int) -> Weights:
    """Let one model decide wherever it votes, and the others, weighted as they are, where it does not.

    What a user who names a leader without having gold asks for. The leader's weight is raised above
    the sum of the others', so that a decision stays a weighted vote over patterns.

    Args:
        groups: What the weights were learned from.
        weights: The learned weights.
        leader: Place of the leading model.
    """
    raised = weights.weight.copy()
    raised[:, leader] = 0.0
    raised[:, leader] = raised.sum(axis=1) + 1.0
    led = fixed_weights(groups, raised)
    return replace(led, iterations=weights.iterations, converged=weights.converged)


class _Stacked:
    """The patterns of all parts of all groups in one table, so that a round is a handful of array operations."""

    def __init__(self, groups: Sequence[Group]) -> None:
        parts = [part for group in groups for part in group.parts]
        self.pairs = tuple(group.pair for group in groups)
        self.group = np.repeat(
            np.arange(len(groups)), [len(group.parts) for group in groups]
        )  # [n_parts]
        self.part = np.repeat(
            np.arange(len(parts)), [len(part.blocks) for part in parts]
        )  # [n_patterns]
        self.blocks = np.concatenate([part.blocks for part in parts])
        self.cells = np.concatenate([part.cells for part in parts]).astype(np.float64)
        self.voted = self.blocks >= 0
        self.part_votes = self._per_part(self.voted.astype(np.float64))
        self.votes = self._per_group(self.part_votes)
        self.n_labels = np.array([n for group in groups for n in group.n_labels], np.float64)
        self._set_labels(parts)

    def _set_labels(self, parts: Sequence[PatternCounts]) -> None:
        """Number the labels that agree by chance: every value of a closed attribute, absent of an open one."""
        starts = np.cumsum([0, *(len(part.blocks) for part in parts)])
        rows = [part.labels[(part.labels[:, 2] == 0) | part.closed] for part in parts]
        most = 1 + max(int(r[:, 2].max(initial=0)) for r in rows)
        labels, self.label = np.unique(
            np.concatenate([p * most + r[:, 2] for p, r in enumerate(rows)]), return_inverse=True
        )
        self.label_part = labels // most
        self.label_pattern = np.concatenate(
            [r[:, 0] + start for r, start in zip(rows, starts, strict=False)]
        )
        self.label_block = np.concatenate([r[:, 1] for r in rows])
        self.label_cells = np.concatenate([r[:, 3] for r in rows]).astype(np.float64)
        says = (self.blocks[self.label_pattern] == self.label_block[:, None]) * self.label_cells[
            :, None
        ]
        self.said = _sum_by(
            self.label, says, len(labels)
        )  # [n_labels, n_models]: how often a model says it

    def decide(self, weight: FloatArray, *, hard: bool = False) -> FloatArray:
        """Step 2: [n_patterns, n_models], what each block gets of the win under [n_groups, n_models] weights."""
        weight = weight[self.group[self.part]]
        return share_credit(
            winning_blocks(self.blocks, weight, score_blocks(self.blocks, weight)), hard=hard
        )

    def heard(self, weight: FloatArray) -> BoolArray:
        """[n_patterns]: whether anybody who votes has a weight."""
        return np.asarray((self.voted & (weight[self.group[self.part]] != 0)).any(axis=1))

    def credit(self, win: FloatArray) -> FloatArray:
        """[n_groups, n_models]: cells in which the model voted for the winner; part of one where it tied."""
        own = np.take_along_axis(win, np.maximum(self.blocks, 0).astype(np.intp), axis=1)
        return self._per_group(self._per_part(np.where(self.voted, own, 0.0)))

    def chance_cells(self, win: FloatArray) -> FloatArray:
        """[n_groups, n_models]: votes that would equal the winner by chance: votes * sum over labels of p_i(k) q(k)."""
        n_labels, n_parts = len(self.label_part), len(self.n_labels)
        won = np.bincount(
            self.label, self.label_cells * win[self.label_pattern, self.label_block], n_labels
        )
        decided = np.bincount(self.part, self.cells * self.voted.any(axis=1), n_parts)
        won_share = won / np.maximum(decided, 1)[self.label_part]
        return self._per_group(_sum_by(self.label_part, self.said * won_share[:, None], n_parts))

    def uniform_chance(self) -> FloatArray:
        """[n_groups, n_models]: 1 / L; over attributes of different L, its mean over the model's votes."""
        by_votes = self._per_group(self.part_votes / self.n_labels[:, None])
        plain = self._per_group(1 / self.n_labels[:, None] * np.ones_like(self.part_votes))
        plain /= np.bincount(self.group, minlength=len(self.pairs))[:, None]
        return np.where(self.votes > 0, by_votes / np.maximum(self.votes, 1), plain)

    def shrunk(self, cells: FloatArray, shrink: float) -> FloatArray:
        """Step 3: a share of votes, mixed with that of all groups, which counts as `shrink` votes."""
        pooled = cells.sum(axis=0) / np.maximum(self.votes.sum(axis=0), 1)
        weight = self.votes + shrink
        return np.asarray(
            np.where(
                weight > 0, (cells + shrink * pooled) / np.where(weight > 0, weight, 1), pooled
            )
        )

    def _per_part(self, share: FloatArray) -> FloatArray:
        return _sum_by(self.part, share * self.cells[:, None], len(self.group))

    def _per_group(self, cells: FloatArray) -> FloatArray:
        return _sum_by(self.group, cells, len(self.pairs))


def _sum_by(key: npt.NDArray[np.intp], rows: FloatArray, n_keys: int) -> FloatArray:
    """[n_keys, n_models]: sums of rows with the same key, added in their order."""
    return np.stack([np.bincount(key, column, n_keys) for column in rows.T], axis=1)


def _weight(agreement: FloatArray, by_chance: FloatArray, cap: float) -> FloatArray:
    """Step 4: v_i = (agreement_i - e_i) / max(1 - e_i, .02), at least 0; all 1 where a group's are all 0."""
    weight = np.clip((agreement - by_chance) / np.maximum(1 - by_chance, FLOOR), 0.0, cap)
    return ones_where_all_zero(weight)


def _still(agreement: FloatArray, before: FloatArray) -> bool:
    return bool((np.abs(agreement - before) < _STILL).all())


def _seen(agreement: FloatArray, counts: _Stacked) -> FloatArray:
    return np.where(counts.votes.sum(axis=0) > 0, agreement, np.nan)

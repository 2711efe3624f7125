"""The rank-one start of `chance: observed`: how good each model is, read from how pairs agree.

If models err independently, the chance-corrected agreement of two of them is the product of their
own qualities, kappa_ij = r_i r_j (docs/design.md#the-rank-one-start). Fitting r to the pairs
needs no vote, so lazy models that agree with each other by chance cannot outvote the good ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .arrays import BoolArray, FloatArray, IntArray
from .groups import Group
from .patterns import PatternCounts
from .shrinkage import shrink_to_pooled

FLOOR = 0.02
"""Smallest 1 - chance that anything is divided by."""
CAP = 0.98
"""Largest quality of a model; keeps the logarithm of the start finite."""
SWEEPS = 200
START = 0.7
"""Where a fit begins, and what a model keeps that nobody is compared with."""
PATTERNS_AT_ONCE = 1 << 16
"""Patterns whose pairs are counted at once; memory stays flat."""
_FEWEST_COMMON = 5
_SAME_SUM = 1e-9
_STILL = 1e-14
_ZERO = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class PairCounts:
    """How pairs of models agree, for each group; symmetric, 0 on the diagonal.

    Attributes:
        common: [n_groups, n_models, n_models], cells where both voted.
        equal: [n_groups, n_models, n_models], cells where both voted the same.
        chance: [n_groups, n_models, n_models], cells where both would vote the same by chance
            alone.
    """

    common: FloatArray
    equal: FloatArray
    chance: FloatArray

    @classmethod
    def of(cls, groups: Sequence[Group]) -> PairCounts:
        """Count agreement in every group, and by chance in each of its parts."""
        per_group = [np.sum([_count_pairs(part) for part in g.parts], axis=0) for g in groups]
        common, equal, chance = np.stack(per_group, axis=1)
        return cls(common, equal, chance)

    @property
    def enough(self) -> BoolArray:
        """[n_models, n_models]: pairs with enough common cells, over all groups, to be judged."""
        return np.asarray(self.common.sum(axis=0) >= _FEWEST_COMMON)

    def kappa(self, shrink: float) -> FloatArray:
        """[n_groups, n_models, n_models]: agreement beyond chance.

        Args:
            shrink: How many common cells the mean over all groups counts for.
        """
        agreement = shrink_to_pooled(self.equal, self.common, shrink)
        chance = shrink_to_pooled(self.chance, self.common, shrink)
        return (agreement - chance) / np.maximum(1 - chance, FLOOR)

    def pool(self) -> PairCounts:
        """All groups as one."""
        return PairCounts(
            self.common.sum(axis=0, keepdims=True),
            self.equal.sum(axis=0, keepdims=True),
            self.chance.sum(axis=0, keepdims=True),
        )


def rank_one_start(pairs: PairCounts, shrink: float) -> FloatArray:
    """The weights from which `chance: observed` starts: v_i = log((1 + r_i) / (1 - r_i)).

    Returns:
        [n_groups, n_models] float64, >= 0; all 1 where all are 0.
    """
    quality = fit_rank_one(pairs.kappa(shrink), pairs.enough)
    return ones_where_all_zero(np.log((1 + quality) / (1 - quality)))


def pooled_rank_one(groups: Sequence[Group]) -> FloatArray:
    """[n_models]: the rank-one weights of all groups pooled, without shrinkage."""
    pairs = PairCounts.of(groups).pool()
    weights = rank_one_start(pairs, 0.0)
    return np.asarray(weights[0])


def fit_rank_one(kappa: FloatArray, enough: BoolArray) -> FloatArray:
    """Fit r_i r_j to kappa_ij: the r in [0, .98] with the smallest sum of squares over pairs.

    200 sweeps of coordinate updates from .7, as the contract says, of all groups at once.
    The order of the coordinates matters only where the minimum is not unique (two models, say: any
    r_1 r_2 = kappa_12). So that the models' order in the config decides nothing even there, they
    are visited by falling sum of kappa, and models with the same sum move together, half-way, all
    sums being the same in any order of the models. A model none of whose pairs counts keeps .7; one
    whose partners all ended at 0 has nothing that speaks for it and gets 0.

    Args:
        kappa: [n_groups, n_models, n_models] symmetric.
        enough: [n_models, n_models], pairs that count.

    Returns:
        [n_groups, n_models] float64.
    """
    n_models = kappa.shape[1]
    is_partner = enough & ~np.eye(n_models, dtype=np.bool_)
    kappa = np.where(is_partner, kappa, 0.0)
    turn = turns(_sum_in_any_order(kappa))
    quality = np.full(kappa.shape[:2], START)
    moving = np.arange(len(kappa))
    moves = _moves(kappa, is_partner, turn)
    for _ in range(SWEEPS):
        before = quality[moving]
        now = _sweep(moves, before)
        quality[moving] = now
        movement = np.abs(now - before)
        still_moves = (movement > _STILL).any(axis=1)
        if still_moves.all():
            continue
        moving = moving[still_moves]
        if len(moving) == 0:
            break
        moves = _moves(kappa[moving], is_partner, turn[moving])
    quality_of_partners = quality[:, None, :] * is_partner
    has_support = (quality_of_partners > 0).any(axis=2)
    has_no_partner = ~is_partner.any(axis=1)
    return np.where(has_support | has_no_partner, quality, 0.0)


def ones_where_all_zero(weight: FloatArray) -> FloatArray:
    """[n_groups, n_models]: where a group's weights are all 0, all are 1.

    What is below 1e-12 is 0: rounding must not decide whether a model that agrees as chance would
    has a weight.
    """
    weight = np.where(weight < _ZERO, 0.0, weight)
    all_zero = (weight == 0).all(axis=1, keepdims=True)
    return np.where(all_zero, 1.0, weight)


def _count_pairs(part: PatternCounts) -> FloatArray:
    """[3, n_models, n_models]: `PairCounts` of one attribute."""
    common = np.zeros((part.n_models, part.n_models))
    equal = np.zeros_like(common)
    for start in range(0, len(part.blocks), PATTERNS_AT_ONCE):
        blocks = part.blocks[start : start + PATTERNS_AT_ONCE]
        cells = part.cells[start : start + PATTERNS_AT_ONCE]
        has_vote = blocks >= 0
        common += _cells_in_both(has_vote, cells)
        last_block = int(blocks.max(initial=-1))
        for block in range(last_block + 1):
            in_block = blocks == block
            equal += _cells_in_both(in_block, cells)
    chance = _count_chance_pairs(part, common)
    off_diagonal = 1 - np.eye(part.n_models)
    counts = np.stack([common, equal, chance])
    return np.asarray(counts * off_diagonal)


def _cells_in_both(flags: BoolArray, cells: IntArray) -> FloatArray:
    """[n_models, n_models]: cells of the patterns in which the flags of both models are set."""
    has_flag = flags.astype(np.float64)
    cells_with_flag = has_flag * cells[:, None]
    return np.asarray(cells_with_flag.T @ has_flag)


def _count_chance_pairs(part: PatternCounts, common: FloatArray) -> FloatArray:
    """[n_models, n_models]: cells where two models would vote the same by chance alone."""
    chance = np.zeros_like(common)
    labels_by_chance = np.unique(part.labels.label) if part.closed else [0]
    for label in labels_by_chance:
        with_partner = _says_with_partner(part, int(label))
        both_say_it = with_partner * with_partner.T
        chance += both_say_it / np.maximum(common, 1)
    return chance


def _says_with_partner(part: PatternCounts, label: int) -> FloatArray:
    """[n_models, n_models]: at [i, j], how often i says the label where j votes too."""
    rows = part.labels.of_label(label)
    with_partner = np.zeros((part.n_models, part.n_models))
    for start in range(0, len(rows), PATTERNS_AT_ONCE):
        end = start + PATTERNS_AT_ONCE
        blocks = part.blocks[rows.pattern[start:end]]
        in_block = blocks == rows.block[start:end, None]
        cells = rows.cells[start:end].astype(np.float64)
        says_label = in_block * cells[:, None]
        has_vote = (blocks >= 0).astype(np.float64)
        with_partner += says_label.T @ has_vote
    return with_partner


def turns(sums: FloatArray) -> IntArray:
    """When each is visited, by falling sum; equal ones (but for rounding) together.

    Args:
        sums: [n_groups, n_models].

    Returns:
        [n_groups, n_models] numbers from 0 on.
    """
    order = np.argsort(-sums, axis=1, kind="stable")
    falling = np.take_along_axis(sums, order, axis=1)
    is_next = falling[:, :-1] - falling[:, 1:] > _SAME_SUM
    turn_in_order = np.zeros(sums.shape, np.int64)
    turn_in_order[:, 1:] = is_next.cumsum(axis=1)
    turn = np.empty_like(turn_in_order)
    np.put_along_axis(turn, order, turn_in_order, axis=1)
    return turn


@dataclass(frozen=True, slots=True, eq=False)
class _Move:
    """The coordinates whose turn it is; all of length n.

    Attributes:
        group: The group of each.
        model: The model of each.
        partners: [n, n_models], 1 where a pair counts, else 0.
        kappa: [n, n_models].
        is_alone: Whether no other coordinate of the group moves with it.
    """

    group: IntArray
    model: IntArray
    partners: FloatArray
    kappa: FloatArray
    is_alone: BoolArray


def _moves(kappa: FloatArray, is_partner: BoolArray, turn: IntArray) -> list[_Move]:
    """One for each turn.

    Args:
        kappa: [n_groups, n_models, n_models], 0 where a pair does not count.
        is_partner: [n_models, n_models], pairs that count.
        turn: [n_groups, n_models], as `turns` gives it.
    """
    partners = is_partner.astype(np.float64)
    last_turn = int(turn.max(initial=-1))
    moves = []
    for now in range(last_turn + 1):
        has_turn = turn == now
        group, model = np.nonzero(has_turn)
        n_together = has_turn.sum(axis=1)
        move = _Move(
            group=group,
            model=model,
            partners=partners[model],
            kappa=kappa[group, model],
            is_alone=n_together[group] == 1,
        )
        moves.append(move)
    return moves


def _sweep(moves: Sequence[_Move], quality: FloatArray) -> FloatArray:
    """Move each coordinate to its best place, those that move together half-way there.

    Args:
        moves: In the order of their turns.
        quality: [n_groups, n_models].

    Returns:
        [n_groups, n_models].
    """
    quality = quality.copy()
    for move in moves:
        present = quality[move.group, move.model]
        others = quality[move.group] * move.partners
        squares = _sum_in_any_order(others * others)
        products = _sum_in_any_order(move.kappa * others)
        is_flat = squares == 0
        divisor = np.where(is_flat, 1.0, squares)
        best = products / divisor
        best = np.minimum(np.maximum(best, 0.0), CAP)
        goal = np.where(is_flat, present, best)
        half_way = (present + goal) / 2
        quality[move.group, move.model] = np.where(move.is_alone, goal, half_way)
    return quality


def _sum_in_any_order(terms: FloatArray) -> FloatArray:
    """Sums over the last axis, the same to the last bit in whatever order the terms stand."""
    terms = np.sort(terms, axis=-1)
    return np.asarray(terms.sum(axis=-1))

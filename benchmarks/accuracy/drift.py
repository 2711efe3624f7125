"""Drift on real votes: is a model that is swapped in new products found, and nothing else?

    python -m benchmarks.accuracy.drift DATA [RUNS]

In each run a twentieth of the items is new, and one model answers them as another one does. Then
runs in which nothing is swapped: new items drawn at random, or with another mix of categories: easy
and hard, yes and no items, and those of OA-Mine.

Last, weights between two fixed points: of a few models drawn from a prompt, how many values of the
old items change in such a night, with weights learned afresh and with `--compare`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from attrx.ensemble.arrays import MISSING, BoolArray, Codes, FloatArray, IntArray
from attrx.ensemble.drift import Nights, Shift, find_shifts
from attrx.ensemble.drift_signals import CellVotes
from attrx.ensemble.methods.fixed_points import choose_fixed_point
from attrx.ensemble.methods.iwmv import learn_iwmv
from attrx.ensemble.weights import Weights

from .oa_mine import read_oa_mine
from .vote_sets import BABE, FIVE, VoteSet, read_babe

RUNS = 20
QUIET_RUNS = 5
"""Runs without a change, for each run with one."""
NEW = 0.05
FEW_MODELS = (3, 4, 5, 6)
TURNED = 0.05
"""Share of the old values that have turned over if a night changes as many."""


@dataclass(frozen=True)
class Scene:
    """Votes, and the categories that new products are drawn from.

    Attributes:
        votes: The votes.
        cells: The same, as drift is looked for in them.
        weight: [n_models] what a vote counts.
    """

    votes: VoteSet
    cells: CellVotes
    weight: FloatArray

    @classmethod
    def of(cls, votes: VoteSet, products: IntArray, categories: IntArray) -> Scene:
        """All cells of all attributes."""
        tables = votes.tables
        sizes = [len(table.codes) for table in tables]
        answers: list[dict[int, str]] = []
        for table in tables:
            values = dict(enumerate(table.attribute.values, 1)) if table.attribute.closed else {}
            answers.append(values)
        cells = CellVotes(
            products=products,
            categories=categories,
            attributes=np.repeat(np.arange(len(tables)), sizes),
            names=tuple(table.attribute.name for table in tables),
            codes=np.concatenate([table.codes for table in tables]),
            absent_is_vote=np.array([table.attribute.absent == "label" for table in tables]),
            answers=tuple(answers),
        )
        weights = _learn(votes)
        return cls(votes, cells, weights.weight.mean(axis=0))

    def find_shifts(self, codes: Codes, is_new_product: BoolArray) -> tuple[Shift, ...]:
        """What is told of a night with these new products."""
        cells = replace(self.cells, codes=codes)
        nowhere = np.zeros(0, np.int64)
        nobody = replace(
            cells,
            products=nowhere,
            categories=nowhere,
            attributes=nowhere,
            codes=codes[:0],
        )
        nights = Nights(cells, is_new_product[self.cells.products], nobody, nowhere)
        return find_shifts(nights, self.votes.models, self.weight)

    def draw(self, luck: np.random.Generator, mix: FloatArray) -> BoolArray:
        """[n_products] which are new, products of each category as likely as `mix` says."""
        n_products = int(self.cells.products.max()) + 1
        category = np.zeros(n_products, np.int64)
        category[self.cells.products] = self.cells.categories
        chance = mix[category]
        n_new = round(NEW * n_products)
        chosen = luck.choice(n_products, n_new, replace=False, p=chance / chance.sum())
        is_new = np.zeros(n_products, np.bool_)
        is_new[chosen] = True
        return is_new


def read_scenes(data: Path) -> Iterator[Scene]:
    """BABE's prompts with all models and with five; categories by gold, and by difficulty."""
    for name in BABE:
        whole = read_babe(data, name)
        for votes in (whole, whole.choose(FIVE)):
            n_cells = len(votes.true)
            disagreeing = (votes.predictions != votes.true[:, None]).mean(axis=1)
            is_hard = disagreeing > np.median(disagreeing)
            categories = 2 * (votes.true - 1) + is_hard
            yield Scene.of(votes, np.arange(n_cells), categories.astype(np.int64))


def read_products(data: Path) -> Scene:
    """OA-Mine, whose products have categories and several attributes."""
    votes = read_oa_mine(data)
    names: list[str] = []
    for table in votes.tables:
        names += table.categories
    _, categories = np.unique(names, return_inverse=True)
    # Which cells are of one product is not known here: every cell stands for itself.
    return Scene.of(votes, np.arange(len(names)), categories.astype(np.int64))


def find_swaps(scene: Scene, runs: int, seed: int) -> None:
    """Swap models that have less than 60 % of their answers in common, and print what is told."""
    luck = np.random.default_rng(seed)
    codes = scene.cells.codes
    even = np.ones(int(scene.cells.categories.max()) + 1)
    found = 0
    alarms = 0
    others = 0
    n_runs = 0
    for _ in range(runs):
        model, other = _different_models(codes, luck)
        if model < 0:
            continue
        n_runs += 1
        is_new = scene.draw(luck, even)
        swapped_codes = codes.copy()
        rows = is_new[scene.cells.products]
        swapped_codes[rows, model] = codes[rows, other]
        shifts = scene.find_shifts(swapped_codes, is_new)
        named_models = {shift.model for shift in shifts}
        alarms += bool(shifts)
        found += scene.votes.models[model] in named_models
        others += bool(named_models - {scene.votes.models[model]})
    told = f"alarms {alarms} of {n_runs}, it is named in {found}, another in {others}"
    print(f"  swapped: {told}", flush=True)


def count_false_alarms(scene: Scene, runs: int, seed: int) -> None:
    """Swap nothing, and print how often something is told."""
    luck = np.random.default_rng(seed)
    n_categories = int(scene.cells.categories.max()) + 1
    alarms = {"at random": 0, "another mix of categories": 0}
    for _ in range(runs):
        even = np.ones(n_categories)
        uneven = luck.choice([0.1, 1.0, 4.0], n_categories)
        codes = scene.cells.codes
        alarms["at random"] += bool(scene.find_shifts(codes, scene.draw(luck, even)))
        is_new = scene.draw(luck, uneven)
        alarms["another mix of categories"] += bool(scene.find_shifts(codes, is_new))
    told = ", ".join(f"{name} {count}" for name, count in alarms.items())
    print(f"  nothing swapped, alarms in {runs} runs each: {told}", flush=True)


def count_turned_values(votes: VoteSet, runs: int, seed: int) -> None:
    """Add new items to those of a few models, and print how many old values change."""
    luck = np.random.default_rng(seed)
    changed_afresh: list[float] = []
    changed_compared: list[float] = []
    for _ in range(runs):
        n_models = min(luck.choice(FEW_MODELS), len(votes.models))
        names = luck.choice(votes.models, n_models, replace=False)
        few = votes.choose(names.tolist())
        is_old = luck.random(len(few.true)) >= NEW
        old = replace(few, tables=tuple(t.rows(is_old) for t in few.tables))
        last_night = _learn(old)
        afresh = _learn(few)
        start = last_night.weight
        compared = choose_fixed_point(few.groups, afresh, _learn(few, start), start)
        published = old.decide_by(last_night)
        changed_afresh.append(float((old.decide_by(afresh) != published).mean()))
        changed_compared.append(float((old.decide_by(compared) != published).mean()))
    print(f"{votes.name}, 3 to 6 models")
    for name, changed in (("afresh", changed_afresh), ("with --compare", changed_compared)):
        n_turned = sum(share > TURNED for share in changed)
        told = f"turned over in {n_turned} of {runs} nights, most changed {max(changed):.1%}"
        print(f"  values, weights learned {name}: {told}", flush=True)


def _learn(votes: VoteSet, start: FloatArray | None = None) -> Weights:
    return learn_iwmv(votes.groups, chance="observed", shrink=100.0, start=start)


def _different_models(codes: Codes, luck: np.random.Generator) -> tuple[int, int]:
    """Two models with less than 60 % of their answers in common; -1 where there are none."""
    n_models = codes.shape[1]
    pairs = []
    for model in range(n_models):
        for other in range(n_models):
            both = (codes[:, model] != MISSING) & (codes[:, other] != MISSING)
            if model != other and (codes[both, model] == codes[both, other]).mean() < 0.6:
                pairs.append((model, other))
    return pairs[luck.integers(len(pairs))] if pairs else (-1, -1)


def main(data: Path, runs: int) -> None:
    """Print all."""
    for scene in read_scenes(data):
        print(f"{scene.votes.name}, {len(scene.votes.models)} models")
        find_swaps(scene, runs, seed=1)
        count_false_alarms(scene, QUIET_RUNS * runs, seed=2)
    scene = read_products(data)
    print(f"{scene.votes.name}, {len(scene.votes.models)} models")
    count_false_alarms(scene, runs, seed=3)
    for name in BABE:
        count_turned_values(read_babe(data, name), QUIET_RUNS * runs, seed=4)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else RUNS)

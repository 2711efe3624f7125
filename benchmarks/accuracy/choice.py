"""What `--gold` publishes: the stack, or what stands without gold; on real votes and a shop.

    python -m benchmarks.accuracy.choice DATA [DRAWS] [PART OF A NAME]

Accuracy on the cells that were not drawn, in thousandths, against the best single model; in
brackets the worst draw, of `iwmv` and of what is published against the better of `iwmv` and
`majority`. `fitted` is how often the stack was published.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from attrx.configs.settings import Settings
from attrx.ensemble.arrays import BoolArray
from attrx.ensemble.catalog.signals import join_signals
from attrx.ensemble.decision_rule import decide
from attrx.ensemble.gold.gold_cells import GoldCells
from attrx.ensemble.learning import FEWEST_PRODUCTS
from attrx.ensemble.methods.auto import Auto
from attrx.ensemble.methods.iwmv import Iwmv
from attrx.ensemble.methods.majority import Majority
from attrx.ensemble.methods.method import Evidence, Method
from attrx.ensemble.methods.stack import Stack
from attrx.ensemble.weights import Weights

from .oa_mine import read_oa_mine
from .shop_with_formats import shop
from .vote_sets import BABE, FIVE, VoteSet, read_babe, single_right

SIZES = (50, 200, 600)
METHODS: tuple[Method, ...] = (Majority(), Iwmv(), Stack(), Auto())


@dataclass(frozen=True)
class Score:
    """One draw, by method, against the best single model."""

    gains: dict[str, float]
    choice: str

    @property
    def loss(self) -> float:
        """What is published against the better of the plain methods."""
        return self.gains["auto"] - max(self.gains["iwmv"], self.gains["majority"])


def main(data: Path, draws: int = 20, part_of_name: str = "") -> None:
    """Print the table of the sets with such a name."""
    header = "".join(f"{method.name:>10}" for method in METHODS)
    print(f"{'votes':24}{'gold':>5}{header}{'loss':>8}{'worst':>8}{'fitted':>8}")
    for name, votes in _sets(data).items():
        if part_of_name not in name:
            continue
        for n_cells in SIZES:
            scores = [_score(votes, n_cells, seed) for seed in range(draws)]
            gains = [np.mean([score.gains[method.name] for score in scores]) for method in METHODS]
            losses = [score.loss for score in scores]
            is_fitted = [score.choice == "stack" for score in scores]
            print(f"{name:24}{n_cells:5}", end="")
            print("".join(f"{1000 * gain:+10.1f}" for gain in gains), end="")
            print(f"{1000 * np.mean(losses):+8.1f}{1000 * min(losses):+8.1f}", end="")
            print(f"{np.mean(is_fitted):8.2f}", flush=True)


def _sets(data: Path) -> dict[str, VoteSet]:
    sets = {f"shop, {number} formats": shop(number, number) for number in (1, 2, 3)}
    for name in BABE:
        whole = read_babe(data, name)
        sets[name] = whole
        sets[f"{name}, 5 models"] = whole.choose(FIVE)
    oa_mine = read_oa_mine(data)
    sets["OA-Mine"] = oa_mine
    sets["OA-Mine, gold cells"] = oa_mine.labelled()
    return sets


def _score(votes: VoteSet, n_cells: int, seed: int) -> Score:
    n_all = len(votes.true)
    drawn = np.zeros(n_all, np.bool_)
    drawn[np.random.default_rng(seed).choice(n_all, n_cells, replace=False)] = True
    evidence = evidence_of(votes, drawn)
    rest = ~drawn
    best = single_right(votes)[rest].mean(axis=0).max()
    gains = {}
    choice = ""
    for method in METHODS:
        weights = method.learn(evidence)
        right = _right(votes, method, weights, evidence)
        gains[method.name] = float(right[rest].mean() - best)
        choice = weights.choice
    return Score(gains, choice)


def evidence_of(votes: VoteSet, drawn: BoolArray) -> Evidence:
    """What a method learns from, where some cells are labelled."""
    names = np.concatenate([[t.attribute.name] * len(t.gold) for t in votes.tables])
    categories = np.concatenate([t.category_array for t in votes.tables])
    numbers = np.concatenate([np.arange(len(t.gold)) for t in votes.tables])
    signals = None
    if all(table.signals is not None for table in votes.tables):
        parts = [table.signals for table in votes.tables if table.signals is not None]
        signals = join_signals(parts).rows(drawn)
    rows = np.flatnonzero(drawn)
    gold = GoldCells(
        cells=tuple((f"{categories[row]} {numbers[row]}", str(names[row])) for row in rows),
        pairs=tuple((str(categories[row]), str(names[row])) for row in rows),
        codes=np.concatenate([t.codes for t in votes.tables])[rows],
        accepted_codes=tuple((int(code),) for code in votes.true[rows]),
        weight=np.ones(len(rows)),
        signals=signals,
    )
    heard = [t.attribute.name for t in votes.tables if t.products >= FEWEST_PRODUCTS]
    return Evidence(votes.groups, _settings(votes), gold, frozenset(heard))


def _settings(votes: VoteSet) -> Settings:
    replay = {"provider": "replay", "options": {"file": "answers.jsonl"}}
    config = {
        "version": 1,
        "input": {"id": "id", "text": ["title"]},
        "attributes": [t.attribute.model_dump() for t in votes.tables],
        "models": [{"name": name, **replay} for name in votes.models],
    }
    return Settings.model_validate(config)


def _right(votes: VoteSet, method: Method, weights: Weights, evidence: Evidence) -> BoolArray:
    """[n_cells]: whether a method is right."""
    codes = []
    for row, table in enumerate(votes.tables):
        rule = method.rule(weights, row, table.attribute)
        is_heard = weights.from_gold or table.attribute.name in evidence.heard
        signals = table.signals if is_heard else None
        codes.append(decide(table.codes, rule, signals).code)
    return np.asarray(np.maximum(np.concatenate(codes), 0) == votes.true)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if sys.argv[2:] else 20, "".join(sys.argv[3:4]))

"""The verdict on real votes: does its interval hold, is it right, and do labels settle it?

    python -m benchmarks.accuracy.verdicts DATA [DRAWS] [PART OF A NAME]

For each set of votes and each kind of sample, so many draws of labelled cells. The truth is the
accuracy on all cells, of the values that this draw would publish and of the model that it names.
The catalog's word on open values is left out.

held      intervals that cover the true difference
better    verdicts "use the ensemble", and how many of them are wrong; worse: "use X alone" likewise
equal     "no difference worth .01", and how often the true one is .01 or more
label     "label about N more", and how many of these were settled by N more; N: their median
same      verdicts on the same rows in another order that are the same to the letter
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from attrx.configs.settings import Settings
from attrx.ensemble.arrays import BoolArray, FloatArray
from attrx.ensemble.decision_rule import decide
from attrx.ensemble.evaluation.gold_report import GoldReport, report_on_gold
from attrx.ensemble.evaluation.verdict import WORTH_KNOWING, ending
from attrx.ensemble.gold.gold_cells import GoldCells
from attrx.ensemble.learning import Combiner
from attrx.ensemble.methods import find_method
from attrx.ensemble.methods.method import Evidence

from .oa_mine import read_oa_mine
from .vote_sets import BABE, FIVE, VoteSet, read_babe, read_rows, single_right
from .with_gold import gold_sample

DRAWS = 100
METHOD = "auto"
SHUFFLED = 10
"""Draws whose verdict is asked for again, on the rows in another order."""

Sample = tuple[BoolArray, FloatArray]
"""[n_cells]: whether it is labelled, and its sampling weight."""


@dataclass(frozen=True)
class LabelledSet:
    """Votes on cells that are all labelled, and the products they belong to."""

    name: str
    votes: VoteSet
    products: tuple[str, ...]

    @property
    def attributes(self) -> tuple[str, ...]:
        """[n_cells] the attribute of each."""
        names: list[str] = []
        for table in self.votes.tables:
            names += [table.attribute.name] * len(table.gold)
        return tuple(names)

    @property
    def settings(self) -> Settings:
        """A config with these models and attributes."""
        models = [{"name": name, "provider": "mock"} for name in self.votes.models]
        attributes = [table.attribute for table in self.votes.tables]
        return Settings.model_validate(
            {
                "version": 1,
                "input": {"id": "id", "text": ["text"]},
                "attributes": attributes,
                "models": models,
                "ensemble": {"method": METHOD},
            }
        )

    def gold(self, sample: Sample, order: int | None = None) -> GoldCells:
        """The labelled cells, in another order where one is given."""
        is_labelled, weight = sample
        rows = np.flatnonzero(is_labelled)
        if order is not None:
            rows = np.random.default_rng(order).permutation(rows)
        attributes = self.attributes
        codes = np.concatenate([table.codes for table in self.votes.tables])
        return GoldCells(
            cells=tuple((self.products[row], attributes[row]) for row in rows),
            pairs=tuple(("", attributes[row]) for row in rows),
            codes=codes[rows],
            accepted_codes=tuple((int(self.votes.true[row]),) for row in rows),
            weight=weight[rows] / weight[rows].mean(),
        )

    def learn(self, gold: GoldCells) -> Combiner:
        """What `attrx ensemble --gold` would learn."""
        method = find_method(METHOD)
        evidence = Evidence(self.votes.groups, self.settings, gold)
        return Combiner(
            method=method,
            groups=evidence.groups,
            weights=method.learn(evidence),
            settings=evidence.settings,
            n_products=len(set(self.products)),
            gold=gold,
        )

    def true_difference(self, combiner: Combiner, model: str) -> float:
        """Accuracy on all cells: published values minus one model."""
        codes = []
        for table in self.votes.tables:
            rule = combiner.rule("", table.attribute)
            codes.append(decide(table.codes, rule, None).code)
        predicted = np.maximum(np.concatenate(codes), 0)
        alone = single_right(self.votes)[:, self.votes.models.index(model)]
        return float((predicted == self.votes.true).mean() - alone.mean())


@dataclass
class Tally:
    """What became of the draws of one set and kind of sample."""

    counts: Counter[str] = field(default_factory=Counter)
    more_cells: list[int] = field(default_factory=list)

    def add(self, report: GoldReport, truth: float) -> None:
        """One draw."""
        low, high = _bounds(report)
        end = ending(low, high)
        self.counts["draws"] += 1
        self.counts["held"] += low <= truth <= high
        self.counts[end] += 1
        is_wrong = {
            "better": truth <= 0,
            "worse": truth >= 0,
            "equal": abs(truth) >= WORTH_KNOWING,
            "open": False,
        }
        self.counts[f"{end} wrong"] += is_wrong[end]

    def print(self, name: str) -> None:
        """One line."""
        counts = self.counts
        parts = [f"{name:34}{counts['held'] / counts['draws']:6.2f}"]
        for end in ("better", "worse", "equal"):
            shown = f"{counts[end]} ({counts[f'{end} wrong']})"
            parts.append(f"{shown:>10}")
        settled = f"{counts['label']} ({counts['settled']})"
        n_more = int(np.median(self.more_cells)) if self.more_cells else 0
        same = f"{counts['same']}/{counts['shuffled']}"
        parts.append(f"{settled:>10}{n_more:>8,}{same:>8}")
        print("".join(parts), flush=True)


def random_cells(labelled: LabelledSet, n: int, seed: int) -> Sample:
    """N cells at random; the cells of a smaller n are among those of a larger."""
    n_cells = len(labelled.products)
    is_labelled = np.zeros(n_cells, np.bool_)
    is_labelled[np.random.default_rng(seed).permutation(n_cells)[:n]] = True
    return is_labelled, np.ones(n_cells)


def sampled_cells(labelled: LabelledSet, n: int, seed: int) -> Sample:
    """N cells as `attrx gold sample` draws them."""
    draw = gold_sample(n)(labelled.votes, labelled.votes.gold, seed)
    return draw.chosen, draw.weight


KINDS: tuple[tuple[str, int, Callable[[LabelledSet, int, int], Sample]], ...] = (
    ("200 random", 200, random_cells),
    ("200 by gold sample", 200, sampled_cells),
    ("500 random", 500, random_cells),
)


def read_sets(data: Path) -> Iterator[LabelledSet]:
    """BABE's prompts, with all models and with five, and OA-Mine, all cells and labelled ones."""
    for name in BABE:
        whole = read_babe(data, name)
        for votes in (whole, whole.choose(FIVE)):
            products = tuple(f"item {number}" for number in range(len(votes.true)))
            yield LabelledSet(f"{name}, {len(votes.models)}", votes, products)
    oa_mine = read_oa_mine(data)
    products = tuple(_oa_mine_products(data, oa_mine))
    yield LabelledSet("OA-Mine", oa_mine, products)
    has_gold = oa_mine.true > 0
    labelled_products = np.array(products, object)[has_gold].tolist()
    yield LabelledSet("OA-Mine, listed", oa_mine.labelled(), tuple(labelled_products))


def _oa_mine_products(data: Path, votes: VoteSet) -> Iterator[str]:
    """[n_cells] the product of each cell."""
    folder = data / "oa-mine"
    schema = json.loads((folder / "schema.json").read_text())
    products = sorted(read_rows(folder / "products.csv"), key=lambda row: row["product_id"])
    for table in votes.tables:
        for product in products:
            if table.attribute.name in schema[product["category"]]:
                yield product["product_id"]


def _bounds(report: GoldReport) -> tuple[float, float]:
    low = report.intervals[0].low
    high = report.intervals[0].high
    if low is None or high is None:
        raise ValueError("accuracy is always defined")
    return low, high


def run(
    labelled: LabelledSet,
    kind: Callable[[LabelledSet, int, int], Sample],
    n: int,
    n_draws: int,
) -> Tally:
    """All draws of one set and kind."""
    tally = Tally()
    for seed in range(n_draws):
        gold = labelled.gold(kind(labelled, n, seed))
        combiner = labelled.learn(gold)
        report = report_on_gold(combiner, gold)
        tally.add(report, labelled.true_difference(combiner, report.best))
        if seed < SHUFFLED:
            shuffled = labelled.gold(kind(labelled, n, seed), order=seed)
            again = report_on_gold(replace(combiner, gold=shuffled), shuffled)
            tally.counts["shuffled"] += 1
            tally.counts["same"] += again.to_json() == report.to_json()
        n_more = report.verdict.more_cells
        if n_more:
            tally.counts["label"] += 1
            tally.more_cells.append(n_more)
            larger_gold = labelled.gold(kind(labelled, n + n_more, seed))
            later = report_on_gold(labelled.learn(larger_gold), larger_gold)
            tally.counts["settled"] += ending(*_bounds(later)) != "open"
    return tally


def main(data: Path, n_draws: int, part_of_name: str) -> None:
    """Print the table of the sets with such a name."""
    heads = ("better", "worse", "equal", "label")
    columns = "".join(f"{head:>10}" for head in heads)
    print(f"{'':34}{'held':>6}{columns}{'N':>8}{'same':>8}")
    total = Tally()
    for labelled in read_sets(data):
        if part_of_name not in labelled.name:
            continue
        for name, n, kind in KINDS:
            tally = run(labelled, kind, n, n_draws)
            tally.print(f"{labelled.name}, {name}")
            total.counts += tally.counts
            total.more_cells += tally.more_cells
    total.print("all")


if __name__ == "__main__":
    n_draws = int(sys.argv[2]) if sys.argv[2:] else DRAWS
    main(Path(sys.argv[1]), n_draws, "".join(sys.argv[3:4]))

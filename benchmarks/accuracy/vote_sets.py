"""Recorded votes of real models with gold.

BABE has different models on one yes/no attribute, OA-Mine products with many attributes.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from attrx.configs.settings import Attribute
from attrx.ensemble.arrays import MISSING, BoolArray, Codes, FloatArray
from attrx.ensemble.catalog.signals import Signals, centre
from attrx.ensemble.decision_rule import Decisions, Rule, decide, first_backers
from attrx.ensemble.disagreement import Disagreement
from attrx.ensemble.gold.calibration import confidence_features
from attrx.ensemble.gold.gold_votes import GoldVotes, gold_votes, join
from attrx.ensemble.groups import Group, form_groups, tilted_code_of
from attrx.ensemble.learning import FEWEST_PRODUCTS
from attrx.ensemble.methods.conditional_logit import SIGNAL_MEAN
from attrx.ensemble.methods.stack import StackFit, stack_rule
from attrx.ensemble.patterns import count_patterns
from attrx.ensemble.rank_one import pooled_rank_one
from attrx.ensemble.weights import Weights

BABE = ("zero-shot", "zero-shot-cot", "4-shot")
FIVE = ("gpt_4", "gpt_3_5", "llama_7b", "llama_13b", "mixtral_8x7b")


@dataclass(frozen=True)
class Table:
    """Votes and gold of one attribute.

    Attributes:
        attribute: The attribute.
        codes: [n_cells, n_models].
        gold: [n_cells], 0 where it is n/a.
        signals: What the catalog says of the votes; None where there is no catalog.
        products: How many of its products have the attribute.
        categories: [n_cells] the category of each; empty where there is none.
    """

    attribute: Attribute
    codes: Codes
    gold: Codes
    signals: Signals | None = None
    products: int = 0
    categories: tuple[str, ...] = ()

    @property
    def category_array(self) -> npt.NDArray[np.object_]:
        """[n_cells]; "" where there is none."""
        return np.array(self.categories or [""] * len(self.codes), object)

    def rows(self, keep: BoolArray) -> Table:
        """Some of the cells."""
        signals = None if self.signals is None else self.signals.rows(keep)
        categories = tuple(np.array(self.categories, object)[keep]) if self.categories else ()
        return replace(
            self,
            codes=self.codes[keep],
            gold=self.gold[keep],
            signals=signals,
            categories=categories,
        )

    def gold_votes(self, number: int = 0) -> GoldVotes:
        """All cells as gold; the attribute is the table of that number."""
        votes = gold_votes(
            self.codes,
            self.gold[:, None].tolist(),
            absent=self.attribute.absent,
            tilted_code=_tilted_code(self),
            attribute=number,
        )
        if self.signals is None:
            return votes
        signals = centre(self.signals.of_votes(), self.codes > 0)
        return replace(votes, signals=signals)


@dataclass(frozen=True)
class VoteSet:
    """Votes of some models on cells that are all labelled."""

    name: str
    models: tuple[str, ...]
    tables: tuple[Table, ...]

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """One group per attribute."""
        counted = {
            ("", t.attribute.name): count_patterns(
                t.codes, closed=t.attribute.closed, absent=t.attribute.absent
            )
            for t in self.tables
        }
        return form_groups(counted, [t.attribute for t in self.tables], "attribute")

    @cached_property
    def gold(self) -> GoldVotes:
        """All cells as gold."""
        return join([table.gold_votes(number) for number, table in enumerate(self.tables)])

    def features(self, parts: Sequence[Decisions]) -> FloatArray:
        """[n_cells, 8] the signs by which confidence is found; parts: what was decided by table."""
        disagreement = Disagreement()
        for table in self.tables:
            disagreement.count(table.category_array, table.attribute, table.codes)
        features = []
        for table, decisions in zip(self.tables, parts, strict=True):
            pairs = [(name, table.attribute.name) for name in table.category_array.tolist()]
            group_logit = disagreement.logits(pairs, decisions.n_blocks > 1)
            signals = np.zeros((len(table.codes), 3))
            if table.signals is not None:
                signals = table.signals.of_model(first_backers(table.codes, decisions))
            features.append(confidence_features(decisions, signals, group_logit))
        return np.concatenate(features)

    @property
    def true(self) -> Codes:
        """[n_cells] gold of all attributes in turn."""
        gold: Codes = np.concatenate([t.gold for t in self.tables])
        return gold

    @property
    def predictions(self) -> Codes:
        """[n_cells, n_models]; as in `attrx evaluate`, a missing vote counts as n/a."""
        predictions: Codes = np.maximum(np.concatenate([t.codes for t in self.tables]), 0)
        return predictions

    @cached_property
    def start(self) -> FloatArray:
        """[n_models] rank-one weights of all groups pooled."""
        return pooled_rank_one(self.groups)

    def decide_by(self, weights: Weights, *, hears_catalog: bool = False) -> Codes:
        """[n_cells] values by learned weights, and by the catalog where it is large enough."""
        codes = []
        for row, t in enumerate(self.tables):
            rule = Rule(weights.weight[row], weights.agreement[row], t.attribute.absent)
            if hears_catalog and t.products >= FEWEST_PRODUCTS:
                rule = replace(rule, signal_weight=SIGNAL_MEAN)
            codes.append(decide(t.codes, rule, t.signals).code)
        return np.concatenate(codes)

    def decide_by_stack(self, stack: StackFit) -> list[Decisions]:
        """What a fitted stack decides, table by table."""
        return [
            decide(
                t.codes,
                stack_rule(stack, self.start, t.attribute.absent, _tilted_code(t)),
                t.signals,
            )
            for t in self.tables
        ]

    def choose(self, models: Sequence[str]) -> VoteSet:
        """Only some of the models, where present."""
        kept = [i for i, name in enumerate(self.models) if name in models]
        tables = tuple(replace(t, codes=t.codes[:, kept], signals=None) for t in self.tables)
        return VoteSet(self.name, tuple(self.models[i] for i in kept), tables)

    def labelled(self) -> VoteSet:
        """Only the cells whose gold is a value."""
        tables = tuple(t.rows(t.gold > 0) for t in self.tables)
        return VoteSet(self.name, self.models, tables)


def read_babe(data: Path, setting: str) -> VoteSet:
    """One prompt setting of BABE; no row = missing."""
    gold = {row["product_id"]: row["value"] for row in read_rows(data / "babe" / "gold.csv")}
    votes = list(read_rows(data / "babe" / f"{setting}_values.csv"))
    attribute = Attribute(name="biased", values={"yes": (), "no": ()}, absent="missing")
    code = {"yes": 1, "no": 2}
    models = tuple(dict.fromkeys(row["model"] for row in votes))
    place = {product: at for at, product in enumerate(gold)}
    codes = np.full((len(gold), len(models)), MISSING, np.int32)
    for row in votes:
        codes[place[row["product_id"]], models.index(row["model"])] = code[row["value"]]
    return VoteSet(
        setting,
        models,
        (Table(attribute, codes, np.array([code[v] for v in gold.values()], np.int32)),),
    )


def with_lazy_models(oa_mine: VoteSet, seed: int) -> VoteSet:
    """Two good models beside three that say n/a to 90 % of cells and else copy one of them."""
    good = oa_mine.choose(("gpt-4-0613-small-schema", "gpt-4-0613-large-schema"))
    copied = good.models.index("gpt-4-0613-large-schema")
    rng = np.random.default_rng(seed)
    tables = []
    for table in good.tables:
        lazy = np.where(
            rng.random((len(table.codes), 3)) < 0.9, 0, table.codes[:, copied : copied + 1]
        )
        codes = np.hstack([table.codes, lazy]).astype(np.int32)
        tables.append(replace(table, codes=codes, signals=None))
    return VoteSet("OA-Mine, lazy", (*good.models, "lazy-1", "lazy-2", "lazy-3"), tuple(tables))


def accuracy(predicted: Codes, true: Codes) -> float:
    """Share of cells that are right; no answer counts as n/a."""
    return float((np.maximum(predicted, 0) == true).mean())


def f1(predicted: Codes, true: Codes) -> float:
    """Micro F1 as in `attrx evaluate`: 2 VC / (predicted values + gold values)."""
    correct = int(((predicted == true) & (true > 0)).sum())
    return 2 * correct / int((predicted > 0).sum() + (true > 0).sum())


def single_right(votes: VoteSet) -> BoolArray:
    """[n_cells, n_models]: whether a model alone would be right."""
    return np.asarray(votes.predictions == votes.true[:, None])


def _tilted_code(table: Table) -> int | None:
    return tilted_code_of(table.attribute, table.attribute.absent)


def read_rows(path: Path) -> Iterator[dict[str, str]]:
    """The rows of a CSV file."""
    with path.open(newline="", encoding="utf-8") as file:
        yield from csv.DictReader(file)

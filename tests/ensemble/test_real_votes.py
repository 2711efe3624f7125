"""Weights learned without gold from recorded votes (BABE) are as good as measured."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from realdata import data_dir
from vote_tables import Votes, attribute

from attrx.ensemble.arrays import Codes
from attrx.ensemble.decision_rule import Rule, decide
from attrx.ensemble.methods.iwmv import learn_iwmv

FIVE = ("gpt_4", "gpt_3_5", "llama_7b", "llama_13b", "mixtral_8x7b")
CODE = {"yes": 1, "no": 2}


def read(folder: Path, setting: str, models: tuple[str, ...]) -> tuple[Codes, Codes]:
    """Codes [n_cells, n_models] and gold [n_cells]; a model that did not answer is missing."""

    def rows(name: str) -> list[dict[str, str]]:
        with (folder / "babe" / name).open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    gold = {row["product_id"]: CODE[row["value"]] for row in rows("gold.csv")}
    votes = [row for row in rows(f"{setting}_values.csv") if not models or row["model"] in models]
    names = list(dict.fromkeys(row["model"] for row in votes))
    place = {product: at for at, product in enumerate(gold)}
    codes = np.full((len(gold), len(names)), -1, np.int32)
    for row in votes:
        codes[place[row["product_id"]], names.index(row["model"])] = CODE[row["value"]]
    return codes, np.array(list(gold.values()), np.int32)


@pytest.mark.parametrize(
    ("setting", "models", "least"),
    [
        ("zero-shot", (), -0.036),
        ("zero-shot-cot", (), 0.810 - 0.7805),
        ("4-shot", (), -0.028),
        ("zero-shot", FIVE, -0.054),
        ("zero-shot-cot", FIVE, 0.009),
        ("4-shot", FIVE, -0.034),
    ],
)
def test_accuracy_against_the_best_model_is_as_measured(
    setting: str, models: tuple[str, ...], least: float
) -> None:
    codes, gold = read(data_dir(), setting, models)
    groups = Votes((attribute("biased", 2, "missing"),), (codes,)).groups()
    reached = {}
    for chance in ("observed", "uniform"):
        weights = learn_iwmv(groups, chance=chance, shrink=100)
        decided = decide(codes, Rule(weights.weight[0], weights.agreement[0], "missing")).code
        reached[chance] = (decided == gold).mean()
    assert reached["observed"] - (codes == gold[:, None]).mean(axis=0).max() >= least
    assert reached["observed"] >= reached["uniform"] - 0.001

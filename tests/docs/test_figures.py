"""The figures on real answers that the front page shows are those that attrx comes to."""

from __future__ import annotations

from pathlib import Path

from documents import ROOT, table_under
from oa_mine import write_config
from realdata import data_dir

from attrx.extraction.asking.observer import Silent
from attrx.runs.configuration import load_config
from attrx.runs.ensemble import EnsembleOptions, ensemble
from attrx.runs.evaluate import evaluate
from attrx.runs.extract import ExtractOptions, extract

README = ROOT / "README.md"


def test_the_table_of_oa_mine_is_what_evaluate_says(tmp_path: Path) -> None:
    data = data_dir() / "oa-mine"
    settings = load_config(write_config(tmp_path, data.parent))
    extract(settings, ExtractOptions(data / "products.csv"), Silent())
    ensemble(settings, EnsembleOptions(data / "products.csv"), Silent())
    result = evaluate(settings, data / "gold.csv", Silent())
    micro = {row.who: row.measures for row in result.rows if row.level == "micro"}
    rows = {who: (f"{m.accuracy or 0:.3f}", f"{m.f1 or 0:.3f}") for who, m in micro.items()}
    assert {who: tuple(figures) for who, *figures in table_under(README, "who")} == rows
    accuracy = result.comparisons[0].interval
    points = [-100 * (value or 0) for value in (accuracy.difference, accuracy.high, accuracy.low)]
    said = "in {:.1f} points more cells than the ensemble (95 % interval {:.1f} to {:.1f})".format(
        *points
    )
    assert said in " ".join(README.read_text().split())

"""More cells to label, beside those that are labelled already."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from polls import Poll, answers, truth

from attrx.configs.errors import InputError
from attrx.extraction.cache.gold_draws import read_draws
from attrx.runs.gold import check_gold, sample_gold
from attrx.runs.gold_continuation import continue_sample

MODELS = {"good": 0.95, "fair": 0.8, "poor": 0.6, "bad": 0.5}


@pytest.fixture
def poll(tmp_path: Path) -> Poll:
    poll = Poll(tmp_path, list(MODELS))
    poll.cast(answers(truth(400), MODELS))
    return poll


def fill_in(sheet: Path, to: Path) -> Path:
    table = pd.read_csv(sheet, dtype=str, keep_default_na=False)
    table["value"] = [truth(400)[product] for product in table["product_id"]]
    table.to_csv(to, index=False)
    return to


def test_a_sample_is_continued_where_values_are_in_doubt(poll: Poll, tmp_path: Path) -> None:
    settings = poll.shop.settings
    sample_gold(settings, tmp_path / "one.csv", n=60)
    labelled = fill_in(tmp_path / "one.csv", tmp_path / "labelled.csv")
    sample = continue_sample(settings, labelled, tmp_path / "two.csv", n=40)
    assert sample.labelled_cells == 60
    assert sum(sample.cells_of_stratum.values()) == 40
    sheet = pd.read_csv(tmp_path / "two.csv", dtype=str, keep_default_na=False)
    is_new = sheet["stratum"] == "gender:doubtful"
    assert (is_new.sum(), (sheet["stratum"] == "gender:labelled").sum()) == (40, 60)
    assert set(sheet.loc[is_new, "value"]) == {""}
    old = sheet[~is_new]
    assert old["value"].tolist() == [truth(400)[product] for product in old["product_id"]]
    assert not set(sheet.loc[is_new, "product_id"]) & set(old["product_id"])
    # Values in doubt are drawn more often than others.
    poll.combine(gold=labelled)
    confidence = poll.values()["confidence"]
    drawn = confidence[sheet.loc[is_new, "product_id"]].mean()
    assert drawn < confidence.mean() - 0.05
    # The sheet comes back with the weights of the draw, whatever a spreadsheet made of them.
    filled = fill_in(tmp_path / "two.csv", tmp_path / "filled.csv")
    found = check_gold(settings, filled)
    assert (found.cells, found.problems, found.remarks) == (100, (), ())
    weights = sheet["weight"].astype(float)
    assert weights.mean() == pytest.approx(1, abs=1e-3)
    result = poll.combine(gold=filled)
    assert result.gold is not None
    assert result.gold.cells == 100


def test_the_same_labels_and_seed_give_the_same_sheet(poll: Poll, tmp_path: Path) -> None:
    settings = poll.shop.settings
    gold = poll.gold(dict(list(truth(400).items())[:80]))
    continue_sample(settings, gold, tmp_path / "one.csv", n=30)
    n_draws = len(read_draws(settings.paths.cache))
    continue_sample(settings, gold, tmp_path / "two.csv", n=30)
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "two.csv").read_bytes()
    assert len(read_draws(settings.paths.cache)) == n_draws
    continue_sample(settings, gold, tmp_path / "three.csv", n=30, seed=1)
    assert (tmp_path / "three.csv").read_bytes() != (tmp_path / "one.csv").read_bytes()


def test_no_label_is_lost(poll: Poll, tmp_path: Path) -> None:
    settings = poll.shop.settings
    rows = "product_id,attribute,value\np0001,gender,male\np0001,gender,unisex\n"
    rows += "p0002,gender,n/a\ngone,gender,female\n"
    gold = tmp_path / "gold.csv"
    gold.write_text(rows)
    continue_sample(settings, gold, tmp_path / "more.csv", n=5)
    sheet = pd.read_csv(tmp_path / "more.csv", dtype=str, keep_default_na=False)
    old = sheet[sheet["stratum"] == "gender:labelled"]
    assert sorted(zip(old["product_id"], old["value"], strict=True)) == [
        ("gone", "female"),
        ("p0001", "male"),
        ("p0001", "unisex"),
        ("p0002", "n/a"),
    ]
    assert gold.read_text() == rows


def test_weights_that_a_spreadsheet_broke_are_not_used(poll: Poll, tmp_path: Path) -> None:
    settings = poll.shop.settings
    gold = poll.gold(dict(list(truth(400).items())[:80]))
    continue_sample(settings, gold, tmp_path / "more.csv", n=30)
    sheet = pd.read_csv(tmp_path / "more.csv", dtype=str, keep_default_na=False)
    sheet["value"] = "male"
    for number, path in enumerate(sorted((settings.paths.cache / "gold").glob("*.parquet"))):
        path.rename(tmp_path / f"{number}.gone")
    sheet.to_csv(tmp_path / "sound.csv", index=False)
    problems = check_gold(settings, tmp_path / "sound.csv").problems
    assert "taken from the sheet" in problems[-1].text
    place = sheet.index[sheet["stratum"] == "gender:doubtful"][0]
    sheet.loc[place, "weight"] = str(float(sheet.loc[place, "weight"]) * 100_000)
    sheet.to_csv(tmp_path / "broken.csv", index=False)
    problems = check_gold(settings, tmp_path / "broken.csv").problems
    assert "each such cell counts 1" in problems[-1].text


def test_there_has_to_be_something_to_draw_and_nothing_in_the_way(
    poll: Poll, tmp_path: Path
) -> None:
    settings = poll.shop.settings
    everything = poll.gold(truth(400))
    with pytest.raises(InputError, match="labelled already"):
        continue_sample(settings, everything, tmp_path / "more.csv", n=5)
    (tmp_path / "mine.csv").write_text("hours of work")
    with pytest.raises(InputError, match="may hold labels"):
        continue_sample(settings, everything, tmp_path / "mine.csv", n=5)

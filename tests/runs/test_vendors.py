"""The recordings through each vendor's SDK and over HTTP: the same votes as through `replay`."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from oa_mine import recorded_models, write_config
from realdata import data_dir

from attrx.extraction.asking.observer import Silent
from attrx.runs.configuration import load_config
from attrx.runs.ensemble import EnsembleOptions, ensemble
from attrx.runs.extract import ExtractOptions, extract
from attrx.testing import AnswerTable, VendorServer

KEYS = {
    "openai": "OPENAI_API_KEY",
    "anthropic": "ANTHROPIC_API_KEY",
    "google": "GEMINI_API_KEY",
    "huggingface": "HF_TOKEN",
}


def votes(config: Path, products: Path) -> pa.Table:
    settings = load_config(config)
    result = extract(settings, ExtractOptions(products), Silent())
    assert [tally.failures for tally in result.models] == [0] * len(settings.models)
    ensemble(settings, EnsembleOptions(products), Silent())
    return pq.read_table(settings.paths.output / "votes.parquet")


@pytest.fixture(scope="module")
def replayed(tmp_path_factory: pytest.TempPathFactory) -> pa.Table:
    data = data_dir()
    return votes(
        write_config(tmp_path_factory.mktemp("replay"), data), data / "oa-mine" / "products.csv"
    )


def recordings(data: Path) -> Iterator[dict[str, str]]:
    with (data / "oa-mine" / "products.csv").open(encoding="utf-8") as file:
        titles = {row["product_id"]: row["title"] for row in csv.DictReader(file)}
    for line in (data / "oa-mine" / "raw_answers.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        yield {"text": titles[row["product_id"]], "model": row["model"], "raw": row["raw"]}


@pytest.mark.parametrize(
    ("vendor", "first"),  # two models for each vendor, which makes all of the recordings in all
    [("openai", 0), ("anthropic", 1), ("google", 2), ("huggingface", 3)],
)
def test_a_vendor_over_http_gives_the_votes_of_the_recordings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, replayed: pa.Table, vendor: str, first: int
) -> None:
    monkeypatch.setenv(KEYS[vendor], "key-for-the-loopback-server")
    data = data_dir()
    with VendorServer(AnswerTable(recordings(data))) as server:
        models = [
            {"name": name, "provider": vendor, "model": name, "base_url": server.base_url(vendor)}
            for name in recorded_models(data)[first : first + 2]
        ]
        config = write_config(tmp_path, data, models)
        spoken = votes(config, data / "oa-mine" / "products.csv")
        assert {call.vendor for call in server.calls} == {vendor}
    assert spoken.num_columns == 2 + 2 * len(models)
    assert spoken.equals(replayed.select(spoken.column_names))

"""A batch API whose files of results are not as they should be."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from forked_runs import ForkedRuns
from hostile_shop import (
    MODELS,
    PRODUCTS,
    answer,
    attrx,
    cached,
    config,
    requests,
    write_shop,
)
from odd_batch_files import FILES, OddBatchFile, services

from attrx.extraction.cache.answers_cache import AnswersCache
from attrx.testing import VendorServer

COMMAND = "extract products.csv --quiet --batch"
ALL = {(model, product) for model in MODELS for product in PRODUCTS}


@pytest.mark.parametrize("vendor", ["openai", "anthropic"])
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_an_odd_file_costs_its_odd_lines_alone(
    file: OddBatchFile, vendor: str, runs: ForkedRuns, tmp_path: Path
) -> None:
    with VendorServer(answer, batch_services=services(file.change)) as server:
        write_shop(tmp_path, config(server, vendor))
        codes = []
        for _ in range(8):
            ended = attrx(runs, tmp_path, COMMAND)
            assert not ended.broke, ended.printed
            codes.append(ended.code)
            if ended.code == 0 and cached(tmp_path) == ALL:
                break
        assert codes[-1] == 0, ended.printed
        asked = requests(server)
    assert cached(tmp_path) == ALL
    again = [pair for pair, count in asked.items() if count > 1]
    assert len(again) <= 2 * file.lost  # a file of each model
    for row in AnswersCache(tmp_path / ".attrx").answers(0).to_pylist():
        if row["raw"]:
            assert json.loads(row["raw"])["color"] == f"shade {row['product_id'][1:]}"

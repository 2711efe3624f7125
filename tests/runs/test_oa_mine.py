"""The whole path on recorded answers of real models, down to the figures published for them."""

from __future__ import annotations

import pytest
from oa_mine import write_config
from realdata import data_dir

from attrx.extraction.asking.observer import Silent
from attrx.runs.configuration import load_config
from attrx.runs.ensemble import EnsembleOptions, ensemble
from attrx.runs.evaluate import ENSEMBLE, MAJORITY, EvaluationResult, evaluate
from attrx.runs.extract import ExtractOptions, extract

# Micro precision, recall, F1 in percent, exact match: ExtractGPT (Brinkmann et al. 2023).
PUBLISHED = {
    "gpt-3.5-turbo-0613-list": (78.86, 69.73, 74.01),
    "gpt-4-0613-small-schema": (82.55, 77.97, 80.19),
    "gpt-4-0613-small-shuffled": (83.99, 80.05, 81.97),
    "gpt-4-0613-large-schema": (83.98, 80.42, 82.16),
    "gpt-4-0613-large-shuffled": (85.26, 81.68, 83.43),
}

pytestmark = pytest.mark.xdist_group("oa-mine")


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory: pytest.TempPathFactory) -> EvaluationResult:
    data, folder = data_dir(), tmp_path_factory.mktemp("oa-mine")
    settings = load_config(write_config(folder, data))
    products = data / "oa-mine" / "products.csv"
    first = extract(settings, ExtractOptions(products), Silent())
    assert sum(tally.answers for tally in first.models) == 2455
    ensemble(settings, EnsembleOptions(products), Silent())
    before = {path.name: path.read_bytes() for path in settings.paths.output.iterdir()}
    again = extract(settings, ExtractOptions(products), Silent())
    ensemble(settings, EnsembleOptions(products), Silent())
    assert sum(tally.attempts for tally in again.models) == 0
    assert {path.name: path.read_bytes() for path in settings.paths.output.iterdir()} == before
    return evaluate(settings, data / "oa-mine" / "gold.csv", Silent(), match="exact")


def micro(result: EvaluationResult, who: str) -> tuple[float, ...]:
    [row] = [row for row in result.rows if row.who == who and row.level == "micro"]
    measures = row.measures
    return tuple(
        round(100 * (value or 0.0), 2)
        for value in (measures.precision, measures.recall, measures.f1)
    )


@pytest.mark.parametrize("model", PUBLISHED)
def test_the_published_figures_are_reproduced(evaluated: EvaluationResult, model: str) -> None:
    assert micro(evaluated, model) == pytest.approx(PUBLISHED[model], abs=0.01)


def test_majority_and_the_ensemble_stand_beside_them_on_the_same_cells(
    evaluated: EvaluationResult,
) -> None:
    cells = {row.who: row.measures.cells for row in evaluated.rows if row.level == "micro"}
    assert set(cells) == {*PUBLISHED, MAJORITY, ENSEMBLE}
    assert set(cells.values()) == {2451}
    assert min(micro(evaluated, MAJORITY)[2], micro(evaluated, ENSEMBLE)[2]) > 80

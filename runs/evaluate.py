"""`attrx evaluate`: every model, majority vote and the ensemble against gold, on the same cells."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ..configs.errors import InputError
from ..configs.notices import Notice
from ..configs.settings import ABSENT_LABEL, Settings
from ..ensemble.arrays import ABSENT, MISSING
from ..ensemble.deciding import DecidedAttribute, decide_attribute
from ..ensemble.decision_rule import STATUS_NO_ANSWER
from ..ensemble.evaluation.measures import (
    EvaluationRow,
    GoldOutcomes,
    Interval,
    best_model,
    measure_everyone,
    outcome_of,
    paired_difference,
)
from ..ensemble.gold.labels import Cell, Gold
from ..ensemble.groups import Pair
from ..ensemble.learning import learn
from ..ensemble.methods import find_method
from ..ensemble.votes import BucketVotes, categories_of
from ..extraction.asking.observer import Observer
from ..extraction.cache.answers_cache import AnswersCache
from ..extraction.cache.atomic_write import replacing
from ..extraction.inputs.gold import read_labels
from ..extraction.inputs.spreadsheet import spreadsheet_safe
from ..extraction.planning.questionnaire import Questionnaire
from ..extraction.votes.current_votes import VoteSource
from ..outputs.files import make_folder
from ..outputs.read_back import read_run
from ..prompts.reading.vocabulary import Vocabulary
from .configuration import with_ensemble

Match = Literal["exact", "normalized"]
PLAIN_ABSENT = frozenset({None, "", ABSENT_LABEL, "null"})
"""What counts as n/a in the figures that ExtractGPT published, which `--match exact` reproduces; null is JSON's."""
MAJORITY, ENSEMBLE = "majority", "ensemble"
VALUES = "values.parquet"


@dataclass(frozen=True)
class EvaluationResult:
    """How everyone did.

    Attributes:
        rows: The rows of `evaluation.csv`.
        best: The model with the highest F1.
        intervals: Ensemble minus that model: accuracy and F1.
        cells: Gold cells that were scored.
        products: Products they belong to.
        warnings: What may be wrong.
        file: The file written.
    """

    rows: tuple[EvaluationRow, ...]
    best: str
    intervals: tuple[Interval, ...]
    cells: int
    products: int
    warnings: tuple[Notice, ...]
    file: Path


def evaluate(
    settings: Settings, gold_file: Path, observer: Observer, *, match: Match = "normalized"
) -> EvaluationResult:
    """Score the current votes of every model and the values of the last `ensemble` call.

    Args:
        settings: The configuration.
        gold_file: The gold file.
        observer: Hears of what may be wrong.
        match: `exact` compares spellings, trimmed; `normalized` compares as votes are compared.
            Numbers are compared as numbers by both: of those, values.parquet holds no spelling.

    Raises:
        InputError: The gold file cannot be used, nothing of it can be scored, or there are no
            values yet.
        CacheError: The cache is broken.
    """
    gold = read_labels(gold_file, settings)
    values = _read_values(settings, gold)
    source = VoteSource(AnswersCache(settings.paths.cache), Questionnaire.from_settings(settings))
    majority = learn(source.buckets(), with_ensemble(settings, method=MAJORITY))
    sheet = _Sheet(settings, gold, match, values)
    for bucket in source.buckets():
        for index in range(len(settings.attributes)):
            sheet.add(bucket, decide_attribute(bucket, majority, index))
    if not sheet.pairs:
        raise InputError(
            f"{gold_file}: none of its cells can be scored",
            hint=f"Run `attrx ensemble` on their products first: {settings.paths.output / VALUES} does not hold them."
            if sheet.undecided
            else "Are its product ids those of the input?",
        )
    scored = sheet.scored()
    models = [model.name for model in settings.models]
    best = best_model(scored, models, "f1")
    warnings = (
        *gold.unscored_notices(len(sheet.cells) + sheet.undecided),
        *_on_values(settings, sheet.undecided),
    )
    for warning in warnings:
        observer.warning(warning)
    make_folder(settings.paths.output)
    path = settings.paths.output / "evaluation.csv"
    rows = tuple(measure_everyone(scored))
    _write(path, rows)
    intervals = tuple(
        paired_difference(scored, ENSEMBLE, best, name) for name in ("accuracy", "f1")
    )
    products = int(scored.products.max()) + 1
    return EvaluationResult(rows, best, intervals, len(sheet.pairs), products, warnings, path)


Predicted = tuple[str | None, bool]
"""The predicted value (None = n/a), and whether it is n/a only because there was no usable answer."""


@dataclass
class _Sheet:
    """The gold cells as they are found in the buckets, with what everyone predicted for them.

    Only cells on which `values` has a row are taken, for everyone: an ensemble that was not asked
    has not failed.
    """

    settings: Settings
    gold: Gold
    match: Match
    values: dict[Cell, Predicted]
    products: dict[str, int] = field(default_factory=dict)
    pairs: list[Pair] = field(default_factory=list)
    cells: list[Cell] = field(default_factory=list)
    outcomes: dict[str, list[int]] = field(default_factory=dict)
    missing: dict[str, list[bool]] = field(default_factory=dict)
    undecided: int = 0

    def add(self, bucket: BucketVotes, majority: DecidedAttribute) -> None:
        """Score the gold cells of one attribute in one bucket."""
        votes, attribute = majority.votes, majority.votes.attribute
        labelled = {
            product for product, name in self.gold.accepted_values if name == attribute.name
        }
        ids = bucket.products.column("product_id").combine_chunks().take(pa.array(votes.rows))
        places = np.flatnonzero(
            pc.is_in(ids, value_set=pa.array(sorted(labelled), pa.string())).to_numpy(False)
        )
        categories = categories_of(bucket, votes.rows[places])
        reader = _Reader(
            Vocabulary(attribute), "normalized" if attribute.type == "number" else self.match
        )
        names = [model.name for model in self.settings.models]
        for place, category in zip(places.tolist(), categories.tolist(), strict=True):
            cell = (ids[place].as_py(), attribute.name)
            if cell not in self.values:
                self.undecided += 1
                continue
            accepted = [reader.form(value) for value in self.gold.accepted_values[cell]]
            self.products.setdefault(cell[0], len(self.products))
            self.pairs.append((category, attribute.name))
            self.cells.append(cell)
            for index, name in enumerate(names):
                code, spelling = votes.codes[place, index], votes.spelling[place, index]
                said = (
                    None
                    if code == MISSING or spelling < 0
                    else bucket.spellings[int(spelling)].as_py()
                )
                self._score(
                    name,
                    accepted,
                    (reader.vote(said, absent=code == ABSENT), bool(code == MISSING)),
                )
            unanswered = bool(majority.decisions.status[place] == STATUS_NO_ANSWER)
            self._score(
                MAJORITY, accepted, (reader.form(majority.value[place].as_py()), unanswered)
            )
            value, unanswered = self.values[cell]
            self._score(ENSEMBLE, accepted, (reader.form(value), unanswered))

    def _score(self, who: str, accepted: list[str | None], predicted: Predicted) -> None:
        self.outcomes.setdefault(who, []).append(outcome_of(accepted, predicted[0]))
        self.missing.setdefault(who, []).append(predicted[1])

    def scored(self) -> GoldOutcomes:
        """All cells, ready to be measured."""
        names = tuple(sorted(set(self.pairs)))
        place = {pair: index for index, pair in enumerate(names)}
        return GoldOutcomes(
            products=np.array([self.products[product] for product, _ in self.cells], np.intp),
            pairs=np.array([place[pair] for pair in self.pairs], np.intp),
            names=names,
            weight=np.array([self.gold.weight[cell] for cell in self.cells]),
            outcomes={who: np.array(codes, np.int8) for who, codes in self.outcomes.items()},
            missing={who: np.array(flags, bool) for who, flags in self.missing.items()},
        )


@dataclass(frozen=True)
class _Reader:
    """Brings gold and predictions into the form in which they are compared."""

    vocabulary: Vocabulary
    match: Match

    def vote(self, spelling: str | None, *, absent: bool) -> str | None:
        """A model's vote; compared exactly, only n/a as it is asked for is n/a, and `N/A` is a wrong value."""
        return (
            None
            if absent and (self.match == "normalized" or spelling in PLAIN_ABSENT)
            else self.form(spelling)
        )

    def form(self, value: str | None) -> str | None:
        """Trimmed, or as votes are compared; what is off the list stays as it is and equals no vote."""
        if value is None or self.match == "exact":
            return value and value.strip()
        return self.vocabulary.read(value).value or value.strip()


def _read_values(settings: Settings, gold: Gold) -> dict[Cell, Predicted]:
    """What the last `ensemble` call decided on the gold cells."""
    path = settings.paths.output / VALUES
    try:
        table = pq.read_table(path, columns=["product_id", "attribute", "value", "status"])
    except FileNotFoundError as error:
        raise InputError(f"{path}: no values yet", hint="Run `attrx ensemble` first.") from error
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"{path}: cannot be read: {error}") from error
    labelled = pa.array(sorted({product for product, _ in gold.accepted_values}), pa.string())
    table = table.filter(pc.is_in(table.column("product_id"), value_set=labelled))
    return {
        (row["product_id"], row["attribute"]): (row["value"], row["status"] == "no_answer")
        for row in table.to_pylist()
    }


def _on_values(settings: Settings, undecided: int) -> Iterator[Notice]:
    """What to know of the values that were scored, in words."""
    if undecided:
        text = (
            f"gold: {undecided} cells were not scored: the last `attrx ensemble` did not decide them, so that they are "
            f"not in {settings.paths.output / VALUES}"
        )
        yield Notice("gold_undecided", text)
    run = settings.paths.output / "run.json"
    method = find_method(read_run(run)["method"]) if run.exists() else None
    if method is not None and method.needs_gold:
        text = (
            f"these values were learned from gold (method {method.name}): on the cells that they were learned from, the "
            "figures of the ensemble flatter it; the honest ones are the cross-validated ones that "
            "`attrx ensemble --gold` prints"
        )
        yield Notice("gold_learned_from", text)


def _write(path: Path, rows: tuple[EvaluationRow, ...]) -> None:
    table = pd.DataFrame(
        [
            {
                "who": row.who,
                "level": row.level,
                "category": row.category,
                "attribute": row.attribute,
            }
            | asdict(row.measures)
            for row in rows
        ]
    )
    for name in ("who", "category", "attribute"):
        table[name] = table[name].map(spreadsheet_safe)
    with replacing(path) as temporary:
        table.to_csv(temporary, index=False, lineterminator="\n")

"""`attrx evaluate`: every model, majority vote and the ensemble against gold, on the same cells."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ..configs.errors import InputError
from ..configs.notices import Notice
from ..configs.settings import ABSENT_LABEL, Attribute, Settings
from ..ensemble.arrays import ABSENT, MISSING
from ..ensemble.deciding import DecidedAttribute, decide_attribute
from ..ensemble.decision_rule import STATUSES
from ..ensemble.evaluation.differences import Comparison, compare_with_best
from ..ensemble.evaluation.measures import (
    EvaluationRow,
    GoldOutcomes,
    measure_everyone,
    outcome_of,
)
from ..ensemble.gold.labels import Cell, Gold
from ..ensemble.gold.sampling import product_folds
from ..ensemble.groups import Pair
from ..ensemble.learning import learn
from ..ensemble.methods import find_method
from ..ensemble.product_hashes import product_hashes
from ..ensemble.votes import AttributeVotes, BucketVotes, categories_of
from ..extraction.asking.observer import Observer
from ..extraction.cache.answers_cache import AnswersCache
from ..extraction.inputs.catalog_language import find_language
from ..extraction.inputs.gold import read_labels, unreachable_notices
from ..extraction.planning.questionnaire import Questionnaire
from ..extraction.votes.current_votes import VoteSource
from ..outputs.cell_tables import rows_of_products
from ..outputs.commit_record import RUN, output_path, read_one_run
from ..outputs.evaluation import EVALUATION, write_evaluation
from ..outputs.files import make_folder
from ..outputs.one_run import read_whole_run
from ..outputs.read_back import read_run
from ..outputs.targets import check_targets
from ..prompts.reading.vocabulary import Vocabulary
from .configuration import with_ensemble

Match = Literal["exact", "normalized"]
PLAIN_ABSENT = frozenset({None, "", ABSENT_LABEL, "null"})
"""What counts as n/a in the figures that ExtractGPT published, which `--match exact` reproduces;
null is JSON's."""
MAJORITY = "majority"
ENSEMBLE = "ensemble"
VALUES = "values.parquet"
NOT_ANSWERED = frozenset({"no_answer", "no_text"})
"""Statuses of cells whose n/a nobody said."""


@dataclass(frozen=True)
class EvaluationResult:
    """How everyone did.

    Attributes:
        rows: The rows of `evaluation.csv`.
        comparisons: The ensemble beside the best model, by accuracy and by F1.
        cells: Gold cells that were scored.
        products: Products they belong to.
        warnings: What may be wrong.
        file: The file written.
    """

    rows: tuple[EvaluationRow, ...]
    comparisons: tuple[Comparison, ...]
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
    output = settings.paths.output
    check_targets(output, [EVALUATION], [gold_file])
    cache = AnswersCache(settings.paths.cache)
    language = find_language(settings, cache)
    gold = read_labels(gold_file, settings, language.decimal_sign)
    gold.tell_remarks(observer.note)
    values = read_one_run(output, lambda: _read_values(settings, gold))
    scoreboard = _Scoreboard(settings, gold, match, values)
    source = VoteSource(cache, Questionnaire.from_settings(settings, language.decimal_sign))
    by_majority = with_ensemble(settings, method=MAJORITY, catalog=False)
    majority = learn(source.buckets(), by_majority)
    for bucket in source.buckets():
        for index in range(len(settings.attributes)):
            scoreboard.add(bucket, decide_attribute(bucket, majority, index))
    if not scoreboard.cells:
        raise _nothing_to_score(settings, gold_file, scoreboard)

    warnings = tuple(_warnings(settings, scoreboard))
    for notice in warnings:
        observer.warning(notice)
    outcomes = scoreboard.outcomes()
    model_names = [model.name for model in settings.models]
    rows = tuple(measure_everyone(outcomes))
    make_folder(output)
    file = output / EVALUATION
    write_evaluation(file, rows)
    return EvaluationResult(
        rows=rows,
        comparisons=(
            compare_with_best(outcomes, ENSEMBLE, model_names, "accuracy"),
            compare_with_best(outcomes, ENSEMBLE, model_names, "f1"),
        ),
        cells=len(scoreboard.cells),
        products=int(outcomes.products.max()) + 1,
        warnings=warnings,
        file=file,
    )


@dataclass(frozen=True, slots=True)
class Prediction:
    """What somebody says about a cell.

    Attributes:
        value: The value; None = n/a.
        is_missing: Whether it is n/a only because there was no usable answer.
    """

    value: str | None
    is_missing: bool


@dataclass
class _Scoreboard:
    """The gold cells that are in the buckets, with what became of everyone's predictions.

    Only cells on which `values` has a row are taken, for everyone: an ensemble that was not asked
    has not failed.

    Attributes:
        settings: The configuration.
        gold: The labelled cells.
        match: How values are compared.
        values: What the last `ensemble` call decided on the gold cells.
        cells: The cells taken.
        pairs: Their category and attribute.
        n_undecided: Cells on which `values` has no row.
    """

    settings: Settings
    gold: Gold
    match: Match
    values: dict[Cell, Prediction]
    cells: list[Cell] = field(default_factory=list)
    pairs: list[Pair] = field(default_factory=list)
    n_undecided: int = 0
    _disputed: list[bool] = field(default_factory=list)
    _outcomes: dict[str, list[int]] = field(default_factory=dict)
    _is_missing: dict[str, list[bool]] = field(default_factory=dict)

    def add(self, bucket: BucketVotes, majority: DecidedAttribute) -> None:
        """Score the gold cells of one attribute in one bucket."""
        attribute = majority.votes.attribute
        comparison = _Comparison.of(attribute, self.match)
        for place, cell, category in self._gold_cells(bucket, majority.votes):
            if cell not in self.values:
                self.n_undecided += 1
                continue
            self.cells.append(cell)
            self.pairs.append((category, attribute.name))
            accepted_values = self.gold.accepted_values[cell]
            if attribute.type == "number":
                # Values of numbers are canonical; gold may be written as its country writes.
                accepted_values = self.gold.canonical[cell]
            alternatives = list(map(comparison.form, accepted_values))
            predictions = dict(self._predictions(bucket, majority, place, comparison))
            ensemble = self.values[cell]
            value = comparison.form(ensemble.value)
            predictions[ENSEMBLE] = Prediction(value, ensemble.is_missing)
            for who, prediction in predictions.items():
                self._score(who, alternatives, prediction)
            different_values = {prediction.value for prediction in predictions.values()}
            self._disputed.append(len(different_values) > 1)

    def _gold_cells(
        self, bucket: BucketVotes, votes: AttributeVotes
    ) -> Iterator[tuple[int, Cell, str]]:
        """Place, cell and category of each cell of an attribute that is labelled."""
        name = votes.attribute.name
        labelled_ids = self.gold.products_with(name)
        all_ids = bucket.products.column("product_id").combine_chunks()
        ids = all_ids.take(pa.array(votes.rows))
        value_set = pa.array(labelled_ids, pa.string())
        is_labelled = pc.is_in(ids, value_set=value_set)
        places = np.flatnonzero(np.asarray(is_labelled))
        rows = votes.rows[places]
        categories = categories_of(bucket, rows)
        for place, category in zip(places.tolist(), categories.tolist(), strict=True):
            cell = (ids[place].as_py(), name)
            yield place, cell, category

    def _predictions(
        self,
        bucket: BucketVotes,
        majority: DecidedAttribute,
        place: int,
        comparison: _Comparison,
    ) -> Iterator[tuple[str, Prediction]]:
        """What each model, and the majority of them, says about one cell."""
        votes = majority.votes
        codes = votes.codes[place].tolist()
        spellings = votes.spelling[place].tolist()
        for model, code, spelling in zip(self.settings.models, codes, spellings, strict=True):
            text = None
            is_number = votes.attribute.type == "number"
            is_absent = code == ABSENT
            is_missing = code == MISSING
            if code > ABSENT and is_number:
                text = bucket.values[code - 1].as_py()
            elif not is_missing and spelling >= 0:
                text = bucket.spellings[spelling].as_py()
            value = comparison.vote(text, absent=is_absent)
            yield model.name, Prediction(value, is_missing)
        majority_text = majority.value[place].as_py()
        value = comparison.form(majority_text)
        status = STATUSES[majority.decisions.status[place]]
        yield MAJORITY, Prediction(value, status in NOT_ANSWERED)

    def _score(self, who: str, alternatives: list[str | None], prediction: Prediction) -> None:
        outcome = outcome_of(alternatives, prediction.value)
        self._outcomes.setdefault(who, []).append(outcome)
        self._is_missing.setdefault(who, []).append(prediction.is_missing)

    def outcomes(self) -> GoldOutcomes:
        """All cells, ready to be measured."""
        pairs = sorted(set(self.pairs))
        products = list(dict.fromkeys(product for product, _ in self.cells))
        place_of_pair = dict(zip(pairs, range(len(pairs)), strict=True))
        place_of_product = dict(zip(products, range(len(products)), strict=True))
        outcomes = {}
        missing = {}
        for who, codes in self._outcomes.items():
            outcomes[who] = np.array(codes, np.int8)
            missing[who] = np.array(self._is_missing[who], bool)
        product_ids = [product for product, _ in self.cells]
        product_numbers = [place_of_product[product] for product in product_ids]
        pair_numbers = [place_of_pair[pair] for pair in self.pairs]
        weights = [self.gold.weight[cell] for cell in self.cells]
        return GoldOutcomes(
            products=np.array(product_numbers, np.intp),
            pairs=np.array(pair_numbers, np.intp),
            names=tuple(pairs),
            weight=np.array(weights),
            outcomes=outcomes,
            missing=missing,
            folds=product_folds(product_hashes(product_ids)),
            disputed=np.array(self._disputed, bool),
        )


@dataclass(frozen=True)
class _Comparison:
    """Brings gold and predictions into the form in which they are compared."""

    vocabulary: Vocabulary
    match: Match

    @classmethod
    def of(cls, attribute: Attribute, match: Match) -> _Comparison:
        """How values of an attribute are compared."""
        is_number = attribute.type == "number"
        return cls(Vocabulary(attribute), "normalized" if is_number else match)

    def vote(self, spelling: str | None, *, absent: bool) -> str | None:
        """A model's vote.

        Compared exactly, only n/a as it is asked for is n/a, and `N/A` is a wrong value.
        """
        if absent and (self.match == "normalized" or spelling in PLAIN_ABSENT):
            return None
        return self.form(spelling)

    def form(self, value: str | None) -> str | None:
        """Trimmed, or as votes are compared; what is off the list equals no vote."""
        if value is None:
            return None
        if self.match == "exact":
            return value.strip()
        return self.vocabulary.read(value).value or value.strip()


def _read_values(settings: Settings, gold: Gold) -> dict[Cell, Prediction]:
    """What the last `ensemble` call decided on the gold cells."""
    if output_path(settings.paths.output, RUN).exists():
        read_whole_run(settings.paths.output)
    path = output_path(settings.paths.output, VALUES)
    try:
        table = pq.read_table(path, columns=["product_id", "attribute", "value", "status"])
    except FileNotFoundError as error:
        raise InputError(f"{path}: no values yet", hint="Run `attrx ensemble` first.") from error
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"{path}: cannot be read: {error}") from error
    labelled_ids = {product for product, _ in gold.accepted_values}
    predictions = {}
    for row in rows_of_products(table, sorted(labelled_ids)).to_pylist():
        cell = (row["product_id"], row["attribute"])
        predictions[cell] = Prediction(row["value"], row["status"] in NOT_ANSWERED)
    return predictions


def _nothing_to_score(settings: Settings, gold_file: Path, scoreboard: _Scoreboard) -> InputError:
    hint = "Are its product ids those of the input, and its attributes those of the config?"
    if scoreboard.n_undecided:
        values = settings.paths.output / VALUES
        hint = f"Run `attrx ensemble` on their products first: {values} does not hold them."
    return InputError(f"{gold_file}: none of its cells can be scored", hint=hint)


def _warnings(settings: Settings, scoreboard: _Scoreboard) -> Iterator[Notice]:
    """What to know of the cells and of the values that were scored."""
    n_undecided = scoreboard.n_undecided
    yield from scoreboard.gold.unscored_notices(len(scoreboard.cells) + n_undecided)
    yield from unreachable_notices(scoreboard.gold, settings)
    if n_undecided:
        text = (
            f"gold: {n_undecided} cells were not scored: the last `attrx ensemble` did not decide"
            f" them, so that they are not in {settings.paths.output / VALUES}"
        )
        yield Notice("gold_undecided", text)
    run = output_path(settings.paths.output, RUN)
    if not run.exists():
        return
    method = find_method(read_run(run)["method"])
    if method.needs_gold:
        text = (
            f"these values were learned from gold (method {method.name}): on the cells that they"
            " were learned from, the figures of the ensemble flatter it; the honest ones are the"
            " cross-validated ones that `attrx ensemble --gold` prints"
        )
        yield Notice("gold_learned_from", text)

"""Answers that products with the same text have got: they are copied, and not asked again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ...ensemble.cells import Cells
from ..cache.answers_cache import AnswersCache
from ..cache.journal import Answer
from .arrow_arrays import BoolArray, IntArray, index_in
from .coverage import NO_VOTE, select_votes_by_row
from .pending import mark_cells
from .questionnaire import Questionnaire

SHARED_COLUMNS: Answer = {
    "source": "shared",
    "input_tokens": 0,
    "output_tokens": 0,
    "cost_usd": 0.0,
    "charge_usd": None,
}
"""What sets the copies of an answer apart: they were not paid for."""


def find_shared_answers(
    cache: AnswersCache,
    products: pa.Table,
    cells: Cells,
    to_ask: BoolArray,
    questionnaire: Questionnaire,
) -> list[Answer]:
    """Copies, for these products, of answers that products with the same text have got.

    HTML that is cleaned, and the same HTML kept, are one text.

    Args:
        cache: The cache; nothing is written.
        products: Table with product_id, text_digest and other_text_digest.
        cells: Their cells.
        to_ask: [n_cells, n_models] bool, the votes that are needed.
        questionnaire: What the config asks now.
    """
    copies: list[Answer] = []
    for column in ("text_digest", "other_text_digest"):
        is_left = to_ask & ~cells_of_answers(copies, products, cells, questionnaire)
        copies += _answers_to_texts(cache, products, column, cells, is_left, questionnaire)
    return copies


def _answers_to_texts(
    cache: AnswersCache,
    products: pa.Table,
    text_column: str,
    cells: Cells,
    to_ask: BoolArray,
    questionnaire: Questionnaire,
) -> list[Answer]:
    """Copies of answers to the texts whose digests stand in a column."""
    texts_of_products = products.column(text_column)
    has_text = texts_of_products.is_valid().to_numpy()
    places = np.flatnonzero(to_ask.any(axis=1) & has_text[cells.rows])
    if len(places) == 0:
        return []
    askers = np.unique(cells.rows[places])
    texts = pc.unique(texts_of_products.take(pa.array(askers)))
    text_places = index_in(texts_of_products, texts)
    rows = cells.rows[places]
    asked = _AskedOfTexts(
        products=rows,
        texts=text_places[rows],
        attributes=cells.attributes[places],
        to_ask=to_ask[places],
    )
    ids = products.column("product_id")
    copies: list[Answer] = []
    for answers in cache.find_texts(texts):
        text_cells = asked.cells(len(texts), questionnaire)
        sources = _Sources(answers, texts, text_cells, questionnaire)
        copies += sources.copies(asked, ids)
    return copies


@dataclass(frozen=True)
class _AskedOfTexts:
    """Cells that an answer to their text may cover.

    Attributes:
        products: [n] row of each.
        texts: [n] place of its text.
        attributes: [n] index of its attribute.
        to_ask: [n, n_models] whose votes are needed.
    """

    products: IntArray
    texts: IntArray
    attributes: IntArray
    to_ask: BoolArray

    def cells(self, n_texts: int, questionnaire: Questionnaire) -> Cells:
        """The pairs of a text and an attribute."""
        n_attributes = len(questionnaire.attributes)
        return Cells.of_pairs(self.texts, self.attributes, n_texts, n_attributes)


class _Sources:
    """Answers to some texts, ready to be copied.

    Args:
        answers: Table of `schema.ANSWERS`.
        texts: The texts, digests without duplicates.
        cells: Pairs of a text and an attribute.
        questionnaire: What the config asks now.
    """

    def __init__(
        self, answers: pa.Table, texts: pa.Array, cells: Cells, questionnaire: Questionnaire
    ) -> None:
        texts_of_answers = answers.column("text_digest")
        text_places = index_in(texts_of_answers, texts)
        selection = select_votes_by_row(answers, text_places, cells, questionnaire)
        self._cells = cells
        answer_of_entry = np.append(selection.answer_of_vote, -1)  # entry -1 reads the last
        self._answer_of_cell = answer_of_entry[selection.entry]
        self._is_finished = selection.states() >= NO_VOTE
        self._answers = selection.answers

    def copies(self, asked: _AskedOfTexts, ids: pa.ChunkedArray) -> Iterator[Answer]:
        """The answers that cover some of the cells, as rows of other products.

        Args:
            asked: The cells.
            ids: The ids of all products.
        """
        cell = self._cells.find(asked.texts, asked.attributes)
        is_covered = self._is_finished[cell] & asked.to_ask
        asker, model = np.nonzero(is_covered)
        own_cell = cell[asker]
        rows = self._answer_of_cell[own_cell, model]
        products = asked.products[asker]
        pairs = np.unique([products, rows], axis=1)
        products, rows = pairs
        answers: list[Answer] = self._answers.take(pa.array(rows)).to_pylist()
        product_ids = ids.take(pa.array(products)).to_pylist()
        for answer, product_id in zip(answers, product_ids, strict=True):
            answer.update(SHARED_COLUMNS)
            answer["product_id"] = product_id
            yield answer


def cells_of_answers(
    answers: Iterable[Answer], products: pa.Table, cells: Cells, questionnaire: Questionnaire
) -> BoolArray:
    """What some answers to these products are about.

    Args:
        answers: Rows of `schema.ANSWERS`; each is of one of the products.
        products: Table with product_id.
        cells: Their cells.
        questionnaire: What the config asks now.

    Returns:
        [n_cells, n_models] bool.
    """
    is_answered = questionnaire.no_votes(cells)
    answers = list(answers)
    if not answers:
        return is_answered
    ids = products.column("product_id").to_pylist()
    row_of_id = {product_id: row for row, product_id in enumerate(ids)}
    # Few combinations of a model and attributes occur, each in many answers.
    rows_of_combination: defaultdict[tuple[bytes, tuple[bytes, ...]], list[int]]
    rows_of_combination = defaultdict(list)
    for answer in answers:
        parts = tuple(vote["part"] for vote in answer["votes"])
        row = row_of_id[answer["product_id"]]
        rows_of_combination[answer["model_part"], parts].append(row)
    for (part, parts), rows in rows_of_combination.items():
        models = questionnaire.models_with(part)
        attributes = questionnaire.attributes_with(parts)
        mark_cells(is_answered, cells, rows, models, attributes)
    return is_answered

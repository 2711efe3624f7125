"""Answers that products with the same text have got: they are copied, and not asked again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..cache.answers_cache import AnswersCache
from ..cache.journal import Answer
from .arrow_arrays import BoolArray, index_in
from .coverage import NO_VOTE, select_votes_by_row
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
    cache: AnswersCache, products: pa.Table, to_ask: BoolArray, questionnaire: Questionnaire
) -> list[Answer]:
    """Copies, for these products, of answers that products with the same text have got.

    HTML that is cleaned, and the same HTML kept, are one text.

    Args:
        cache: The cache; nothing is written.
        products: Table with product_id, text_digest and other_text_digest.
        to_ask: [n_products, n_models, n_attributes] bool, the cells that need an answer.
        questionnaire: What the config asks now.
    """
    copies: list[Answer] = []
    for column in ("text_digest", "other_text_digest"):
        is_left = to_ask & ~cells_of_answers(copies, products, questionnaire)
        copies += _answers_to_texts(cache, products, column, is_left, questionnaire)
    return copies


def _answers_to_texts(
    cache: AnswersCache,
    products: pa.Table,
    text_column: str,
    to_ask: BoolArray,
    questionnaire: Questionnaire,
) -> list[Answer]:
    """Copies of answers to the texts whose digests stand in a column."""
    has_text = products.column(text_column).is_valid().to_numpy()
    needs_answer = to_ask.any(axis=(1, 2)) & has_text
    if not needs_answer.any():
        return []
    askers = products.filter(pa.array(needs_answer))
    cells_of_askers = to_ask[needs_answer]
    ids = askers.column("product_id").to_pylist()
    texts_of_askers = askers.column(text_column)
    texts = pc.unique(texts_of_askers)
    text_places = index_in(texts_of_askers, texts)
    copies: list[Answer] = []
    for answers in cache.find_texts(texts):
        sources = _Sources(answers, texts, questionnaire)
        for cells, text, product_id in zip(cells_of_askers, text_places, ids, strict=True):
            copies += sources.copies(text, cells, product_id)
    return copies


class _Sources:
    """Answers to some texts, ready to be copied.

    Args:
        answers: Table of `schema.ANSWERS`.
        texts: The texts, digests without duplicates.
        questionnaire: What the config asks now.
    """

    def __init__(self, answers: pa.Table, texts: pa.Array, questionnaire: Questionnaire) -> None:
        texts_of_answers = answers.column("text_digest")
        text_places = index_in(texts_of_answers, texts)
        selection = select_votes_by_row(answers, text_places, len(texts), questionnaire)
        answer_of_entry = np.append(selection.answer_of_vote, -1)  # entry -1 reads the last
        self._answer_of_cell = answer_of_entry[selection.entry]
        self._is_finished = selection.states() >= NO_VOTE
        self._answers = selection.answers

    def copies(self, text: int, to_ask: BoolArray, product_id: str) -> Iterator[Answer]:
        """The answers to a text that cover some of the cells, as rows of another product.

        Args:
            text: Place of the text.
            to_ask: [n_models, n_attributes] bool, the cells.
            product_id: The product.
        """
        cells = self._is_finished[text] & to_ask
        rows = np.unique(self._answer_of_cell[text][cells])
        answers: list[Answer] = self._answers.take(pa.array(rows)).to_pylist()
        for answer in answers:
            answer.update(SHARED_COLUMNS)
            answer["product_id"] = product_id
            yield answer


def cells_of_answers(
    answers: Iterable[Answer], products: pa.Table, questionnaire: Questionnaire
) -> BoolArray:
    """The cells that some answers to these products are about.

    Args:
        answers: Rows of `schema.ANSWERS`; each is of one of the products.
        products: Table with product_id.
        questionnaire: What the config asks now.

    Returns:
        [n_products, n_models, n_attributes] bool.
    """
    cells = questionnaire.no_cells(products.num_rows)
    answers = list(answers)
    if not answers:
        return cells
    ids = products.column("product_id").to_pylist()
    row_of_id = {product_id: row for row, product_id in enumerate(ids)}
    for answer in answers:
        product_id = answer["product_id"]
        row = row_of_id[product_id]
        models = questionnaire.models_with(answer["model_part"])
        parts = [vote["part"] for vote in answer["votes"]]
        attributes = questionnaire.attributes_with(parts)
        cells[np.ix_([row], models, attributes)] = True
    return cells

"""Cells that need no asking for another reason than a cached answer.

They wait in a batch, or have just been asked.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..cache.batch_records import unpack_parts
from .arrow_arrays import BoolArray
from .coverage import select_votes
from .matching import match_products
from .questionnaire import Questionnaire


def cells_in_batches(
    batch_cells: pa.Table, products: pa.Table, questionnaire: Questionnaire
) -> BoolArray:
    """Which cells are asked in batches that have not come back.

    Args:
        batch_cells: Table of `ledger.CELLS`.
        products: The products, with product_id and text_digest; a batch that asks about another
            text does not count.
        questionnaire: What the config asks now.

    Returns:
        [n_products, n_models, n_attributes] bool.
    """
    cells = questionnaire.no_cells(products.num_rows)
    if batch_cells.num_rows == 0:
        return cells
    rows = match_products(batch_cells, products)
    asks = batch_cells.append_column("row", pa.array(rows))
    asks = asks.filter(pa.array(rows >= 0))
    # Few combinations of a model and attributes occur, each in many rows.
    combinations = asks.group_by(["model_part", "attributes"]).aggregate([("row", "list")])
    for ask in combinations.to_pylist():
        parts = [part for _, part in unpack_parts(ask["attributes"])]
        models = questionnaire.models_with(ask["model_part"])
        attributes = questionnaire.attributes_with(parts)
        cells[np.ix_(ask["row_list"], models, attributes)] = True
    return cells


def cells_answered_since(
    answers: pa.Table, products: pa.Table, questionnaire: Questionnaire, since_ns: int
) -> BoolArray:
    """Which cells have a finished answer that is not older than a moment.

    Args:
        answers: Table with `coverage.VOTE_COLUMNS`.
        products: The products, with product_id and text_digest.
        questionnaire: What the config asks now.
        since_ns: The moment, as `answered_ns` counts.

    Returns:
        [n_products, n_models, n_attributes] bool.
    """
    is_recent = pc.greater_equal(answers.column("answered_ns"), since_ns)
    is_finished = pc.equal(answers.column("status"), "answered")
    recent_answers = answers.filter(pc.and_(is_recent, is_finished))
    is_answered: BoolArray = select_votes(recent_answers, products, questionnaire).entry >= 0
    return is_answered

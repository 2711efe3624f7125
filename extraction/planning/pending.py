"""Cells that need no asking for another reason than a cached answer.

They wait in a batch, or have just been asked.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ...ensemble.cells import Cells
from ..cache.batch_records import unpack_parts
from .arrow_arrays import BoolArray
from .coverage import select_votes
from .matching import match_products
from .questionnaire import Questionnaire


def cells_in_batches(
    batch_cells: pa.Table, products: pa.Table, cells: Cells, questionnaire: Questionnaire
) -> BoolArray:
    """Which cells are asked in batches that have not come back.

    Args:
        batch_cells: Table of `ledger.CELLS`.
        products: The products, with product_id and text_digest; a batch that asks about another
            text does not count.
        cells: Their cells.
        questionnaire: What the config asks now.

    Returns:
        [n_cells, n_models] bool.
    """
    is_in_batch = questionnaire.no_votes(cells)
    if batch_cells.num_rows == 0:
        return is_in_batch
    rows = match_products(batch_cells, products)
    asks = batch_cells.append_column("row", pa.array(rows))
    asks = asks.filter(pa.array(rows >= 0))
    # Few combinations of a model and attributes occur, each in many rows.
    combinations = asks.group_by(["model_part", "attributes"]).aggregate([("row", "list")])
    for ask in combinations.to_pylist():
        parts = [part for _, part in unpack_parts(ask["attributes"])]
        models = questionnaire.models_with(ask["model_part"])
        attributes = questionnaire.attributes_with(parts)
        mark_cells(is_in_batch, cells, ask["row_list"], models, attributes)
    return is_in_batch


def cells_answered_since(
    answers: pa.Table,
    products: pa.Table,
    cells: Cells,
    questionnaire: Questionnaire,
    since_ns: int,
) -> BoolArray:
    """Which cells have a finished answer that is not older than a moment.

    Args:
        answers: Table with `coverage.VOTE_COLUMNS`.
        products: The products, with product_id and text_digest.
        cells: Their cells.
        questionnaire: What the config asks now.
        since_ns: The moment, as `answered_ns` counts.

    Returns:
        [n_cells, n_models] bool.
    """
    is_recent = pc.greater_equal(answers.column("answered_ns"), since_ns)
    is_finished = pc.equal(answers.column("status"), "answered")
    recent_answers = answers.filter(pc.and_(is_recent, is_finished))
    selection = select_votes(recent_answers, products, cells, questionnaire)
    return np.asarray(selection.entry >= 0)


def mark_cells(
    marks: BoolArray,
    cells: Cells,
    rows: Sequence[int],
    models: Sequence[int],
    attributes: Sequence[int],
) -> None:
    """Mark all votes of some models on some attributes of some rows.

    Args:
        marks: [n_cells, n_models], to be changed.
        cells: The cells.
        rows: Rows of the cells.
        models: Indices of the models.
        attributes: Indices of the attributes.
    """
    every_row = np.array(rows, np.int64)
    every_attribute = np.array(attributes, np.int64)
    rows_of_pairs = np.repeat(every_row, len(attributes))
    attributes_of_pairs = np.tile(every_attribute, len(rows))
    places = cells.find(rows_of_pairs, attributes_of_pairs)
    own_places = places[places >= 0]
    own_models = np.array(models, np.int64)
    marks[np.ix_(own_places, own_models)] = True

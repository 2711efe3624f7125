"""Cells that need no asking for another reason than a cached answer: they wait in a batch, or have just been asked."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ..cache.batch_records import unpack_parts
from .coverage import place_by_id, select
from .questionnaire import Questionnaire

BoolArray = npt.NDArray[np.bool_]


def on_their_way(cells: pa.Table, products: pa.Table, questionnaire: Questionnaire) -> BoolArray:
    """Which cells are asked in batches that have not come back.

    Args:
        cells: Table of `ledger.CELLS`.
        products: The products, with product_id and text_digest; a batch that asks about another
            text does not count.
        questionnaire: What the config asks now.

    Returns:
        [n_products, n_models, n_attributes] bool.
    """
    found = np.zeros(
        (products.num_rows, len(questionnaire.models), len(questionnaire.attributes)), bool
    )
    if cells.num_rows == 0:
        return found
    place = place_by_id(cells, products)
    kinds = (
        cells.select(["model_part", "attributes"])
        .append_column("place", pa.array(place))
        .filter(place >= 0)
    )
    for kind in (
        kinds.group_by(["model_part", "attributes"]).aggregate([("place", "list")]).to_pylist()
    ):
        models = [
            index
            for index, part in enumerate(questionnaire.model_parts)
            if part == kind["model_part"]
        ]
        attributes = [
            questionnaire.parts.index(part)
            for _, part in unpack_parts(kind["attributes"])
            if part in questionnaire.parts
        ]
        found[np.ix_(kind["place_list"], models, attributes)] = True
    return found


def answered_since(
    answers: pa.Table, products: pa.Table, questionnaire: Questionnaire, since_ns: int
) -> BoolArray:
    """Which cells have a finished answer that is not older than a moment.

    Args:
        answers: Table with `coverage.COLUMNS`.
        products: The products, with product_id and text_digest.
        questionnaire: What the config asks now.
        since_ns: The moment, as `answered_ns` counts.

    Returns:
        [n_products, n_models, n_attributes] bool.
    """
    late = pc.and_(
        pc.greater_equal(answers.column("answered_ns"), since_ns),
        pc.equal(answers.column("status"), "answered"),
    )
    recent = answers.filter(late)
    found: BoolArray = (
        select(recent, questionnaire, place_by_id(recent, products), products.num_rows).entry >= 0
    )
    return found

"""The table of `values`: what was decided on each cell (docs/outputs.md)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from ..configs.settings import Settings
from ..ensemble.arrays import FloatArray
from ..ensemble.deciding import DecidedAttribute
from ..ensemble.decision_rule import STATUS_NO_TEXT, STATUSES
from ..ensemble.votes import BucketVotes
from .cell_tables import NAME, attribute_column, attribute_names, in_product_order
from .review_reasons import review_reasons

VALUES = pa.schema(
    [
        ("product_id", pa.string()),
        ("attribute", NAME),
        ("value", pa.string()),
        ("share", pa.float64()),
        ("confidence", pa.float64()),
        ("margin", pa.float64()),
        ("support", pa.int16()),
        ("voters", pa.int16()),
        ("status", NAME),
        ("review", pa.string()),
    ]
)


def values_table(
    bucket: BucketVotes, attributes: Sequence[DecidedAttribute], settings: Settings
) -> pa.Table:
    """Rows of `values`, product by product, attributes in the order of the config."""
    ids = bucket.products.column("product_id").combine_chunks()
    # Without such products, files have the bytes that they had before there was a `no_text`.
    statuses = STATUSES[:STATUS_NO_TEXT] if bucket.has_text.all() else STATUSES
    names = attribute_names(settings)
    tables = []
    for index, attribute in enumerate(attributes):
        tables.append(_attribute_table(ids, index, attribute, settings, names, statuses))
    return in_product_order(tables, attributes)


def _attribute_table(
    ids: pa.StringArray,
    index: int,
    attribute: DecidedAttribute,
    settings: Settings,
    names: pa.StringArray,
    statuses: Sequence[str],
) -> pa.Table:
    decisions = attribute.decisions
    rows = attribute.votes.rows
    status_numbers = decisions.status.astype(np.int32)
    status = pa.DictionaryArray.from_arrays(status_numbers, pa.array(statuses))
    columns = {
        "product_id": ids.take(pa.array(rows)),
        "attribute": attribute_column(index, len(rows), names),
        "value": attribute.value,
        "share": _null_for_nan(decisions.share),
        "confidence": _null_for_nan(attribute.confidence),
        "margin": _null_for_nan(decisions.margin),
        "support": decisions.support,
        "voters": decisions.voters,
        "status": status,
        "review": review_reasons(attribute, settings.review.below),
    }
    return pa.table(columns, schema=VALUES)


def _null_for_nan(numbers: FloatArray) -> pa.Array:
    return pa.array(numbers, mask=np.isnan(numbers))

"""What tables with a row for each cell have in common: names of attributes, order of rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from ..configs.settings import Settings
from ..ensemble.deciding import DecidedAttribute

NAME = pa.dictionary(pa.int32(), pa.string())
"""Type of a column with few distinct texts."""


def attribute_column(index: int, n_cells: int, settings: Settings) -> pa.DictionaryArray:
    """The name of the attribute with this index, once for each of its cells."""
    names = pa.array([attribute.name for attribute in settings.attributes])
    return pa.DictionaryArray.from_arrays(np.full(n_cells, index, np.int32), names)


def in_product_order(
    tables: Sequence[pa.Table], attributes: Sequence[DecidedAttribute]
) -> pa.Table:
    """Put the tables of all attributes together, product by product, attributes as in the config.

    Args:
        tables: One table per attribute, a row for each cell.
        attributes: What was decided on each, in the same order.
    """
    rows = np.concatenate([attribute.votes.rows for attribute in attributes])
    order = np.argsort(rows, kind="stable")
    return pa.concat_tables(tables).take(pa.array(order))

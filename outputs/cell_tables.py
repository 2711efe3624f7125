"""What tables with a row for each cell have in common: names of attributes, order of rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..configs.settings import Settings
from ..ensemble.deciding import DecidedAttribute

NAME = pa.dictionary(pa.int32(), pa.string())
"""Type of a column with few distinct texts."""


def attribute_names(settings: Settings) -> pa.StringArray:
    """The names of all attributes, as `attribute_column` takes them."""
    return pa.array([attribute.name for attribute in settings.attributes], pa.string())


def attribute_column(index: int, n_cells: int, names: pa.StringArray) -> pa.DictionaryArray:
    """The name of the attribute with this index, once for each of its cells."""
    indices = np.full(n_cells, index, np.int32)
    return pa.DictionaryArray.from_arrays(indices, names)


def in_product_order(
    tables: Sequence[pa.Table], attributes: Sequence[DecidedAttribute]
) -> pa.Table:
    """Put the tables of all attributes together, product by product, attributes as in the config.

    Args:
        tables: One table per attribute, a row for each cell.
        attributes: What was decided on each, in the same order.
    """
    rows = [attribute.votes.rows for attribute in attributes]
    order = np.argsort(np.concatenate(rows), kind="stable")
    table = pa.concat_tables(tables)
    return table.take(pa.array(order))


def rows_of_products(table: pa.Table, product_ids: Iterable[str]) -> pa.Table:
    """The rows of a table that are about some products."""
    ids = pa.array(product_ids, pa.string())
    is_wanted = pc.is_in(table.column("product_id"), value_set=ids)
    return table.filter(is_wanted)


def with_plain_texts(table: pa.Table, name: str) -> pa.Table:
    """The table with a column of texts that is no dictionary."""
    place = table.column_names.index(name)
    texts = table.column(name).cast(pa.string())
    return table.set_column(place, name, texts)

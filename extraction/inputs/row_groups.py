"""Rows that make one product: variants, images and views of a store, which repeat its id.

Shopify writes a row for each variant and image and leaves the texts of all but the first one empty;
Magento writes a row for each view of the store, with the texts in another language.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ...configs.errors import InputError
from ...configs.settings import InputSettings
from ..cache.digests import text_digest
from .input_notices import SHORTENED_ID, shortened_text

Record = dict[str, Any]
"""One row of `spool.SPOOL_SCHEMA`."""


def merge_rows(table: pa.Table, source: Path, settings: InputSettings) -> pa.Table:
    """The products of a bucket, one row each.

    Each column has the first text that a row of the product fills it with.

    Args:
        table: Table of `spool.SPOOL_SCHEMA`, in the order of the input.
        source: The products file, for messages.
        settings: How rows are grouped.

    Returns:
        Table of the same schema, ids unique, in the order of the input.

    Raises:
        InputError: Rows with one id are not one product.
    """
    ids = table.column("product_id")
    counts = ids.value_counts()
    if len(counts) == table.num_rows:
        return table
    is_several = pc.greater(counts.field("counts"), 1)
    repeated_ids = counts.filter(is_several).field("values")
    is_repeated = pc.is_in(ids, value_set=repeated_ids)
    repeated_rows = table.filter(is_repeated)
    groups: defaultdict[str, list[Record]] = defaultdict(list)
    for record in repeated_rows.to_pylist():
        groups[record["product_id"]].append(record)
    products = []
    for records in groups.values():
        products.append(_merge(records, source, settings))
    merged_products = pa.Table.from_pylist(products, schema=table.schema)
    others = table.filter(pc.invert(is_repeated))
    all_products = pa.concat_tables([others, merged_products])
    return all_products.sort_by("row")


def _merge(records: Sequence[Record], source: Path, settings: InputSettings) -> Record:
    """One product of several rows."""
    first, *further_records = records
    product = dict(first)
    fields = [dict(field) for field in first["fields"]]
    for record in further_records:
        if settings.group == "off":
            raise _not_unique(first, record, source, settings)
        for field, other_field in zip(fields, record["fields"], strict=True):
            text = other_field["text"]
            if not field["text"].strip():
                field["text"] = text
            elif settings.group == "auto" and text.strip() not in {"", field["text"].strip()}:
                raise _not_unique(first, record, source, settings)
        product["category"] = product["category"] or record["category"]
        product["columns"] = [
            text or other_text
            for text, other_text in zip(product["columns"], record["columns"], strict=True)
        ]
    product["further_rows"] = [record["row"] for record in further_records]
    if fields != first["fields"]:
        product["fields"] = fields
        product["text_digest"] = text_digest((field["name"], field["text"]) for field in fields)
        product["other_text_digest"] = None
    return product


def _not_unique(
    record: Record, other_record: Record, source: Path, settings: InputSettings
) -> InputError:
    product_id = record["product_id"]
    rows = f"row {record['row']} and in row {other_record['row']}"
    message = f"{source}: id '{product_id}' stands in {rows}"
    if pc.match_substring_regex(pa.scalar(product_id), SHORTENED_ID).as_py():
        return InputError(f"{message}: {shortened_text(settings.id, product_id)}")
    advice = "Remove one of the rows, or name another column under input.id."
    if settings.group == "auto":
        advice += (
            " Where they are one product, such as views of a store, 'input.group: first' in the"
            " config takes the first text of each column."
        )
    return InputError(f"{message}; ids must be unique", hint=advice)

"""Answers from elsewhere: a file of them on its way into the cache, laid out by bucket on disk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from ...configs.errors import InputError
from ...configs.settings import InputSettings
from ..cache.digests import id_hash
from ..inputs.formats import open_table
from ..inputs.split_stream import split_stream
from ..inputs.table import Row, Table

COLUMNS_SHOWN = 20
ROWS_A_BATCH = 1024
"""Few enough to be in the processor's cache still when their columns are made."""
ROWS = pa.schema(
    [
        # 1-based, the header apart.
        pa.field("row", pa.int64()),
        pa.field("product_id", pa.string()),
        pa.field("model", pa.string()),
        # Null where the file holds raw answers.
        pa.field("attribute", pa.string()),
        # The value, or the raw answer.
        pa.field("value", pa.string()),
        # "" where the file says none.
        pa.field("category", pa.string()),
        pa.field("id_hash", pa.uint64()),
    ]
)


@dataclass
class AnswersFile:
    """What an answers file holds.

    Attributes:
        path: All rows in the order of the file: an Arrow stream of `ROWS`.
        holds_raw_answers: Whether a row is an answer, or else a value in one.
        models: Names of all models that say something.
        attributes: Attribute -> rows about it, where the file has such rows.
        blanks: Rows without a value.
        rows: Rows read.
        n_products: Products that they are about.
    """

    path: Path
    holds_raw_answers: bool
    models: list[str] = field(default_factory=list)
    attributes: Counter[str] = field(default_factory=Counter)
    blanks: int = 0
    rows: int = 0
    n_products: int = 0

    def buckets(self, count: int) -> Iterator[tuple[int, pa.Table]]:
        """Walk the rows bucket by bucket, each bucket in the order of the file.

        Args:
            count: Number of buckets, a power of two.

        Yields:
            (bucket number, table of `ROWS`), empty buckets left out.
        """
        for bucket, path in enumerate(split_stream(self.path, ROWS, count)):
            with pa.ipc.open_stream(path) as reader:
                rows = reader.read_all()
            if rows.num_rows:
                yield bucket, rows.combine_chunks()


def read_answers_file(path: Path, scratch: Path) -> AnswersFile:
    """Read answers.

    The columns are product_id, model, raw; or product_id, attribute, model, value. `category` may
    be there too. A row of the second form whose value is empty says nothing (no vote); n/a has to
    be spelt.

    Args:
        path: The file.
        scratch: An empty folder for its rows.

    Raises:
        InputError: The file has neither set of columns, or a row without a product or a model.
    """
    table = open_table(path, InputSettings(id="product_id", text=("value",)))
    holds_raw_answers = "raw" in table.columns
    if not holds_raw_answers and not {"attribute", "value"} <= set(table.columns):
        raise InputError(
            f"{path}: expected the columns product_id, model, raw or product_id, attribute, model,"
            f" value; found: {', '.join(table.columns[:COLUMNS_SHOWN])}"
        )
    file = AnswersFile(scratch / "answers.arrows", holds_raw_answers)
    _fill(file, table)
    return file


def _fill(file: AnswersFile, table: Table) -> None:
    places = _places(table, "raw" if file.holds_raw_answers else "value")
    rows = iter(table.rows)
    hashes = [pa.array([], pa.uint64())]
    models: dict[str, None] = {}
    with pa.ipc.new_stream(file.path, ROWS) as writer:
        while chunk := list(islice(rows, ROWS_A_BATCH)):
            batch = _record_batch(table.path, places, file.rows + 1, chunk)
            file.rows += batch.num_rows
            if not file.holds_raw_answers:
                _count_attributes(file.attributes, batch)
                batch = _without_blanks(batch)
                file.blanks += len(chunk) - batch.num_rows
            writer.write_batch(batch)
            different_hashes = batch.column("id_hash").unique()
            hashes.append(different_hashes)
            different_models = batch.column("model").unique()
            models |= dict.fromkeys(different_models.to_pylist())
    file.models = list(models)
    all_hashes = pa.chunked_array(hashes)
    file.n_products = len(all_hashes.unique())


def _count_attributes(rows_of_attribute: Counter[str], batch: pa.RecordBatch) -> None:
    counts = batch.column("attribute").value_counts()
    for count in counts.to_pylist():
        name = count["values"]
        rows_of_attribute[name] += count["counts"]


def _places(table: Table, value: str) -> dict[str, int]:
    """Column of `ROWS` -> its place in the file's rows, of those that it has."""
    names = {"product_id": "product_id", "model": "model", "value": value}
    if value == "value":
        names["attribute"] = "attribute"
    if "category" in table.columns:
        names["category"] = "category"
    return {name: table.index(column, "of an answers file") for name, column in names.items()}


def _record_batch(
    path: Path, places: dict[str, int], first_row: int, rows: Sequence[Row]
) -> pa.RecordBatch:
    """Rows of the file as `ROWS`; the first of them has the number `first_row`."""
    columns = list(zip(*rows, strict=True))
    product_ids = _trimmed(columns[places["product_id"]])
    models = _trimmed(columns[places["model"]])
    for name, ids in (("product_id", product_ids), ("model", models)):
        place = pc.index(ids, "").as_py()
        if place >= 0:
            raise InputError(f"{path}: row {first_row + place} has no {name}")
    encoded_ids = product_ids.dictionary_encode()
    different_ids = encoded_ids.dictionary.to_pylist()
    hashes = pa.array(map(id_hash, different_ids), pa.uint64())
    row_numbers = range(first_row, first_row + len(rows))
    values = columns[places["value"]]
    arrays = {
        "row": pa.array(row_numbers, pa.int64()),
        "product_id": product_ids,
        "model": models,
        "value": pa.array(values, pa.string()),
        "id_hash": hashes.take(encoded_ids.indices),
    }
    if "attribute" in places:
        names = columns[places["attribute"]]
        arrays["attribute"] = pa.array(names, pa.string())
    if "category" in places:
        categories = columns[places["category"]]
        arrays["category"] = _trimmed(categories)
    no_text = pa.nulls(len(rows), pa.string())
    arrays_in_order = [arrays.get(field.name, no_text) for field in ROWS]
    return pa.RecordBatch.from_arrays(arrays_in_order, schema=ROWS)


def _trimmed(texts: Sequence[str]) -> pa.Array:
    """Texts without the blanks around them; few occur, each many times."""
    all_texts = pa.array(texts, pa.string())
    encoded_texts = all_texts.dictionary_encode()
    different_texts = encoded_texts.dictionary.to_pylist()
    trimmed_texts = pa.array(map(str.strip, different_texts), pa.string())
    return trimmed_texts.take(encoded_texts.indices)


def _without_blanks(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The rows that have a value."""
    encoded_values = batch.column("value").dictionary_encode()
    different_values = encoded_values.dictionary.to_pylist()
    says_something = [bool(text.strip()) for text in different_values]
    if all(says_something):
        return batch
    keeps_value = pa.array(says_something)
    return batch.filter(keeps_value.take(encoded_values.indices))

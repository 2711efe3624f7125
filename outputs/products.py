"""`products.csv`: the input again, with a column for each attribute."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import replace
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..configs.settings import Settings
from ..ensemble.deciding import DecidedAttribute
from ..ensemble.votes import BucketVotes
from ..extraction.inputs.formats import open_table
from ..extraction.inputs.spreadsheet import spreadsheet_safe
from ..extraction.inputs.table import Row, Table
from .csv_format import STANDARD, UTF_8_BOM, CsvFormat
from .files import open_rows

BATCH_ROWS = 4096
SUFFIX = "_attrx"
"""Ends the name of an attribute's column where the input has one of the attribute's name."""


PRODUCTS = "products.csv"
"""The file, in the output folder."""


class ProductsFile:
    """Collects what was decided bucket by bucket, and writes it out in the order of the input.

    Each bucket leaves a scratch file sorted by input row; the files are merged while the input is
    read once more, so that neither has to fit into memory.

    Args:
        source: The products file.
        settings: The configuration.
        scratch: A folder for the scratch files.
        csv_format: How the file is written.

    Attributes:
        has_other_encoding: Whether a value could not be written in the format's encoding, so that
            the file is in UTF-8.
    """

    def __init__(
        self, source: Path, settings: Settings, scratch: Path, csv_format: CsvFormat = STANDARD
    ) -> None:
        self._source = source
        self._settings = settings
        self._scratch = scratch
        self._format = csv_format
        self._parts: list[Path] = []
        self.has_other_encoding = False
        columns = [("row", pa.int64())]
        for index in range(len(settings.attributes)):
            columns.append((f"a{index}", pa.string()))
        self._schema = pa.schema(columns)

    def add(self, bucket: BucketVotes, attributes: Sequence[DecidedAttribute]) -> None:
        """Take over what was decided in one bucket."""
        product_of_row, row_numbers = _input_rows(bucket.products)
        columns = [row_numbers]
        for attribute in attributes:
            values = _value_of_each_product(attribute, bucket.products.num_rows)
            columns.append(values.take(product_of_row))
        number = len(self._parts)
        path = self._scratch / f"products-{number:05d}.arrows"
        table = pa.table(columns, schema=self._schema)
        table = table.sort_by("row")
        with pa.ipc.new_file(path, self._schema) as writer:
            writer.write_table(table, BATCH_ROWS)
        self._parts.append(path)

    def write(self, path: Path) -> dict[str, str]:
        """Write the file.

        Returns:
            Attribute -> its column, where that is another because the input has a column of the
            attribute's name.
        """
        try:
            return self._write(path, self._format)
        except UnicodeEncodeError:
            self.has_other_encoding = True
            return self._write(path, replace(self._format, encoding=UTF_8_BOM))

    def _write(self, path: Path, csv_format: CsvFormat) -> dict[str, str]:
        settings = self._settings
        table = open_table(self._source, settings.input)
        names = [attribute.name for attribute in settings.attributes]
        columns = _name_columns(names, table.columns)
        self._write_rows(path, table, columns, csv_format)
        new_names = {}
        for name, column in columns.items():
            if name != column:
                new_names[name] = column
        return new_names

    def _write_rows(
        self, path: Path, table: Table, columns: dict[str, str], csv_format: CsvFormat
    ) -> None:
        header = [*table.columns]
        for column in columns.values():
            if column not in header:
                header.append(column)
        places = list(map(header.index, columns.values()))
        id_place = header.index(self._settings.input.id)
        number_places = set()
        for attribute in self._settings.attributes:
            if attribute.type == "number":
                number_places.add(header.index(columns[attribute.name]))
        safe_header = list(map(spreadsheet_safe, header))
        with open_rows(path, safe_header, csv_format) as writer:
            # Of the rows after a limit nothing is known: the shorter of the two ends the file.
            for source, values in zip(table.rows, self._values_in_order(), strict=False):
                row = _safe(source, id_place)
                n_new_columns = len(header) - len(row)
                row.extend([""] * n_new_columns)
                for place, value in zip(places, values, strict=True):
                    is_number = place in number_places
                    text = csv_format.number(value) if is_number else value
                    row[place] = spreadsheet_safe(text)
                writer.writerow(row)

    def _values_in_order(self) -> Iterator[Row]:
        """The values of each row of the input, blank where there is none."""
        parts = map(_rows, self._parts)
        for _, *values in heapq.merge(*parts, key=itemgetter(0)):
            yield tuple(value or "" for value in values)


def _input_rows(products: pa.Table) -> tuple[pa.Array, pa.Array]:
    """Every row of the input that belongs to a product: the place of the product, and the row."""
    further_rows_of_product = products.column("further_rows").combine_chunks()
    first_places = pa.array(np.arange(products.num_rows))
    further_places = pc.list_parent_indices(further_rows_of_product)
    first_rows = products.column("row").combine_chunks()
    further_rows = pc.list_flatten(further_rows_of_product)
    places = _concat((first_places, further_places))
    rows = _concat((first_rows, further_rows))
    return places, rows


def _concat(arrays: Sequence[pa.Array]) -> pa.Array:
    numbers = []
    for array in arrays:
        numbers.append(array.cast(pa.int64()))
    return pa.concat_arrays(numbers)


def _value_of_each_product(attribute: DecidedAttribute, n_products: int) -> pa.Array:
    """[n_products]: null where the attribute does not apply or has no value."""
    rows = attribute.votes.rows
    place = np.full(n_products, -1)
    place[rows] = np.arange(len(rows))
    place_or_null = pa.array(place, mask=place < 0)
    return attribute.value.take(place_or_null)


def _name_columns(attributes: Sequence[str], input_columns: Sequence[str]) -> dict[str, str]:
    """Attribute -> its column.

    One that attrx named in an earlier run, and that was fed back, is used again.
    """
    columns: dict[str, str] = {}
    for name in attributes:
        column = name
        if name in input_columns:
            column = name + SUFFIX
            while column in attributes or column in columns.values():
                column += SUFFIX
        columns[name] = column
    return columns


def _rows(path: Path) -> Iterator[tuple[Any, ...]]:
    """The rows of a part, which is open only while a batch is read: there may be many parts."""
    number = 0
    while (batch := _read_batch(path, number)) is not None:
        columns = [column.to_pylist() for column in batch.columns]
        yield from zip(*columns, strict=True)
        number += 1


def _read_batch(path: Path, number: int) -> pa.RecordBatch | None:
    with pa.OSFile(str(path)) as file:
        reader = pa.ipc.open_file(file)
        return reader.get_batch(number) if number < reader.num_record_batches else None


def _safe(row: Row, id_place: int) -> list[str]:
    texts = list(map(spreadsheet_safe, row))
    texts[id_place] = row[id_place]
    return texts

"""`products.csv`: the input again, with a column for each attribute."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from ..configs.settings import Settings
from ..ensemble.deciding import DecidedAttribute
from ..ensemble.votes import BucketVotes
from ..extraction.inputs.formats import open_table
from ..extraction.inputs.spreadsheet import spreadsheet_safe
from ..extraction.inputs.table import Row
from .files import open_rows

BATCH_ROWS = 4096
RENAMED = "_attrx"
"""Ends the name of an attribute's column where the input has one of the attribute's name."""


class ProductsFile:
    """Collects what was decided bucket by bucket, and writes it out in the order of the input.

    Each bucket leaves a scratch file sorted by input row; the files are merged while the input is
    read once more, so that neither has to fit into memory.

    Args:
        source: The products file.
        settings: The configuration.
        scratch: A folder for the scratch files.
    """

    def __init__(self, source: Path, settings: Settings, scratch: Path) -> None:
        self._source = source
        self._settings = settings
        self._scratch = scratch
        self._parts: list[Path] = []
        names = [f"a{index}" for index in range(len(settings.attributes))]
        self._schema = pa.schema([("row", pa.int64()), *((name, pa.string()) for name in names)])

    def add(self, bucket: BucketVotes, decided: Sequence[DecidedAttribute]) -> None:
        """Take over what was decided in one bucket."""
        row = bucket.products.column("row").to_numpy()
        columns = [pa.array(row)]
        for each in decided:
            place = np.full(len(row), -1)
            place[each.votes.rows] = np.arange(len(each.votes.rows))
            columns.append(each.value.take(pa.array(place, mask=place < 0)))
        path = self._scratch / f"products-{len(self._parts):05d}.arrows"
        with pa.ipc.new_stream(path, self._schema) as writer:
            writer.write_table(pa.table(columns, schema=self._schema).sort_by("row"), BATCH_ROWS)
        self._parts.append(path)

    def write(self, path: Path) -> dict[str, str]:
        """Write the file.

        Returns:
            Attribute -> its column, where that is another because the input has a column of the
            attribute's name.
        """
        table = open_table(self._source, self._settings.input)
        columns = _columns(
            [attribute.name for attribute in self._settings.attributes], table.columns
        )
        header = [*table.columns, *(name for name in columns.values() if name not in table.columns)]
        places = [header.index(name) for name in columns.values()]
        identity = table.columns.index(self._settings.input.id)
        with open_rows(path, [spreadsheet_safe(name) for name in header]) as writer:
            for source, values in zip(table.rows, self._merged(), strict=False):
                row = [*_safe(source, identity), *[""] * (len(header) - len(source))]
                for place, value in zip(places, values, strict=True):
                    row[place] = spreadsheet_safe(value)
                writer.writerow(row)
        return {name: column for name, column in columns.items() if name != column}

    def _merged(self) -> Iterator[Row]:
        with ExitStack() as stack:
            readers = [stack.enter_context(pa.ipc.open_stream(path)) for path in self._parts]
            for _, *values in heapq.merge(*map(_rows, readers), key=lambda row: row[0]):
                yield tuple(value or "" for value in values)


def _columns(attributes: Sequence[str], taken: Sequence[str]) -> dict[str, str]:
    """Attribute -> its column; one that attrx renamed in an earlier run, and that was fed back, is used again."""
    columns: dict[str, str] = {}
    for name in attributes:
        column = name + RENAMED if name in taken else name
        while column != name and (column in attributes or column in columns.values()):
            column += RENAMED
        columns[name] = column
    return columns


def _rows(reader: pa.RecordBatchReader) -> Iterator[tuple[Any, ...]]:
    for batch in reader:
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


def _safe(row: Row, identity: int) -> Iterator[str]:
    return (text if place == identity else spreadsheet_safe(text) for place, text in enumerate(row))

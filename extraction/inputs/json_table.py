"""Products as JSON: one object a line, or one array of objects."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...configs.errors import InputError
from ...configs.settings import InputSettings
from .json_objects import HINT, read_objects
from .source_file import SourceFile, TextFile, open_text
from .table import Row, Table, as_text, id_text


def open_json(file: SourceFile, settings: InputSettings) -> Table:
    """Open a file of JSON; it is read once for its columns, and once for its rows.

    Raises:
        InputError: Something in it is no JSON object, there is none, or the file cannot be read.
    """
    text = open_text(file, settings)
    columns = _columns(text)
    return Table(text.path, columns, _rows(text, columns, settings.id), text.encoding)


def _columns(text: TextFile) -> tuple[str, ...]:
    """All keys in the order in which they first appear: an object may leave out what it has not."""
    columns: dict[str, None] = {}
    for product in _objects(text):
        columns.update(dict.fromkeys(product))
    if not columns:
        raise InputError(f"{text.path}: no JSON object found", hint=HINT)
    return tuple(columns)


def _rows(text: TextFile, columns: tuple[str, ...], id_column: str) -> Iterator[Row]:
    for product in _objects(text):
        yield tuple(
            id_text(product.get(column)) if column == id_column else as_text(product.get(column))
            for column in columns
        )


def _objects(text: TextFile) -> Iterator[dict[str, Any]]:
    with text.open() as lines:
        for _, product in read_objects(lines, text.path):
            yield product

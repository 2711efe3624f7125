"""Products as JSON: one object a line, or one array of objects."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...configs.errors import InputError
from ...configs.settings import InputSettings
from .bounds import check_columns
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
    for _, product in _objects(text):
        columns.update(dict.fromkeys(product))
        check_columns(text.path, len(columns))
    if not columns:
        raise InputError(f"{text.path}: no JSON object found", hint=HINT)
    return tuple(map(_without_surrogates, columns))


def _rows(text: TextFile, columns: tuple[str, ...], id_column: str) -> Iterator[Row]:
    for where, product in _objects(text):
        row = []
        for column in columns:
            text_of = id_text if column == id_column else as_text
            try:
                field = text_of(product.get(column))
            except TypeError as error:  # of orjson, which writes 254 lists in lists
                raise InputError(
                    f"{text.path}: {where}, '{column}': lists in lists, too deep to be read"
                ) from error
            row.append(_without_surrogates(field))
        yield tuple(row)


def _without_surrogates(text: str) -> str:
    """The text with half characters, which no file can hold, as the sign for unreadable ones."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def _objects(text: TextFile) -> Iterator[tuple[str, dict[str, Any]]]:
    """Where each object stands, and the object."""
    with text.open() as lines:
        yield from read_objects(lines, text.path)

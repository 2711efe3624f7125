"""JSON lines: one object per product, one product per line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from ...configs.errors import InputError
from ...configs.settings import InputSettings
from .source_file import SourceFile, TextFile, open_text
from .table import Row, Table, as_text


def open_json_lines(file: SourceFile, settings: InputSettings) -> Table:
    """Open a file of JSON lines; it is read once for its columns, and once for its rows.

    Raises:
        InputError: A line is no JSON object, there is none, or the file cannot be read.
    """
    text = open_text(file, settings)
    columns = _columns(text)
    return Table(text.path, columns, _rows(text, columns), text.encoding)


def _columns(text: TextFile) -> tuple[str, ...]:
    """All keys in the order in which they first appear: a line may leave out what it has not."""
    columns: dict[str, None] = {}
    for line in _objects(text):
        columns.update(dict.fromkeys(line))
    if not columns:
        raise InputError(
            f"{text.path}: no JSON object found", hint="Expected one JSON object per line."
        )
    return tuple(columns)


def _rows(text: TextFile, columns: tuple[str, ...]) -> Iterator[Row]:
    for line in _objects(text):
        yield tuple(as_text(line.get(column)) for column in columns)


def _objects(text: TextFile) -> Iterator[dict[str, Any]]:
    with text.open() as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                yield _parse(line, f"{text.path}: line {number}")


def _parse(line: str, where: str) -> dict[str, Any]:
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise InputError(f"{where} is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise InputError(f"{where}: expected a JSON object, found {type(value).__name__}")
    return value

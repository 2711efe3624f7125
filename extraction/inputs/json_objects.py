"""JSON: one object a line, or one array of objects, as a stream of objects.

Python's own `json.dumps` writes NaN where a number is missing, and so do the tools built on it; it
is no value, like null.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import orjson

from ...configs.errors import InputError

CHUNK_CHARACTERS = 1 << 20
_BLANKS = " \t\r\n\ufeff"
_BETWEEN_ITEMS = _BLANKS + ","
HINT = "Expected one JSON object per line, or one array of objects."


def read_objects(text: IO[str], path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """The objects of a file.

    Args:
        text: The file, at its beginning.
        path: Its name, for messages.

    Yields:
        Where an object stands (`line 3`, `item 3`), and the object.

    Raises:
        InputError: Something in it is not JSON, or no object.
    """
    number, first_line = _first_line(text)
    if first_line.lstrip(_BLANKS).startswith("["):
        yield from _items(text, first_line, path)
    else:
        yield from _lines(text, number, first_line, path)


def _first_line(text: IO[str]) -> tuple[int, str]:
    """The first line in which something stands, and its number."""
    number = 0
    for line in text:
        number += 1
        if line.strip(_BLANKS):
            return number, line
    return number, ""


def _lines(
    text: IO[str], number: int, first_line: str, path: Path
) -> Iterator[tuple[str, dict[str, Any]]]:
    for line in itertools.chain([first_line], text):
        where = f"line {number}"
        number += 1
        if line.strip(_BLANKS):
            yield where, _object(_parse_line(line, where, path), where, path)


def _parse_line(line: str, where: str, path: Path) -> Any:
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError as error:
        try:
            return json.loads(line, parse_constant=_no_value)
        except ValueError:
            raise InputError(f"{path}: {where} is not JSON: {error}", hint=HINT) from error


def _items(text: IO[str], first_line: str, path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """The items of one array, of which no more is in memory than one item and a chunk."""
    decoder = json.JSONDecoder(parse_constant=_no_value)
    buffer = first_line
    position = buffer.index("[") + 1
    number = 1
    while True:
        position = _skip(buffer, position)
        if buffer.startswith("]", position):
            return
        where = f"item {number}"
        try:
            item, position = decoder.raw_decode(buffer, position)
        except ValueError as error:
            chunk = text.read(max(CHUNK_CHARACTERS, len(buffer) - position))
            if not chunk:
                raise InputError(f"{path}: {where} is not JSON: {error}", hint=HINT) from error
            buffer = buffer[position:] + chunk
            position = 0
            continue
        number += 1
        yield where, _object(item, where, path)


def _skip(buffer: str, position: int) -> int:
    """Where the next item begins."""
    while position < len(buffer) and buffer[position] in _BETWEEN_ITEMS:
        position += 1
    return position


def _object(item: Any, where: str, path: Path) -> dict[str, Any]:
    if not isinstance(item, dict):
        raise InputError(
            f"{path}: {where}: expected a JSON object, found {type(item).__name__}", hint=HINT
        )
    return item


def _no_value(_: str) -> None:
    """NaN and the infinities are no values."""

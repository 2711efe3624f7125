"""JSON: one object a line, or one array of objects, as a stream of objects.

Python's own `json.dumps` writes NaN where a number is missing, and so do the tools built on it; it
is no value, like null.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import orjson

from ...configs.errors import InputError
from .bounds import MOST_LINE_CHARACTERS, BoundedLines

CHUNK_CHARACTERS = 1 << 20
_BLANKS = " \t\r\n\ufeff"
_BETWEEN_ITEMS = _BLANKS + ","
HINT = "Expected one JSON object per line, or one array of objects."


def read_objects(text: IO[str] | BoundedLines, path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """The objects of a file.

    Args:
        text: The file, at its beginning.
        path: Its name, for messages.

    Yields:
        Where an object stands (`line 3`, `item 3`), and the object.

    Raises:
        InputError: Something in it is not JSON, or no object.
    """
    lines = text if isinstance(text, BoundedLines) else BoundedLines(text, path)
    if lines.peek(_BLANKS) == "[":
        yield from _items(lines, path)
    else:
        yield from _lines(lines, path)


def _lines(lines: BoundedLines, path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for line in lines:
        where = f"line {lines.number}"
        if line.strip(_BLANKS):
            yield where, _object(_parse_line(line, where, path), where, path)


def _parse_line(line: str, where: str, path: Path) -> Any:
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError as error:
        try:
            return json.loads(line, parse_constant=_no_value)
        except RecursionError:
            raise _too_deep(path, where) from error
        except ValueError:
            raise InputError(f"{path}: {where} is not JSON: {error}", hint=HINT) from error


def _items(text: BoundedLines, path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """The items of one array, of which no more is in memory than one item and a chunk."""
    decoder = json.JSONDecoder(parse_constant=_no_value)
    buffer = text.read(CHUNK_CHARACTERS)
    position = 1
    number = 1
    while True:
        position = _skip(buffer, position)
        if buffer.startswith("]", position):
            return
        where = f"item {number}"
        try:
            item, position = decoder.raw_decode(buffer, position)
        except RecursionError as error:
            raise _too_deep(path, where) from error
        except ValueError as error:
            if len(buffer) - position > MOST_LINE_CHARACTERS:
                bound = f"{MOST_LINE_CHARACTERS:,} characters"
                message = f"{path}: {where} is not JSON within {bound}: {error}"
                raise InputError(message, hint=HINT) from error
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


def _too_deep(path: Path, where: str) -> InputError:
    return InputError(f"{path}: {where} has lists in lists, too deep to be read", hint=HINT)


def _object(item: Any, where: str, path: Path) -> dict[str, Any]:
    if not isinstance(item, dict):
        raise InputError(
            f"{path}: {where}: expected a JSON object, found {type(item).__name__}", hint=HINT
        )
    return item


def _no_value(_: str) -> None:
    """NaN and the infinities are no values."""

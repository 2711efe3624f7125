"""Files of results, which are long: fetched to disk as they come, and read a line at a time."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import IO, Any

import orjson

from ..wire.bounded_body import MOST_BYTES

_MARK = b"\xef\xbb\xbf"  # of UTF-8, which some programs put in front


async def fetched_lines(
    fetch: Callable[[IO[bytes]], Awaitable[None]],
) -> AsyncIterator[dict[str, Any]]:
    """The objects in the lines of a file.

    Args:
        fetch: Writes the file into another one, which is nobody else's and goes with its closing.
    """
    with tempfile.TemporaryFile() as file:
        await fetch(file)
        file.seek(0)
        for entry in read_lines(file):
            yield entry


def read_lines(file: IO[bytes]) -> Iterator[dict[str, Any]]:
    """The objects in the lines of a file; a line that holds none costs itself and no other."""
    while line := file.readline(MOST_BYTES + 1):
        if len(line) > MOST_BYTES:
            _skip_rest(file)
            continue
        entry = _object_or_none(line)
        if entry is not None:
            yield entry


def _skip_rest(file: IO[bytes]) -> None:
    """Go on behind the end of a line that is too long."""
    while line := file.readline(MOST_BYTES):
        if line.endswith(b"\n"):
            return


def _object_or_none(line: bytes) -> dict[str, Any] | None:
    try:
        entry = orjson.loads(line.removeprefix(_MARK))
    except orjson.JSONDecodeError:
        return None
    return entry if isinstance(entry, dict) else None

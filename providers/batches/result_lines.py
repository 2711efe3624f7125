"""Files of results, which are long: fetched to disk as they come, and read a line at a time.

A line that cannot be read costs that line, and no other. But what stands in it was paid for: it is
not dropped, but becomes an error that carries it, under the id that it names, if that can be told.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import IO, Any

import orjson

from ...configs.characters import replace_lone_surrogates
from ...configs.errors import ProviderError, UnreadableResultError
from ..protocol import Reply
from ..wire.bounded_body import MOST_BYTES
from .batch_api import Result, without_tag

_MARK = b"\xef\xbb\xbf"  # of UTF-8, which some programs put in front
_MOST_KEPT = 4_000
_CUSTOM_ID = re.compile(rb'"custom_id"\s*:\s*"([A-Za-z0-9_-]{1,64})"')


@dataclass(frozen=True, slots=True)
class UnreadableLine:
    """A line that holds no object.

    Attributes:
        number: Its number in the file, from 1.
        raw: What stands on it, or its beginning.
        reason: Why it cannot be read.
    """

    number: int
    raw: bytes
    reason: str


Line = tuple[int, bytes, dict[str, Any]] | UnreadableLine
"""The number of a line, what stands on it, and the object that this is."""


async def fetched_lines(fetch: Callable[[IO[bytes]], Awaitable[None]]) -> AsyncIterator[Line]:
    """The lines of a file.

    Args:
        fetch: Writes the file into another one, which is nobody else's and goes with its closing.
    """
    with tempfile.TemporaryFile() as file:
        await fetch(file)
        file.seek(0)
        for line in read_lines(file):
            yield line


def read_lines(file: IO[bytes]) -> Iterator[Line]:
    """The lines of a file, but for blank ones."""
    number = 0
    while line := file.readline(MOST_BYTES + 1):
        number += 1
        if len(line) > MOST_BYTES:
            _skip_rest(file)
            yield UnreadableLine(number, line[:_MOST_KEPT], f"longer than {MOST_BYTES:,} bytes")
            continue
        content = line.removeprefix(_MARK).strip()
        if content:
            yield _read_line(number, content)


def _skip_rest(file: IO[bytes]) -> None:
    """Go on behind the end of a line that is too long."""
    while line := file.readline(MOST_BYTES):
        if line.endswith(b"\n"):
            return


def _read_line(number: int, content: bytes) -> Line:
    try:
        entry = _parse(content)
    except (ValueError, RecursionError):
        return UnreadableLine(number, content[:_MOST_KEPT], "no JSON")
    if not isinstance(entry, dict):
        return UnreadableLine(number, content[:_MOST_KEPT], "no JSON object")
    return number, content, entry


def _parse(content: bytes) -> Any:
    """Read JSON, also where a model, or who cut its answer, has left half an escaped character.

    Raises:
        ValueError: It is none.
        RecursionError: It is nested too deeply.
    """
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:
        entry = json.loads(content)
    return orjson.loads(replace_lone_surrogates(json.dumps(entry, ensure_ascii=False)))


def result_of(line: Line, read: Callable[[dict[str, Any]], Reply | ProviderError]) -> Result:
    """What a line says of a request: its custom id, without the tag, and its outcome.

    Args:
        line: The line.
        read: Makes an outcome of its object; whatever it raises costs its line.

    Returns:
        The id is empty where the line does not tell it.
    """
    if isinstance(line, UnreadableLine):
        return _id_in(line.raw), _unreadable(line)
    number, content, entry = line
    try:
        custom_id = without_tag(entry["custom_id"])
        return custom_id, read(entry)
    except Exception as error:  # words of a stranger, which no reader foresees in full
        reason = str(error) if isinstance(error, ValueError) else type(error).__name__
        bad_line = UnreadableLine(number, content[:_MOST_KEPT], reason)
        return _id_in(content), _unreadable(bad_line)


def _id_in(content: bytes) -> str:
    """The custom id that a line names, without its tag; empty where it names none."""
    match = _CUSTOM_ID.search(content)
    return without_tag(match[1].decode()) if match else ""


def _unreadable(line: UnreadableLine) -> UnreadableResultError:
    message = f"line {line.number:,} of the results cannot be read: {line.reason}"
    return UnreadableResultError(message, line.raw.decode("utf-8", "replace"))

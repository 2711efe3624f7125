"""Server-sent events, which some gateways send though no stream was asked for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from .http import BrokenAnswer, read_object

_FIELDS = (b"data:", b"event:", b"id:", b"retry:", b":")
_DONE = b"[DONE]"


def read_events(content: bytes) -> list[dict[str, Any]]:
    """The JSON objects in the events of a body; empty where it is no event stream.

    Raises:
        BrokenAnswer: An event is no JSON.
    """
    if not content.lstrip().startswith(_FIELDS):
        return []
    events = []
    for data in _data_of_events(content):
        if data and data != _DONE:
            events.append(read_object(data))
    if not events:
        raise BrokenAnswer("an event stream without an event")
    return events


def read_whole_object(content: bytes) -> dict[str, Any]:
    """The JSON object in a body, also where the end of a stream that never was follows it.

    Raises:
        BrokenAnswer: There is none.
    """
    start, mark, end = content.rpartition(b"data:")
    if mark and end.strip() == _DONE:
        content = start
    return read_object(content)


def _data_of_events(content: bytes) -> Iterator[bytes]:
    """What each event holds: its lines of `data:`, put together."""
    lines: list[bytes] = []
    for line in content.splitlines():
        if line.startswith(b"data:"):
            lines.append(line.removeprefix(b"data:").strip())
        elif not line.strip() and lines:
            yield b"\n".join(lines)
            lines = []
    yield b"\n".join(lines)


class JoinedCalls:
    """The arguments of tool calls, which come in pieces by the number of the call."""

    def __init__(self) -> None:
        self._pieces: dict[Any, list[str]] = {}

    def add(self, number: Any, piece: Any) -> None:
        """Take in a piece."""
        text = piece if isinstance(piece, str) else orjson.dumps(piece).decode()
        self._pieces.setdefault(number, []).append(text)

    def texts(self) -> list[str]:
        """The arguments of each call."""
        return ["".join(pieces) for pieces in self._pieces.values()]

"""Odd files of results from a batch API: one row each."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from attrx.testing.batch_services import Response
from attrx.testing.http_server import HttpRequest
from attrx.testing.vendor_batches import AnthropicBatchService, OpenAIBatchService

PROMISE = (
    "Collecting ends. What is odd in transit is read whole the second time; where it stays odd, it"
    " costs the lines that cannot be used and no other, which are told, kept, and asked again with"
    " `--retry-failed`. No answer lands at another product. No traceback shows."
)
Lines = list[bytes]
Change = Callable[[Lines], Lines]


@dataclass(frozen=True)
class OddBatchFile:
    """One kind of file.

    Attributes:
        name: What is odd about it.
        change: Its lines as they should be -> those that it has.
        lost: How many of its answers cannot be used.
    """

    name: str
    change: Change
    lost: int = 1


def _first(change: Callable[[Any], Any]) -> Change:
    """Change the first line, as JSON."""

    def changed(lines: Lines) -> Lines:
        return [_dump(change(json.loads(lines[0]))), *lines[1:]]

    return changed


def _dump(line: Any) -> bytes:
    return line if isinstance(line, bytes) else json.dumps(line).encode()


def _with_first(line: bytes) -> Change:
    return lambda lines: [line, *lines[1:]]


def _without(name: str) -> Change:
    return _first(lambda line: {key: value for key, value in line.items() if key != name})


def _shuffled(lines: Lines) -> Lines:
    return random.Random(1).sample(lines, len(lines))


FILES = (
    OddBatchFile("its lines in another order", _shuffled, lost=0),
    OddBatchFile("a blank line", lambda lines: [*lines[:2], b"", *lines[2:]], lost=0),
    OddBatchFile("blank lines alone at its end", lambda lines: [*lines, b"", b"  ", b""], lost=0),
    OddBatchFile("a byte order mark", lambda lines: [b"\xef\xbb\xbf" + lines[0], *lines[1:]], lost=0),
    OddBatchFile("returns at the ends of lines", lambda lines: [line + b"\r" for line in lines], lost=0),
    OddBatchFile("each line twice", lambda lines: lines + lines, lost=0),
    OddBatchFile("a line of a request that nobody made", _first(lambda line: {**line, "custom_id": "x"})),
    OddBatchFile("a request's id as a number", _first(lambda line: {**line, "custom_id": 7})),
    OddBatchFile("no id of a request", _without("custom_id")),
    OddBatchFile("a line that is cut off", lambda lines: [*lines[:-1], lines[-1][:40]]),
    OddBatchFile("a line that is no JSON", _with_first(b"<html>502</html>")),
    OddBatchFile("a line that is null", _with_first(b"null")),
    OddBatchFile("a line that is a list", _with_first(b"[1, 2]")),
    OddBatchFile("a line that is a number of 5,000 digits", _with_first(b"9" * 5000)),
    OddBatchFile("a line of bytes that are no UTF-8", _with_first(b'{"custom_id": "\xff\xfe"}')),
    OddBatchFile("a line of 100,000 brackets", _with_first(b"[" * 100_000)),
    OddBatchFile("a line of NULs", _with_first(b"\x00" * 500)),
    OddBatchFile("a response that is null", _first(lambda line: {**line, "response": None, "result": None})),
    OddBatchFile("a response that is a text", _first(lambda line: {**line, "response": "ok", "result": "ok"})),
    OddBatchFile("a response that is an empty object", _first(lambda line: {**line, "response": {}, "result": {}})),
    OddBatchFile("no line at all", lambda lines: [], lost=99),
    OddBatchFile("its second half missing", lambda lines: lines[: len(lines) // 2], lost=99),
)  # fmt: skip


def services(change: Change) -> tuple[type[OpenAIBatchService], type[AnthropicBatchService]]:
    """Batch APIs whose files of results are changed the first time that they are fetched."""
    is_used: set[str] = set()

    def changed(path: str, response: Response) -> Response:
        status, body = response
        if status != 200 or path in is_used:
            return response
        is_used.add(path)
        return status, b"\n".join(change(body.splitlines()))

    class OddOpenAIBatches(OpenAIBatchService):
        def serve(self, request: HttpRequest, route: Any) -> Response:
            response = super().serve(request, route)
            return changed(request.path, response) if route[3] else response

    class OddAnthropicBatches(AnthropicBatchService):
        def serve(self, request: HttpRequest, route: Any) -> Response:
            response = super().serve(request, route)
            return changed(request.path, response) if route[2] else response

    return OddOpenAIBatches, OddAnthropicBatches

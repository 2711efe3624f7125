"""Odd behaviours of a server: one row each.

A model at this server is asked beside one that answers as it should. PROMISE is what holds then.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from odd_server import Behaviour, OddReply, OddRequest, Response

PROMISE = (
    "The run ends with exit code 0 or 3, the answers of the model beside it are all kept, no key and"
    " no traceback shows, and a bounded number of requests is sent."
)
MOST_REQUESTS = 60
"""To the odd server, for four products."""
JSON_TYPE = ("content-type", "application/json")
MEGABYTE = 1_000_000


@dataclass(frozen=True)
class OddBehaviour:
    """One behaviour.

    Attributes:
        group: What kind it is of.
        name: What the server does.
        behaviour: Does it.
    """

    group: str
    name: str
    behaviour: Behaviour


def _always(response: Response) -> Behaviour:
    return lambda request: response.reply


def _raw(content: bytes, ending: Any = "close") -> Behaviour:
    return lambda request: OddReply(content, ending)


def _good(*headers: tuple[str, str], **options: Any) -> Behaviour:
    """A good answer under other headers."""
    return lambda request: (
        Response(request.good_body(), headers=(JSON_TYPE, *headers), **options).reply
    )


def _body(change: Callable[[bytes], bytes], *headers: tuple[str, str]) -> Behaviour:
    """A good answer whose bytes are changed."""

    def behave(request: OddRequest) -> OddReply:
        body = change(json.dumps(request.good_body()).encode())
        return Response(body, headers=(JSON_TYPE, *headers)).reply

    return behave


def _error(status: int, message: Any, *headers: tuple[str, str]) -> Behaviour:
    error = {"error": {"message": message, "type": "odd", "code": None, "param": None}}
    return _always(Response(error, status, (JSON_TYPE, *headers)))


def _echo(request: OddRequest) -> OddReply:
    """An error that says the key, in several forms."""
    key = request.headers.get("authorization", request.headers.get("x-api-key", ""))
    shown = f"bad key {key}, {key[:-3]}..., {key.upper()}, {key[7:35]}"
    return Response({"error": {"message": shown}}, 400).reply


def _redirect(status: int, target: str) -> Behaviour:
    def behave(request: OddRequest) -> OddReply:
        location = target.format(port=request.port, path=request.path)
        return Response(b"", status, (("location", location),)).reply

    return behave


def _unframed(content: bytes, ending: Any = "close", *headers: tuple[str, str]) -> Behaviour:
    return _always(Response(content, headers=(JSON_TYPE, *headers), is_framed=False, ending=ending))


def _chunked(*chunks: bytes, ending: Any = "close") -> Behaviour:
    return _unframed(b"".join(chunks), ending, ("transfer-encoding", "chunked"))


def _twice(request: OddRequest) -> OddReply:
    """A second response that nobody asked for, which the next request would take for its own."""
    reply = Response(request.good_body()).reply
    return OddReply(reply.content * 2)


def _usage(value: Any) -> Behaviour:
    """A good answer that says so of all tokens."""

    def behave(request: OddRequest) -> OddReply:
        name = "usageMetadata" if request.wire.name == "google" else "usage"
        usage = dict.fromkeys(request.good_body()[name], value)
        return Response(request.good_body(**{name: usage if value else value})).reply

    return behave


STATUSES = {
    "informs, and never answers": (100, 102, 103, 150, 199),
    "switches protocols": (101,),
    "says that all is well, and sends nothing": (200, 201, 202, 203, 204, 205, 206, 226, 299),
    "sends elsewhere, without an address": (300, 301, 302, 303, 304, 305, 307, 308),
    "refuses": (
        *(400, 401, 402, 403, 404, 405, 406, 407, 408, 409, 410, 411, 412, 413, 414, 415, 416, 417),
        *(418, 421, 422, 423, 424, 425, 426, 428, 429, 431, 444, 451, 460, 499),
    ),
    "fails": (500, 501, 502, 503, 504, 505, 507, 508, 511, 520, 521, 522, 524, 529, 530, 598, 599),
    "has a status that no standard knows": (600, 999),
}


def _statuses() -> Iterator[OddBehaviour]:
    for name, statuses in STATUSES.items():
        for status in statuses:
            behaviour = _error(status, "It did not work.")
            if status < 400:
                behaviour = _always(Response(b"", status))
            yield OddBehaviour("status", f"{status}: {name}", behaviour)


RETRY_AFTER = {
    "no number": "soon",
    "a negative number": "-5",
    "more than a float holds": "1e400",
    "no number, by name": "NaN",
    "5,000 digits": "9" * 5000,
    "a date before all clocks": "Mon, 01 Jan 1601 00:00:00 GMT",
    "a date after all clocks": "Fri, 31 Dec 9999 23:59:59 GMT",
    "letters of another script": "Ù£",
}
LIMITS = {
    "5,000 digits": "9" * 5000,
    "a negative number": "-1",
    "zero": "0",
    "no number": "plenty",
    "no number, by name": "nan",
    "infinity": "inf",
}


def _waits_and_limits() -> Iterator[OddBehaviour]:
    for name, value in RETRY_AFTER.items():
        wait = _error(429, "Slow down.", ("retry-after", value), ("retry-after-ms", value))
        yield OddBehaviour("wait", f"`Retry-After`: {name}", wait)
    for name, value in LIMITS.items():
        parts = ("limit", "remaining", "reset")
        openai = tuple((f"x-ratelimit-{part}-requests", value) for part in parts)
        anthropic = tuple((f"anthropic-ratelimit-tokens-{part}", value) for part in parts)
        yield OddBehaviour("limit", f"rate-limit headers: {name}", _good(*openai, *anthropic))


FRAMES = {
    "promises more than it sends": _good(("content-length", "999999"), is_framed=False, ending="close"),
    "promises less than it sends": _good(("content-length", "7"), is_framed=False, ending="close"),
    "promises a negative length": _good(("content-length", "-7"), is_framed=False, ending="close"),
    "promises a length that is no number": _good(
        ("content-length", "seven"), is_framed=False, ending="close"
    ),
    "promises two lengths": _good(("content-length", "3"), ending="close"),
    "promises an exabyte": _good(("content-length", "1" + "0" * 18), is_framed=False, ending="close"),
    "tells no length, and closes": _good(is_framed=False, ending="close"),
    "tells no length, and stays": _good(is_framed=False, ending="hang"),
    "sends chunks that are none": _chunked(b"zz\r\n{}\r\n0\r\n\r\n"),
    "sends a chunk of a negative size": _chunked(b"-5\r\n{}\r\n0\r\n\r\n"),
    "sends chunks without an end": _chunked(b"2\r\n{}\r\n", ending="hang"),
    "sends empty chunks for ever": _chunked(b"2\r\n{}\r\n", ending="drip"),
    "sends what is no HTTP": _raw(b"220 mail.example.com ESMTP\r\n\r\n"),
    "speaks HTTP/0.9": _raw(b"<html>hello</html>"),
    "speaks HTTP/2": _raw(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    "is a radio": _raw(b"ICY 200 OK\r\n\r\n"),
    "has no reason phrase": _raw(b"HTTP/1.1 200\r\ncontent-length: 2\r\n\r\n{}"),
    "has a status that is no number": _raw(b"HTTP/1.1 OK 200\r\n\r\n"),
    "sends random bytes": _raw(bytes(range(256)) * 4),
    "sends nothing, and closes": _raw(b""),
    "sends nothing, and resets": _raw(b"", "reset"),
    "sends nothing, ever": _raw(b"", "hang"),
    "sends half a head, and stops": _raw(b"HTTP/1.1 200 OK\r\ncontent-le", "hang"),
    "sends a head for ever": _raw(b"HTTP/1.1 200 OK\r\nx-a: ", "drip"),
    "sends a body for ever": _raw(b"HTTP/1.1 200 OK\r\ncontent-length: 999999\r\n\r\n", "drip"),
    "resets in the middle of a body": _raw(b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{", "reset"),
    "answers twice": _twice,
    "has a header of 100 KB": _good(("x-long", "x" * 100_000)),
    "has 2,000 headers": _good(*((f"x-{number}", "x") for number in range(2000))),
    "has a header without a colon": _raw(b"HTTP/1.1 200 OK\r\nhello\r\ncontent-length: 2\r\n\r\n{}"),
    "has control characters in a header": _good(("x-request-id", "a\x1b[31mb\x07")),
    "has no type": _always(Response({"odd": True}, headers=())),
    "has an unknown charset": _always(Response({}, headers=(("content-type", "text/x; charset=q"),))),
}  # fmt: skip
ENCODINGS = {
    "says gzip, and sends plain text": _body(lambda body: body, ("content-encoding", "gzip")),
    "sends gzip as it should": _body(gzip.compress, ("content-encoding", "gzip")),
    "sends half a gzip": _body(lambda body: gzip.compress(body)[:30], ("content-encoding", "gzip")),
    "sends gzip in gzip in gzip": _body(
        lambda body: gzip.compress(gzip.compress(gzip.compress(body))),
        ("content-encoding", "gzip, gzip, gzip"),
    ),
    "sends a gzip of 200 MB": _body(
        lambda body: gzip.compress(b" " * (200 * MEGABYTE)), ("content-encoding", "gzip")
    ),
    "sends deflate": _body(zlib.compress, ("content-encoding", "deflate")),
    "says Brotli": _body(lambda body: body, ("content-encoding", "br")),
    "says an encoding that is none": _body(lambda body: body, ("content-encoding", "zork")),
}
BODIES = {
    "an empty body": b"",
    "blanks": b"   \n ",
    "null": b"null",
    "true": b"true",
    "a number": b"42",
    "a text": b'"male"',
    "a list": b"[1, 2]",
    "an object of nothing": b"{}",
    "100,000 brackets": b"[" * 100_000,
    "100,000 objects in each other": b'{"a":' * 100_000,
    "12 MB": b'{"a": "' + b"x" * (12 * MEGABYTE) + b'"}',
    "bytes that are no UTF-8": b'{"a": "\xff\xfe"}',
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "half of a pair": b'{"choices": [{"message": {"content": "\\ud83d"}}]}',
    "NaN": b'{"choices": NaN}',
    "an integer of 5,000 digits": b'{"usage": ' + b"9" * 5000 + b"}",
    "a page": b"<html><body><h1>Welcome to the network</h1></body></html>",
    "events of a stream": b'data: {"choices": []}\n\ndata: [DONE]\n\n',
    "NULs": b"\x00" * 100,
}
CHANGES: dict[str, Callable[[bytes], bytes]] = {
    "a byte order mark before it": lambda body: b"\xef\xbb\xbf" + body,
    "words behind it": lambda body: body + b" Have a nice day.",
    "the answer twice": lambda body: body + body,
    "a call around it": lambda body: b"callback(" + body + b");",
    "its second half missing": lambda body: body[: len(body) // 2],
    "every key in capitals": lambda body: body.upper(),
}
TEXTS = {
    "signs that drive terminals": "\x1b]0;owned\x07\x1b[2J\x1b[31mred\x9b31m",
    "a link in a terminal": "\x1b]8;;http://evil.example/\x1b\\click\x1b]8;;\x1b\\",
    "marks that turn the direction": "\u202egnp.exe \u2066x\u2069",
    "a megabyte": "sorry " * 200_000,
    "markup of Rich": "[bold red]owned[/] [link=http://evil.example]x[/link]",
    "a script": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "a list": ["no", "text"],
    "nothing": None,
}
USAGES = {
    "a negative number": -1000,
    "2^63": 2**63,
    "2^64 and more": 2**70,
    "a fraction": 0.5,
    "a text": "many",
    "true": True,
    "a list": [1],
    "nothing": None,
    "an object of nothing": {},
}
REDIRECTS = {
    "to itself": "http://127.0.0.1:{port}{path}",
    "to a file": "file:///etc/passwd",
    "to a script": "javascript:alert(1)",
    "to no address": "http://[::bad",
    "to another host": "http://localhost:{port}{path}",
}


def _rows(group: str, prefix: str, cases: dict[str, Behaviour]) -> list[OddBehaviour]:
    return [OddBehaviour(group, prefix + name, behaviour) for name, behaviour in cases.items()]


BEHAVIOURS: tuple[OddBehaviour, ...] = (
    *_statuses(),
    *_waits_and_limits(),
    *_rows("HTTP", "", FRAMES),
    *_rows("encoding", "", ENCODINGS),
    *_rows("body", "200, and ", {name: _always(Response(body)) for name, body in BODIES.items()}),
    *_rows("body", "a good answer, ", {name: _body(change) for name, change in CHANGES.items()}),
    *_rows("message", "400, whose message is ", {name: _error(400, text) for name, text in TEXTS.items()}),
    *_rows("message", "400, whose message says ", {"the key, in several forms": _echo}),
    *_rows("usage", "tokens: ", {name: _usage(value) for name, value in USAGES.items()}),
    *_rows("redirect", "307 ", {name: _redirect(307, to) for name, to in REDIRECTS.items()}),
    *_rows("redirect", "301 ", {name: _redirect(301, to) for name, to in REDIRECTS.items()}),
)  # fmt: skip

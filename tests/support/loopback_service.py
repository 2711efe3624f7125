"""The loopback server's mind: what it is told to do, what it answers, and what it remembers."""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

import orjson
from loopback_http import Connection, HttpRequest
from loopback_wires import REFUSAL, Answered, Standing, Wire, wire_for

ODD_KINDS = (
    "hang",  # never answers
    "disconnect",  # closes the connection without a word
    "drip",  # sends the body a byte at a time, for ever
    "bad_http",  # sends what is no HTTP
    "half_body",  # closes it in the middle of the body
    "broken_body",  # 200, and a body that is no JSON
    "html_body",  # 200, and a proxy's page
    "empty_object",  # 200, and JSON that is no answer
    "prose",  # an answer that is talk
    "refused",  # the model declines
    "filtered",  # the vendor's filter holds the answer back
    "cut_off",  # the first half of the answer, finish reason "length"
)
FINISHES = {"refused": "refused", "filtered": "filtered", "cut_off": "length"}
PROSE = "Sure! I would be happy to help you with this product. Could you tell me more about it?"
JSON_TYPE = {"content-type": "application/json"}


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that goes wrong: a kind, and headers to send with it; or any status and body of one's own.

    `body` may hold `{authorization}`, which becomes the credentials that came with the request.
    """

    kind: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    status: int | None = None
    body: str | None = None


@dataclass(slots=True)
class Call:
    """One request as the server saw it. `status` is 0 where no response was sent."""

    number: int
    time_s: float
    vendor: str
    model: str
    digest: str
    prompt: str = ""
    product: str = ""
    status: int = 200
    fault: str = ""
    path: str = ""
    body: dict[str, Any] = field(default_factory=dict, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    schema: Mapping[str, Any] | None = field(default=None, repr=False)

    def line(self) -> dict[str, Any]:
        """What the log keeps: everything but the bulk."""
        kept = asdict(self)
        for bulky in ("prompt", "body", "headers", "schema"):
            del kept[bulky]
        return kept


Answer = Callable[[Call], str]
Faults = Callable[[Call], Fault | str | None]


def obey(call: Call) -> str:
    """Answer as the request's JSON schema asks: a listed value or a word, the same for the same prompt."""
    properties = (call.schema or {}).get("properties", {})
    choose = random.Random(call.digest)
    return json.dumps({name: choose.choice(_allowed(part)) for name, part in properties.items()} or {"answer": "n/a"})


def _allowed(part: Mapping[str, Any]) -> Sequence[Any]:
    for option in (part, *part.get("anyOf", ())):
        if "enum" in option:
            return list(option["enum"])
    return ["red", "green", "blue"]


class Table:
    """Answers by a text found in the last user message: rows of `text`, `raw` and, where models differ, `model`.

    The longest text that is found wins, and becomes the call's product.
    """

    def __init__(self, rows: Iterable[Mapping[str, str]]) -> None:
        self._raw = {(row["text"], row.get("model")): row["raw"] for row in rows}
        self._texts = sorted({text for text, _ in self._raw}, key=len, reverse=True)

    def __call__(self, call: Call) -> str:
        call.product = next((text for text in self._texts if text in call.prompt), "")
        return self._raw.get((call.product, call.model)) or self._raw.get((call.product, None)) or ""


def read_table(path: Path) -> Table:
    """A table from a JSONL file of rows."""
    return Table(json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())


def random_faults(share: float, kinds: Sequence[str], seed: int = 0) -> Faults:
    """Give each request a fault with this probability, kinds in turn at random; the same seed gives the same faults."""

    def choose(call: Call) -> str | None:
        luck = random.Random(f"{seed}/{call.number}")
        return luck.choice(kinds) if luck.random() < share else None

    return choose


def _planned(faults: Faults | Mapping[int, Fault | str] | Sequence[Fault | str | None] | None) -> Faults:
    if callable(faults):
        return faults
    plan = dict(faults) if isinstance(faults, Mapping) else dict(enumerate(faults or ()))
    return lambda call: plan.get(call.number)


class Bucket:
    """A token bucket: `rate` a second, at most `burst` saved up."""

    def __init__(self, rate: float, burst: float) -> None:
        self.rate, self.burst, self.level, self.filled_at = rate, burst, burst, time.monotonic()

    def fill(self) -> None:
        now = time.monotonic()
        self.level = min(self.burst, self.level + (now - self.filled_at) * self.rate)
        self.filled_at = now

    def wait_s(self, amount: float) -> float:
        """Seconds until `amount` can be had; more than the bucket holds is had from a full one."""
        return max(0.0, (min(amount, self.burst) - self.level) / self.rate)

    def standing(self) -> Standing:
        return Standing(round(self.rate * 60), max(0, int(self.level)), (self.burst - self.level) / self.rate)


@dataclass(slots=True)
class Behaviour:
    """How the server behaves.

    Attributes:
        answer: The raw answer to a call.
        faults: What goes wrong with which call.
        latency_s: Seconds between a request and its answer.
        limit_per_s: Requests a second that are let through; the others get a 429.
        tokens_per_minute: The same for tokens of prompt and answer.
        burst_s: Seconds' worth of requests or tokens that may come at once.
        tell_limits: Whether responses carry rate-limit headers.
        tell_wait: Whether a 429 says when to come back.
        api_key: The only key that is taken; None takes all, and requests without one.
        log: JSONL file to which every call is written as it arrives.
        keep: Whether `calls` keeps them in memory too.
        product_pattern: Regular expression whose group 1, found in the prompt, is the product of a call.
    """

    answer: Answer = obey
    faults: Faults | Mapping[int, Fault | str] | Sequence[Fault | str | None] | None = None
    latency_s: float = 0.0
    limit_per_s: float | None = None
    tokens_per_minute: float | None = None
    burst_s: float = 0.2
    tell_limits: bool = True
    tell_wait: bool = True
    api_key: str | None = None
    log: Path | None = None
    keep: bool = True
    product_pattern: str | None = None


class Service:
    """The server's mind: takes requests of all vendors, decides, answers, and keeps the log."""

    def __init__(self, behaviour: Behaviour) -> None:
        self.behaviour = behaviour
        self.calls: list[Call] = []
        self.connections: set[Connection] = set()
        self._count = 0
        self._faults = _planned(behaviour.faults)
        self._product = re.compile(behaviour.product_pattern) if behaviour.product_pattern else None
        per_s, per_minute, burst_s = behaviour.limit_per_s, behaviour.tokens_per_minute, behaviour.burst_s
        self._requests = Bucket(per_s, max(1.0, per_s * burst_s)) if per_s else None
        self._tokens = Bucket(per_minute / 60, per_minute / 60 * burst_s) if per_minute else None
        self._log: IO[bytes] | None = behaviour.log.open("ab") if behaviour.log else None

    def close(self) -> None:
        if self._log:
            self._log.close()

    def connection(self) -> Connection:
        return Connection(self.serve, self.connections)

    def serve(self, request: HttpRequest, connection: Connection) -> None:
        wire = wire_for(request.path)
        if wire is None or request.method != "POST":
            connection.send(404, JSON_TYPE, b'{"error": {"message": "Unknown request URL"}}')
            return
        call = self._call(request, wire)
        fault = self._refused_key(request) or self._faults(call)
        fault = Fault(fault) if isinstance(fault, str) else fault
        if fault is None or fault.kind in FINISHES or fault.kind == "prose":
            self._answer(call, wire, connection, fault.kind if fault else "")
        else:
            self._fail(call, wire, connection, fault)

    def _call(self, request: HttpRequest, wire: Wire) -> Call:
        body = orjson.loads(request.body)
        asked = wire.asked(request.path, body)
        digest = hashlib.blake2b(request.path.encode() + request.body, digest_size=8).hexdigest()
        call = Call(self._count, time.time(), wire.name, asked.model, digest, asked.prompt)
        call.path, call.body, call.headers, call.schema = request.path, body, request.headers, asked.schema
        if self._product and (found := self._product.search(asked.prompt)):
            call.product = found[1]
        self._count += 1
        return call

    def _refused_key(self, request: HttpRequest) -> Fault | None:
        wanted = self.behaviour.api_key
        given = request.headers.get("x-goog-api-key") or request.headers.get("x-api-key")
        given = given or request.headers.get("authorization", "").removeprefix("Bearer ")
        return None if wanted is None or given == wanted else Fault("unauthorized")

    def _note(self, call: Call) -> None:
        if self.behaviour.keep:
            self.calls.append(call)
        if self._log:
            self._log.write(orjson.dumps(call.line(), option=orjson.OPT_APPEND_NEWLINE))
            self._log.flush()

    def _answer(self, call: Call, wire: Wire, connection: Connection, kind: str) -> None:
        call.fault = kind
        raw = self.behaviour.answer(call)
        raw = {"prose": PROSE, "refused": REFUSAL, "cut_off": raw[: len(raw) // 2]}.get(kind, raw)
        input_tokens, output_tokens = len(call.prompt) // 4 + 1, len(raw) // 4 + 1
        wait_s = self._wait_s(input_tokens + output_tokens)
        if wait_s > 0:
            headers = wire.retry_headers(wait_s) if self.behaviour.tell_wait else {}
            self._fail(call, wire, connection, Fault("rate_limited", headers))
            return
        self._note(call)
        finish = FINISHES.get(kind, "stop")
        body = wire.answer(Answered(call.model, raw, finish, input_tokens, output_tokens, call.number))
        self._later(connection.send, 200, self._headers(call, wire), orjson.dumps(body))

    def _wait_s(self, tokens: int) -> float:
        """Take one request and its tokens from the limits; seconds to wait where they are used up."""
        wanted = [(bucket, amount) for bucket, amount in ((self._requests, 1), (self._tokens, tokens)) if bucket]
        for bucket, _ in wanted:
            bucket.fill()
        wait_s = max((bucket.wait_s(amount) for bucket, amount in wanted), default=0.0)
        if wait_s <= 0:
            for bucket, amount in wanted:
                bucket.level -= amount
        return wait_s

    def _headers(self, call: Call, wire: Wire) -> dict[str, str]:
        headers = {**JSON_TYPE, wire.request_id_header: f"req_{call.number:08d}"}
        if self.behaviour.tell_limits:
            standings = [bucket.standing() if bucket else None for bucket in (self._requests, self._tokens)]
            headers |= wire.limit_headers(*standings)
        return headers

    def _fail(self, call: Call, wire: Wire, connection: Connection, fault: Fault) -> None:
        call.fault = fault.kind or f"status {fault.status}"
        call.status, body = self._failure(call, wire, fault)
        self._note(call)
        headers = {**self._headers(call, wire), **fault.headers}
        if fault.kind == "hang":
            return
        if fault.kind == "disconnect":
            self._later(connection.hang_up)
        elif fault.kind == "bad_http":
            self._later(connection.send_garbage)
        elif fault.kind == "drip":
            self._later(connection.drip, headers)
        elif fault.kind == "half_body":
            self._later(connection.send_half, 200, headers, body)
        elif fault.kind == "rate_limited":
            connection.send(call.status, headers, body)
        else:
            self._later(connection.send, call.status, headers, body)

    def _failure(self, call: Call, wire: Wire, fault: Fault) -> tuple[int, bytes]:
        if fault.status is not None:
            credentials = call.headers.get("authorization") or call.headers.get("x-goog-api-key", "")
            return fault.status, (fault.body or "").replace("{authorization}", credentials).encode()
        bodies = {
            "hang": (0, b""),
            "disconnect": (0, b""),
            "bad_http": (0, b""),
            "drip": (0, b""),
            "half_body": (0, b'{"object": "an answer that never ends"}'),
            "broken_body": (200, b'{"id": "broken", "choices": [{"mess'),
            "html_body": (200, b"<html><body><h1>Welcome to the network</h1></body></html>"),
            "empty_object": (200, b"{}"),
        }
        if fault.kind in bodies:
            return bodies[fault.kind]
        status, body = wire.failure(fault.kind, call.model)
        return status, orjson.dumps(body)

    def _later(self, send: Callable[..., None], *args: Any) -> None:
        asyncio.get_running_loop().call_later(self.behaviour.latency_s, send, *args)

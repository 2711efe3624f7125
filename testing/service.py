"""The loopback server's mind: what it is told to do, what it answers, and what it remembers."""

from __future__ import annotations

import asyncio
import hashlib
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import orjson

from .batch_services import AnthropicBatchService, BatchService, OpenAIBatchService
from .calls import FINISHES, AnswerFunction, Call, Fault, FaultPlan, answer_by_schema, planned
from .http_server import HttpConnection, HttpRequest
from .wire_formats import REFUSAL, WIRES, LimitState, Wire, WireAnswer, wire_for

PROSE = "Sure! I would be happy to help you with this product. Could you tell me more about it?"
JSON_TYPE = {"content-type": "application/json"}


def count_tokens(text: str) -> int:
    """What this server calls tokens: one for every 4 characters begun."""
    return len(text) // 4 + 1


class TokenBucket:
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

    def standing(self) -> LimitState:
        return LimitState(
            round(self.rate * 60), max(0, int(self.level)), (self.burst - self.level) / self.rate
        )


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
        product_pattern: Regular expression whose group 1, found in the prompt, is the product of a
            call.
        batch_s: Seconds after which a batch has ended.
    """

    answer: AnswerFunction = answer_by_schema
    faults: FaultPlan = None
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
    batch_s: float = 0.0


class Service:
    """The server's mind: takes requests of all vendors, decides, answers, and keeps the log."""

    def __init__(self, behaviour: Behaviour) -> None:
        self.behaviour = behaviour
        self.calls: list[Call] = []
        self.connections: set[HttpConnection] = set()
        self._count = 0
        self._faults = planned(behaviour.faults)
        self._product = re.compile(behaviour.product_pattern) if behaviour.product_pattern else None
        per_s, per_minute, burst_s = (
            behaviour.limit_per_s,
            behaviour.tokens_per_minute,
            behaviour.burst_s,
        )
        self._requests = TokenBucket(per_s, max(1.0, per_s * burst_s)) if per_s else None
        self._tokens = (
            TokenBucket(per_minute / 60, per_minute / 60 * burst_s) if per_minute else None
        )
        self._batches = [
            made(self._settle, behaviour.batch_s)
            for made in (OpenAIBatchService, AnthropicBatchService)
        ]
        self._log: IO[bytes] | None = behaviour.log.open("ab") if behaviour.log else None

    def close(self) -> None:
        if self._log:
            self._log.close()

    def connection(self) -> HttpConnection:
        return HttpConnection(self.serve, self.connections)

    def serve(self, request: HttpRequest, connection: HttpConnection) -> None:
        for batches in self._batches:
            if found := batches.route.match(request.path):
                self._serve_batches(batches, request, found, connection)
                return
        wire = wire_for(request.path)
        if wire is None or request.method != "POST":
            connection.send(404, JSON_TYPE, b'{"error": {"message": "Unknown request URL"}}')
            return
        call = self._call(request.path, request.headers, request.body, wire)
        fault = self._refused_key(request) or self._fault(call)
        if fault is None or fault.kind in FINISHES or fault.kind == "prose":
            self._answer(call, wire, connection, fault.kind if fault else "")
        else:
            self._fail(call, wire, connection, fault)

    def _serve_batches(
        self,
        batches: BatchService,
        request: HttpRequest,
        found: re.Match[str],
        connection: HttpConnection,
    ) -> None:
        """Serve the handling of batches: logged as a call without a prompt, and open to faults like any other."""
        vendor = batches.vendor
        call = Call(
            self._count, time.time(), vendor, "", "", path=f"{request.method} {request.path}"
        )
        call.headers = request.headers
        self._count += 1
        fault = self._refused_key(request) or self._fault(call)
        if fault is not None and fault.kind != "late_disconnect":
            self._fail(call, WIRES[vendor], connection, fault)
            return
        call.status, body = batches.serve(request, found)
        self._note(call)
        if fault is None:
            self._later(connection.send, call.status, self._headers(call, WIRES[vendor]), body)
        else:
            self._later(connection.hang_up)

    def _settle(
        self, vendor: str, batch: str, custom_id: str, body: dict[str, Any]
    ) -> tuple[int, bytes]:
        """Answer one request of a batch; status 0 where it expires."""
        wire = WIRES[vendor]
        call = self._call("", {}, orjson.dumps(body), wire)
        call.batch, call.custom_id = batch, custom_id
        fault = self._fault(call)
        if fault is None or fault.kind in FINISHES or fault.kind == "prose":
            raw = self._raw(call, fault.kind if fault else "")
            self._note(call)
            return 200, self._answered(call, wire, raw)
        call.fault = fault.kind
        call.status, answer = (
            (0, b"") if fault.kind == "expired" else self._failure(call, wire, fault)
        )
        self._note(call)
        return call.status, answer

    def _fault(self, call: Call) -> Fault | None:
        fault = self._faults(call)
        return Fault.read(fault) if isinstance(fault, str) else fault

    def _call(self, path: str, headers: Mapping[str, str], content: bytes, wire: Wire) -> Call:
        body = orjson.loads(content)
        asked = wire.asked(path, body)
        digest = hashlib.blake2b(path.encode() + content, digest_size=8).hexdigest()
        call = Call(self._count, time.time(), wire.name, asked.model, digest, asked.prompt)
        call.path, call.body, call.headers, call.schema = path, body, headers, asked.schema
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

    def _raw(self, call: Call, kind: str) -> str:
        call.fault = kind
        raw = self.behaviour.answer(call)
        return {"prose": PROSE, "refused": REFUSAL, "cut_off": raw[: len(raw) // 2]}.get(kind, raw)

    def _answered(self, call: Call, wire: Wire, raw: str) -> bytes:
        input_tokens, output_tokens = count_tokens(call.prompt), count_tokens(raw)
        finish = FINISHES.get(call.fault, "stop")
        return orjson.dumps(
            wire.answer(
                WireAnswer(call.model, raw, finish, input_tokens, output_tokens, call.number)
            )
        )

    def _answer(self, call: Call, wire: Wire, connection: HttpConnection, kind: str) -> None:
        raw = self._raw(call, kind)
        wait_s = self._wait_s(count_tokens(call.prompt) + count_tokens(raw))
        if wait_s > 0:
            headers = wire.retry_headers(wait_s) if self.behaviour.tell_wait else {}
            self._fail(call, wire, connection, Fault("rate_limited", headers))
            return
        self._note(call)
        self._later(
            connection.send, 200, self._headers(call, wire), self._answered(call, wire, raw)
        )

    def _wait_s(self, tokens: int) -> float:
        """Take one request and its tokens from the limits; seconds to wait where they are used up."""
        wanted = [
            (bucket, amount)
            for bucket, amount in ((self._requests, 1), (self._tokens, tokens))
            if bucket
        ]
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
            standings = [
                bucket.standing() if bucket else None for bucket in (self._requests, self._tokens)
            ]
            headers |= wire.limit_headers(*standings)
        return headers

    def _fail(self, call: Call, wire: Wire, connection: HttpConnection, fault: Fault) -> None:
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
            credentials = call.headers.get("authorization") or call.headers.get(
                "x-goog-api-key", ""
            )
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

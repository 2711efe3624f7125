"""The server's mind: what it is told to do, what it answers, and what it remembers."""

from __future__ import annotations

import asyncio
import hashlib
import re
import time
from collections.abc import Callable, Mapping
from typing import IO, Any

import orjson

from .batch_services import BatchService
from .behaviour import Behaviour
from .calls import Call, texts_of
from .faults import ANSWER_FAULTS, FINISHES, Fault, as_fault, fault_function
from .http_server import HttpConnection, HttpRequest
from .rate_limits import LimitState, TokenBucket
from .vendor_batches import VENDOR_BATCHES
from .vendor_wires import VENDOR_WIRES
from .wire_formats import REFUSAL, WireAnswer, WireFormat

PROSE = "Sure! I would be happy to help you with this product. Could you tell me more about it?"
JSON_TYPE = {"content-type": "application/json"}
# What is sent for responses that are none; status 0 where nothing is.
_BODIES = {
    "hang": (0, b""),
    "disconnect": (0, b""),
    "bad_http": (0, b""),
    "drip": (0, b""),
    "half_body": (0, b'{"object": "an answer that never ends"}'),
    "broken_body": (200, b'{"id": "broken", "choices": [{"mess'),
    "html_body": (200, b"<html><body><h1>Welcome to the network</h1></body></html>"),
    "empty_object": (200, b"{}"),
    "empty_body": (200, b""),
    "endless_body": (0, b""),
    "redirect": (307, b""),
    "expired": (0, b""),
}


_NO_HTTP = b"220 mail.example.com ESMTP\r\n\r\n"


def count_tokens(text: str) -> int:
    """What this server calls tokens: one for every 4 characters begun."""
    return len(text) // 4 + 1


class Service:
    """The server's mind: takes requests of all vendors, decides, answers, and keeps the log."""

    def __init__(self, behaviour: Behaviour) -> None:
        self.behaviour = behaviour
        self.calls: list[Call] = []
        self.connections: set[HttpConnection] = set()
        self.wires = (*behaviour.wires, *VENDOR_WIRES)
        self._count = 0
        self._faults = fault_function(behaviour.faults)
        pattern = behaviour.product_pattern
        self._product_pattern = re.compile(pattern) if pattern else None
        self._request_bucket = _request_bucket(behaviour)
        self._token_bucket = _token_bucket(behaviour)
        self._batch_services: list[BatchService] = []
        for service_class in (*behaviour.batch_services, *VENDOR_BATCHES):
            service = service_class(self._settle, behaviour.batch_s)
            self._batch_services.append(service)
        self._holds = behaviour.holds
        self._held_answers: list[tuple[Callable[..., None], tuple[Any, ...]]] = []
        self._log: IO[bytes] | None = behaviour.log.open("ab") if behaviour.log else None

    def close(self) -> None:
        """Close the log."""
        if self._log:
            self._log.close()

    def release(self) -> None:
        """Send the answers that are held back, and hold none from now on."""
        self._holds = None
        for send, args in self._held_answers:
            send(*args)
        self._held_answers.clear()

    def end_batches(self) -> None:
        """End all batches now, and those that are still to come as soon as they are made."""
        for service in self._batch_services:
            service.end_batches()

    def connection(self) -> HttpConnection:
        """What serves a new connection."""
        return HttpConnection(self.serve, self.connections)

    def wire_named(self, vendor: str) -> WireFormat:
        """The wire format of a vendor; KeyError where there is none."""
        for wire in self.wires:
            if wire.name == vendor:
                return wire
        raise KeyError(vendor)

    def serve(self, request: HttpRequest, connection: HttpConnection) -> None:
        """Answer a request, or do what is to go wrong with it."""
        for service in self._batch_services:
            route = service.route.match(request.path)
            if route:
                self._serve_batches(service, request, route, connection)
                return
        wire = self._wire_for(request)
        if wire is None:
            connection.send(404, JSON_TYPE, b'{"error": {"message": "Unknown request URL"}}')
            return
        call = self._new_call(request.path, request.headers, request.body, wire)
        fault = self._key_fault(request, wire) or as_fault(self._faults(call))
        if fault is None or fault.kind in ANSWER_FAULTS:
            self._send_answer(call, wire, connection, fault.kind if fault else "")
        else:
            self._send_fault(call, wire, connection, fault)

    def _wire_for(self, request: HttpRequest) -> WireFormat | None:
        if request.method != "POST":
            return None
        return next((wire for wire in self.wires if wire.serves(request.path)), None)

    def _serve_batches(
        self,
        service: BatchService,
        request: HttpRequest,
        route: re.Match[str],
        connection: HttpConnection,
    ) -> None:
        """Serve the handling of batches, logged as a call without a prompt; it may go wrong too."""
        wire = self.wire_named(service.vendor)
        path = f"{request.method} {request.path}"
        call = Call(self._count, time.time(), service.vendor, "", "", path=path)
        call.headers = request.headers
        self._count += 1
        fault = self._key_fault(request, wire)
        if fault is None:
            fault = as_fault(self._faults(call))
        if fault is not None and fault.kind != "late_disconnect":
            self._send_fault(call, wire, connection, fault)
            return
        call.status, body = service.serve(request, route)
        self._record(call)
        if fault is None:
            headers = self._headers(call, wire)
            self._later(call, connection.send, call.status, headers, body)
        else:
            self._later(call, connection.hang_up)

    def _settle(
        self, vendor: str, batch: str, custom_id: str, body: dict[str, Any]
    ) -> tuple[int, bytes]:
        """Answer one request of a batch; status 0 where it expires."""
        wire = self.wire_named(vendor)
        call = self._new_call("", {}, orjson.dumps(body), wire)
        call.batch = batch
        call.custom_id = custom_id
        fault = as_fault(self._faults(call))
        if fault is None or fault.kind in ANSWER_FAULTS:
            raw = self._raw_answer(call, fault.kind if fault else "")
            body_bytes = self._answer_body(call, wire, raw)
            self._record(call)
            return 200, body_bytes
        call.fault = fault.kind
        call.status, content = self._fault_response(call, wire, fault)
        self._record(call)
        return call.status, content

    def _new_call(
        self, path: str, headers: Mapping[str, str], content: bytes, wire: WireFormat
    ) -> Call:
        body = orjson.loads(content)
        request = wire.read(path, body)
        digest = hashlib.blake2b(path.encode() + content, digest_size=8).hexdigest()
        call = Call(self._count, time.time(), wire.name, request.model, digest, request.prompt)
        call.path = path
        call.body = body
        call.input_tokens = count_tokens(texts_of(body) or request.prompt)
        call.headers = headers
        call.schema = request.schema
        product = self._product_pattern and self._product_pattern.search(request.prompt)
        if product:
            call.product = product[1]
        self._count += 1
        return call

    def _key_fault(self, request: HttpRequest, wire: WireFormat) -> Fault | None:
        """The fault of a request with another key than the one that is taken."""
        key = self.behaviour.api_key
        credentials = _credentials(request.headers, wire)
        if key is None or credentials.removeprefix("Bearer ") == key:
            return None
        return Fault("unauthorized")

    def _record(self, call: Call) -> None:
        if self.behaviour.keep:
            self.calls.append(call)
        if self._log:
            self._log.write(orjson.dumps(call.log_entry(), option=orjson.OPT_APPEND_NEWLINE))
            self._log.flush()

    def _raw_answer(self, call: Call, kind: str) -> str:
        call.fault = kind
        raw = self.behaviour.answer(call)
        if kind == "cut_off":
            return raw[: len(raw) // 2]
        return {"prose": PROSE, "refused": REFUSAL}.get(kind, raw)

    def _answer_body(self, call: Call, wire: WireFormat, raw: str) -> bytes:
        call.output_tokens = count_tokens(raw)
        answer = WireAnswer(
            model=call.model,
            raw=raw,
            finish=FINISHES.get(call.fault, "stop"),
            input_tokens=call.input_tokens,
            output_tokens=call.output_tokens,
            number=call.number,
        )
        return orjson.dumps(wire.write(answer))

    def _send_answer(
        self, call: Call, wire: WireFormat, connection: HttpConnection, kind: str
    ) -> None:
        raw = self._raw_answer(call, kind)
        wait_s = self._wait_s(call.input_tokens + count_tokens(raw))
        if wait_s > 0:
            headers = wire.retry_headers(wait_s) if self.behaviour.tell_wait else {}
            fault = Fault("rate_limited", headers)
            self._send_fault(call, wire, connection, fault)
            return
        body = self._answer_body(call, wire, raw)
        self._record(call)
        headers = self._headers(call, wire)
        self._later(call, connection.send, 200, headers, body)

    def _wait_s(self, tokens: int) -> float:
        """Take a request and its tokens from the limits; seconds to wait where they are used up."""
        amounts: list[tuple[TokenBucket, int]] = []
        if self._request_bucket:
            amounts.append((self._request_bucket, 1))
        if self._token_bucket:
            amounts.append((self._token_bucket, tokens))
        wait_s = 0.0
        for bucket, amount in amounts:
            bucket.fill()
            wait_s = max(wait_s, bucket.wait_s(amount))
        if wait_s <= 0:
            for bucket, amount in amounts:
                bucket.level -= amount
        return wait_s

    def _headers(self, call: Call, wire: WireFormat) -> dict[str, str]:
        headers = {**JSON_TYPE, wire.request_id_header: f"req_{call.number:08d}"}
        if self.behaviour.tell_limits:
            requests, tokens = _state(self._request_bucket), _state(self._token_bucket)
            headers |= wire.limit_headers(requests, tokens)
        return headers

    def _send_fault(
        self, call: Call, wire: WireFormat, connection: HttpConnection, fault: Fault
    ) -> None:
        call.fault = fault.kind or f"status {fault.status}"
        call.status, body = self._fault_response(call, wire, fault)
        self._record(call)
        headers = self._headers(call, wire)
        for name, value in fault.headers.items():
            headers[name] = _with_credentials(value, call, wire)
        if fault.raw is not None:
            self._later(call, connection.send_raw, fault.raw)
        elif fault.kind == "hang":
            return
        elif fault.kind == "disconnect":
            self._later(call, connection.hang_up)
        elif fault.kind == "bad_http":
            self._later(call, connection.send_raw, _NO_HTTP)
        elif fault.kind == "endless_body":
            self._later(call, connection.send_for_ever, headers)
        elif fault.kind == "drip":
            self._later(call, connection.drip, headers)
        elif fault.kind == "half_body":
            self._later(call, connection.send_half, 200, headers, body)
        elif fault.kind == "rate_limited":
            connection.send(call.status, headers, body)
        else:
            self._later(call, connection.send, call.status, headers, body)

    def _fault_response(self, call: Call, wire: WireFormat, fault: Fault) -> tuple[int, bytes]:
        """Status and body; status 0 where no response is sent."""
        if fault.raw is not None:
            return 0, b""
        if fault.status is not None:
            if isinstance(fault.body, bytes):
                return fault.status, fault.body
            return fault.status, _with_credentials(fault.body or "", call, wire).encode()
        if fault.kind in _BODIES:
            return _BODIES[fault.kind]
        status, body = wire.failure(fault.kind, call.model)
        return status, orjson.dumps(body)

    def _later(self, call: Call, send: Callable[..., None], *args: Any) -> None:
        """Send after the latency, or when held answers are released."""
        if self._holds is not None and self._holds(call):
            self._held_answers.append((send, args))
        else:
            asyncio.get_running_loop().call_later(self.behaviour.latency_s, send, *args)


def _request_bucket(behaviour: Behaviour) -> TokenBucket | None:
    per_s = behaviour.limit_per_s
    return TokenBucket(per_s, max(1.0, per_s * behaviour.burst_s)) if per_s else None


def _token_bucket(behaviour: Behaviour) -> TokenBucket | None:
    if not behaviour.tokens_per_minute:
        return None
    per_s = behaviour.tokens_per_minute / 60
    return TokenBucket(per_s, per_s * behaviour.burst_s)


def _state(bucket: TokenBucket | None) -> LimitState | None:
    return bucket.state() if bucket else None


def _with_credentials(text: str, call: Call, wire: WireFormat) -> str:
    """A text with the credentials of a call where it wants them."""
    return text.replace("{authorization}", _credentials(call.headers, wire))


def _credentials(headers: Mapping[str, str], wire: WireFormat) -> str:
    """The key that came with a request, as it was sent."""
    return headers.get(wire.key_header) or headers.get("authorization", "")

"""What the server is told to do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .answers import AnswerFunction, answer_by_schema
from .batch_services import BatchService
from .calls import Call
from .faults import FaultPlan
from .wire_formats import WireFormat


@dataclass(slots=True)
class Behaviour:
    """How the server behaves.

    Attributes:
        answer: The raw answer to a call.
        faults: What goes wrong with which call.
        latency_s: Seconds between a request and its answer.
        holds: Says of a call whether its answer is held back until `VendorServer.release`, so that
            a test need not guess how long something takes.
        limit_per_s: Requests a second that are let through; the others get a 429.
        tokens_per_minute: The same for tokens of prompt and answer.
        burst_s: Seconds' worth of requests or tokens that may come at once.
        tell_limits: Whether responses carry rate-limit headers.
        tell_wait: Whether a 429 says when to come back.
        api_key: The only key that is taken; None takes all, and requests without one.
        log: JSONL file to which every call is written as it arrives.
        keep: Whether `calls` keeps them in memory too.
        product_pattern: Regular expression whose group 1, where it matches the prompt, is the
            product of a call.
        batch_s: Seconds after which a batch has ended.
        wires: Wire formats of one's own; they go before the vendors'.
        batch_services: Batch APIs of one's own, likewise; each is for the wire format that its
            `vendor` names.
    """

    answer: AnswerFunction = answer_by_schema
    faults: FaultPlan = None
    latency_s: float = 0.0
    holds: Callable[[Call], bool] | None = None
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
    wires: tuple[WireFormat, ...] = ()
    batch_services: tuple[type[BatchService], ...] = ()

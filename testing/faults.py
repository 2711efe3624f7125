"""What goes wrong with calls to the server."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from .calls import Call
from .vendor_failures import VENDOR_FAILURES

RESPONSE_FAULTS = (
    "hang",  # never answers
    "disconnect",  # closes the connection without a word
    "drip",  # sends the body a byte at a time, for ever
    "bad_http",  # sends what is no HTTP
    "half_body",  # closes it in the middle of the body
    "broken_body",  # 200, and a body that is no JSON
    "html_body",  # 200, and a proxy's page
    "empty_object",  # 200, and JSON that is no answer
    "empty_body",  # 200, and nothing
    "endless_body",  # 200, and a body that goes on as long as the client reads
    "redirect",  # 307 to the `location` among its headers
)
"""Kinds of responses that are none."""
ANSWER_FAULTS = (
    "prose",  # an answer that is talk
    "refused",  # the model declines
    "filtered",  # the vendor's filter holds the answer back
    "cut_off",  # the first half of the answer, finish reason "length"
)
"""Kinds of answers that are of little use."""
BATCH_FAULTS = (
    "expired",  # a request of a batch that was not reached in time
    "late_disconnect",  # what was asked is done, and the connection closed before the client hears
)
"""Kinds that batches alone know."""
FAULT_KINDS = (*VENDOR_FAILURES, *RESPONSE_FAULTS, *ANSWER_FAULTS, *BATCH_FAULTS)
"""All kinds; those that a vendor tells of, such as `rate_limited`, come first."""

# How an answer ended, as attrx's `Reply` says it.
FINISHES = {"refused": "refused", "filtered": "filtered", "cut_off": "length"}


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that goes wrong.

    Attributes:
        kind: One of `FAULT_KINDS`; empty with a status and a body of one's own.
        headers: Headers to send with it; `{authorization}` in them becomes the credentials that
            came with the request.
        status: Any status.
        body: Any body, likewise; bytes are sent as they are.
        raw: In place of all this, the whole response as it goes over the wire, with its head; the
            connection ends behind it.
    """

    kind: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    status: int | None = None
    body: str | bytes | None = None
    raw: bytes | None = None

    def __post_init__(self) -> None:
        """See that the kind is known, before a client waits for a response that never comes.

        Raises:
            ValueError: It is not.
        """
        if self.kind and self.kind not in FAULT_KINDS:
            raise ValueError(f"unknown fault '{self.kind}'; known: {', '.join(FAULT_KINDS)}")

    @classmethod
    def read(cls, text: str) -> Fault:
        """A fault from a text: kind, and perhaps headers, as in `rate_limited retry-after=1`."""
        kind, *headers = text.split()
        return cls(kind, dict(header.split("=", 1) for header in headers))


FaultFunction = Callable[[Call], Fault | str | None]
FaultPlan = FaultFunction | Mapping[int, Fault | str] | Sequence[Fault | str | None] | None
"""Faults by a function of the call, by its number, or in order."""


def random_faults(share: float, kinds: Sequence[Fault | str], seed: int = 0) -> FaultFunction:
    """Give each request a fault with this probability; the same seed gives the same faults.

    Args:
        share: The probability.
        kinds: What goes wrong, each with the same probability.
        seed: Another seed draws others.
    """

    def choose(call: Call) -> Fault | str | None:
        luck = random.Random(f"{seed}/{call.number}")
        return luck.choice(kinds) if luck.random() < share else None

    return choose


def fault_function(plan: FaultPlan) -> FaultFunction:
    """A plan in any of its forms as a function of the call."""
    if callable(plan):
        return plan
    by_number = dict(plan) if isinstance(plan, Mapping) else dict(enumerate(plan or ()))
    faults = {number: as_fault(fault) for number, fault in by_number.items()}
    return lambda call: faults.get(call.number)


def as_fault(fault: Fault | str | None) -> Fault | None:
    """A fault in any of its forms as a `Fault`."""
    return Fault.read(fault) if isinstance(fault, str) else fault

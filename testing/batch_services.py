"""A vendor's batch API: many requests taken at once, and answered after a while."""

from __future__ import annotations

import re
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

import orjson

from .http_server import HttpRequest

Json = dict[str, Any]
Response = tuple[int, bytes]
"""Status and body."""
Settle = Callable[[str, str, str, Json], Response]
"""Vendor, batch, custom id and body of a request -> its answer; status 0: it expires."""


@dataclass(slots=True)
class ServedBatch:
    """A batch.

    Attributes:
        id: Its id.
        created_s: When it was made, in seconds since 1970.
        ends_s: When it ends.
        responses: Custom id -> how the request was settled.
        metadata: What the client wrote on it.
        input_file: Where its requests came from.
        failure: Why it was refused as a whole.
    """

    id: str
    created_s: float
    ends_s: float
    responses: dict[str, Response] = field(default_factory=dict)
    metadata: Json = field(default_factory=dict)
    input_file: str = ""
    failure: str = ""

    @property
    def is_over(self) -> bool:
        """Whether its results can be had."""
        return time.time() >= self.ends_s

    def count(self, condition: Callable[[int], bool]) -> int:
        """How many of its requests have a status of this kind."""
        return sum(condition(status) for status, _ in self.responses.values())


class BatchService(ABC):
    """One vendor's batch API; the base of one of your own.

    Args:
        settle: Answers one request.
        batch_s: Seconds after which a batch has ended.

    Attributes:
        vendor: The vendor, by the name of its wire format.
        route: Matches the paths that it serves.
        batches: The batches that were made, by id.
    """

    vendor: ClassVar[str]
    route: ClassVar[re.Pattern[str]]

    def __init__(self, settle: Settle, batch_s: float) -> None:
        self.batches: dict[str, ServedBatch] = {}
        self._settle = settle
        self._batch_s = batch_s

    @abstractmethod
    def serve(self, request: HttpRequest, route: re.Match[str]) -> Response:
        """Answer a request, whose path `route` has matched."""

    def create(self, batch_id: str) -> ServedBatch:
        """Make a batch, as yet without requests."""
        now = time.time()
        batch = ServedBatch(batch_id, created_s=now, ends_s=now + self._batch_s)
        self.batches[batch_id] = batch
        return batch

    def end_batches(self) -> None:
        """End all batches now, and those that are still to come as soon as they are made."""
        self._batch_s = 0.0
        now = time.time()
        for batch in self.batches.values():
            batch.ends_s = min(batch.ends_s, now)

    def settle(self, batch: ServedBatch, custom_id: str, body: Json) -> None:
        """Take a request into a batch."""
        batch.responses[custom_id] = self._settle(self.vendor, batch.id, custom_id, body)


def as_response(body: Any) -> Response:
    """A response of JSON that says all is well."""
    return 200, orjson.dumps(body)


def not_there(what: str) -> Response:
    """A response that says that something is not there."""
    message = f"No such {what}"
    error = {"message": message, "type": "invalid_request_error", "code": None}
    return 404, orjson.dumps({"error": error})

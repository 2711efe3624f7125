"""One request as the server saw it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

_NOT_LOGGED = ("prompt", "body", "headers", "schema")


@dataclass(slots=True)
class Call:
    """One request as the server saw it.

    Attributes:
        number: How many requests came before it.
        time_s: When it came, in seconds since 1970.
        vendor: Name of the vendor whose API it went to.
        model: The model that it asks.
        digest: Of its path and body; equal requests have equal ones.
        prompt: The last text of the user in it.
        product: What it is about, as far as the server was told how to see that.
        status: HTTP status of the response; 0 where none was sent.
        fault: Kind of what went wrong.
        path: Its path; for the handling of batches with its method.
        batch: Id of the batch that it came in.
        custom_id: Its id in that batch.
        body: Its body.
        headers: Its headers, names in lower case.
        schema: The JSON Schema that it asks an answer of.
    """

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
    batch: str = ""
    custom_id: str = ""
    body: dict[str, Any] = field(default_factory=dict, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    schema: Mapping[str, Any] | None = field(default=None, repr=False)

    def log_entry(self) -> dict[str, Any]:
        """What the log holds: everything but the bulk."""
        entry = asdict(self)
        for name in _NOT_LOGGED:
            del entry[name]
        return entry

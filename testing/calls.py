"""One request as the server saw it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

_NOT_LOGGED = ("prompt", "body", "headers", "schema")
_TEXT_KEYS = ("content", "text", "system")


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
        input_tokens: Tokens of all texts in it, as this server counts them.
        output_tokens: Tokens of the answer; 0 where there is none.
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
    input_tokens: int = 0
    output_tokens: int = 0
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


def texts_of(body: Any) -> str:
    """All texts that a request shows a model, joined: of its system message and of every turn."""
    if isinstance(body, list):
        return "".join(map(texts_of, body))
    if not isinstance(body, dict):
        return ""
    texts = []
    for key, value in body.items():
        is_text = isinstance(value, str) and key in _TEXT_KEYS
        texts.append(value if is_text else texts_of(value))
    return "".join(texts)

"""What the loopback server works with: calls, and what is to be answered or to go wrong with them."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

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
# For batches alone: "expired" (a request of a batch that was not reached in time),
# "late_disconnect" (what was asked is done, and the connection closed before the client hears of
# it).
FINISHES = {"refused": "refused", "filtered": "filtered", "cut_off": "length"}


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that goes wrong: a kind, and headers to send with it; or any status and body of one's own.

    `body` may hold `{authorization}`, which becomes the credentials that came with the request.
    """

    kind: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    status: int | None = None
    body: str | None = None

    @classmethod
    def read(cls, said: str) -> Fault:
        """A fault from a text: its kind, and perhaps headers, as in `rate_limited retry-after=1`."""
        kind, *headers = said.split()
        return cls(kind, dict(header.split("=", 1) for header in headers))


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
    batch: str = ""
    custom_id: str = ""
    body: dict[str, Any] = field(default_factory=dict, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    schema: Mapping[str, Any] | None = field(default=None, repr=False)

    def line(self) -> dict[str, Any]:
        """What the log keeps: everything but the bulk."""
        kept = asdict(self)
        for bulky in ("prompt", "body", "headers", "schema"):
            del kept[bulky]
        return kept


AnswerFunction = Callable[[Call], str]
Faults = Callable[[Call], Fault | str | None]
FaultPlan = Faults | Mapping[int, Fault | str] | Sequence[Fault | str | None] | None


def answer_by_schema(call: Call) -> str:
    """Answer as the request's JSON schema asks: a listed value or a word, the same for the same prompt."""
    properties = (call.schema or {}).get("properties", {})
    choose = random.Random(call.digest)
    return json.dumps(
        {name: choose.choice(_allowed(part)) for name, part in properties.items()}
        or {"answer": "n/a"}
    )


def _allowed(part: Mapping[str, Any]) -> Sequence[Any]:
    for option in (part, *part.get("anyOf", ())):
        if "enum" in option:
            return list(option["enum"])
    return ["red", "green", "blue"]


class AnswerTable:
    """Answers by a text found in the last user message: rows of `text`, `raw` and, where models differ, `model`.

    The longest text that is found, as it is or as JSON writes it, wins, and becomes the call's
    product.
    """

    def __init__(self, rows: Iterable[Mapping[str, str]]) -> None:
        self._raw = {(row["text"], row.get("model")): row["raw"] for row in rows}
        texts = sorted({text for text, _ in self._raw}, key=len, reverse=True)
        self._texts = [(text, json.dumps(text, ensure_ascii=False)[1:-1]) for text in texts]

    def __call__(self, call: Call) -> str:
        prompt = call.prompt
        call.product = next(
            (text for text, as_json in self._texts if text in prompt or as_json in prompt), ""
        )
        return (
            self._raw.get((call.product, call.model)) or self._raw.get((call.product, None)) or ""
        )


def read_answer_table(path: Path) -> AnswerTable:
    """A table from a JSONL file of rows."""
    return AnswerTable(json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())


def random_faults(share: float, kinds: Sequence[Fault | str], seed: int = 0) -> Faults:
    """Give each request a fault with this probability, kinds in turn at random; the same seed gives the same faults."""

    def choose(call: Call) -> Fault | str | None:
        luck = random.Random(f"{seed}/{call.number}")
        return luck.choice(kinds) if luck.random() < share else None

    return choose


def planned(faults: FaultPlan) -> Faults:
    """A plan in any of its forms as a function of the call."""
    if callable(faults):
        return faults
    plan = dict(faults) if isinstance(faults, Mapping) else dict(enumerate(faults or ()))
    return lambda call: plan.get(call.number)

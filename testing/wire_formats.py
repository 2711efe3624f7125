"""What a vendor's API looks like on the wire: requests in, answers, errors and headers out."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from .rate_limits import LimitState
from .vendor_failures import Failure, Json, openai_failure

REFUSAL = "I'm sorry, but I can't help with that."


@dataclass(frozen=True, slots=True)
class WireRequest:
    """What a wire format reads out of a request.

    Attributes:
        model: The model.
        prompt: The last text of the user.
        schema: The JSON Schema, if one was sent.
    """

    model: str
    prompt: str
    schema: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class WireAnswer:
    """What a wire format writes.

    Attributes:
        model: The model.
        raw: The text that it answers with.
        finish: Why it ended: `stop`, `length`, `refused` or `filtered`, as in attrx's `Reply`.
        input_tokens: Tokens of the prompt.
        output_tokens: Tokens of the answer.
        number: The number of the call.
    """

    model: str
    raw: str
    finish: str
    input_tokens: int
    output_tokens: int
    number: int


class WireFormat(ABC):
    """One vendor's API; the base of a format of one's own.

    Attributes:
        name: The vendor's.
        base_path: What `base_url` ends in.
        request_id_header: The header of a response that tells a request's id.
        key_header: The header of a request that holds the key, perhaps after `Bearer`.
    """

    name: ClassVar[str]
    base_path: ClassVar[str] = ""
    request_id_header: ClassVar[str] = "x-request-id"
    key_header: ClassVar[str] = "authorization"

    @abstractmethod
    def serves(self, path: str) -> bool:
        """Whether a path is one of this vendor's, for one question to a model."""

    @abstractmethod
    def read(self, path: str, body: Json) -> WireRequest:
        """Read a request."""

    @abstractmethod
    def write(self, answer: WireAnswer) -> Json:
        """The body of an answer."""

    def failure(self, kind: str, model: str) -> Failure:
        """Status and body of a failure that the vendor tells of; here, OpenAI's."""
        return openai_failure(kind, model)

    def limit_headers(
        self, requests: LimitState | None, tokens: LimitState | None
    ) -> dict[str, str]:
        """Headers that tell how much of the limits is used up; none here."""
        return {}

    def retry_headers(self, wait_s: float) -> dict[str, str]:
        """Headers of a 429 that say when to come back."""
        return {"retry-after": str(math.ceil(wait_s))}

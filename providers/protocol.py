"""What every provider is: one coroutine that takes a request and returns a reply.

Providers know nothing of retries, limits, budgets or the cache: `caller.py` wraps any of them with
the first two, the folder `extraction` does the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from ..configs.message import Message
from ..configs.product import Product
from ..configs.settings import Attribute

Finish = Literal["stop", "length", "refused", "filtered"]
Form = Literal["json_schema", "json_object_schema", "json_object", "none"]

# Strictest first: the order in which `caller.py` tries them. A provider that can express only some
# of them says so in an attribute `forms: tuple[Form, ...]`, in this order; without it all four are
# tried.
FORMS: tuple[Form, ...] = ("json_schema", "json_object_schema", "json_object", "none")


@dataclass(frozen=True, slots=True)
class Request:
    """One question to one model, free of any vendor's format.

    Attributes:
        messages: The conversation so far; a system message, if any, comes first.
        max_tokens: Most tokens the answer may have.
        json_schema: JSON Schema of the answer that the prompt asks for, or None where plain text is
            asked.
        form: How strictly the vendor is asked to keep to the schema.
        without: Configured options that are left out because the vendor refused them:
            `temperature`, keys of `options`, or `max_tokens` (a provider that knows another name
            for it sends that instead).
        product: The product asked about; only `mock` and `replay` look at it.
        attributes: The attributes asked; besides these two, only `local` looks at them.
    """

    messages: tuple[Message, ...]
    max_tokens: int
    json_schema: Mapping[str, Any] | None = None
    form: Form = "none"
    without: frozenset[str] = frozenset()
    product: Product = field(default_factory=lambda: Product("", ()), repr=False)
    attributes: tuple[Attribute, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Reply:
    """What a model returned.

    Attributes:
        text: The raw answer.
        finish: Why it ended: complete, cut off, refused by the model, or held back by the vendor's
            filter.
        input_tokens: Tokens of the prompt as the vendor counted them; None where it did not say.
        output_tokens: Tokens of the answer, likewise.
        model_version: The version that the vendor says has answered.
        request_id: The vendor's id of the request.
        headers: The rate-limit headers of the response, names in lower case.
        probabilities: Attribute -> the model's probability of the value it gave, where it says so
            (`local` does).
    """

    text: str
    finish: Finish = "stop"
    input_tokens: int | None = None
    output_tokens: int | None = None
    model_version: str | None = None
    request_id: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    probabilities: Mapping[str, float] = field(default_factory=dict, repr=False)


class Fingerprinted(Protocol):
    """What of a provider matters before anything is asked."""

    def fingerprint(self, product: Product, attribute: Attribute) -> str | None:
        """What, besides the prompt, decides the answer: a digest of the mock's gold or the replay's line.

        None for every real model. Where it is not None, equal prompts of two products are not the
        same request.
        """
        ...


class Provider(Fingerprinted, Protocol):
    """How one configured model is reached."""

    async def ask(self, request: Request) -> Reply:
        """Send one request, once.

        Raises:
            ProviderError: One of its subclasses; never a vendor's own exception.
        """
        ...

    async def close(self) -> None:
        """Release connections; safe to call twice."""
        ...

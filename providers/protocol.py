"""What every provider is: one coroutine that takes a request and returns a reply.

Providers know nothing of retries, limits, budgets or the cache: `caller.py` wraps any of them with
the first two, the folder `extraction` does the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal, Protocol, cast

from ..configs.message import Message
from ..configs.product import Product
from ..configs.settings import Attribute, ModelSettings

Finish = Literal["stop", "length", "refused", "filtered", "empty"]
Form = Literal["json_schema", "json_object_schema", "json_object", "none"]

# Strictest first: the order in which `caller.py` tries them.
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
        finish: Why it ended: complete, cut off, refused by the model, held back by the vendor's
            filter, or complete without a word in it.
        input_tokens: Tokens of the prompt as the vendor counted them; None where it did not say.
        output_tokens: Tokens of the answer, thoughts included, likewise.
        thought_tokens: Those of them that were thoughts, as far as the vendor tells.
        thoughts: The thoughts themselves, where they stand beside the answer.
        model_version: The version that the vendor says has answered.
        request_id: The vendor's id of the request.
        headers: The rate-limit headers of the response, names in lower case.
        max_tokens: The limit that the answer was given; filled in by whoever asks, as is the next.
        without: Configured options that were left out of the request.
        probabilities: Attribute -> the model's probability of the value it gave, where it says so
            (`local` does).
        doubts: Names of what cannot be and was taken for not told; see `checked_reply.py`.
    """

    text: str
    finish: Finish = "stop"
    input_tokens: int | None = None
    output_tokens: int | None = None
    thought_tokens: int = 0
    thoughts: str = field(default="", repr=False, compare=False)
    model_version: str | None = None
    request_id: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    max_tokens: int | None = field(default=None, compare=False)
    without: frozenset[str] = field(default=frozenset(), compare=False)
    probabilities: Mapping[str, float] = field(default_factory=dict, repr=False)
    doubts: frozenset[str] = field(default=frozenset(), compare=False)


class Provider(Protocol):
    """How one configured model is reached; `Class(model)` makes one, without touching the network.

    What it can and needs besides, its class says in the attributes that `ProviderFacts` lists.
    """

    async def ask(self, request: Request) -> Reply:
        """Send one request, once.

        What the reply says beside its text is checked by whoever asks: a count or an id that cannot
        be is taken for not told.

        Raises:
            ProviderError: One of its subclasses; never a vendor's own exception.
        """
        ...

    async def close(self) -> None:
        """Release connections; safe to call twice."""
        ...


class Fingerprinting(Protocol):
    """A provider whose answers depend on more than the prompt: `fingerprints` is True."""

    def fingerprint(self, product: Product, attribute: Attribute) -> str:
        """What besides the prompt decides the answer: a digest of mock's gold or replay's line.

        Where there is one, equal prompts of two products are not the same request.
        """
        ...


def fingerprinting(provider: object) -> Fingerprinting | None:
    """The provider, where its answers depend on more than the prompt; else None."""
    if getattr(provider, "fingerprints", False):
        return cast(Fingerprinting, provider)
    return None


def _all_options(options: Mapping[str, Any]) -> Mapping[str, Any]:
    return options


def _max_tokens_as_set(model: ModelSettings) -> int:
    return model.max_tokens


@dataclass(frozen=True, slots=True)
class ProviderFacts:
    """What a provider's class says of it, in attributes of these names, and the defaults.

    They are read without a key, before anything is opened.

    Attributes:
        needs_model: Whether a config must say which `model` to ask.
        keyless: Whether it answers by itself, without any vendor; `attrx check` does not ask it.
        fingerprints: Whether more than the prompt decides its answers; it then has a method
            `fingerprint` (see `Fingerprinting`), and is opened for a dry run too.
        forms: How strictly it can be asked to keep to a schema, strictest first.
        batch_api: Where the class of its batch API is, as "module:Class"; empty where it has none,
            or where another package has it (entry points `attrx.batches`).
        takes_folders: Whether `model` is a folder where it is written as a path (./, ../, / or ~ in
            front); a relative one counts from the config file.
        path_options: Keys of `options` that hold paths; relative ones count from the config file.
        required_options: Keys of `options` that must hold a text -> what it is, for the message.
        requirement: What to `pip install` where a package is missing; empty: that package.
        identity: The options -> those that are part of the model's identity. The others say how it
            is run, not what it answers; changing them asks nothing again.
        first_max_tokens: A model's settings -> most tokens that an answer is given at first: more
            than `max_tokens` where a model thinks.
    """

    needs_model: bool = True
    keyless: bool = False
    fingerprints: bool = False
    forms: tuple[Form, ...] = FORMS
    batch_api: str = ""
    takes_folders: bool = False
    path_options: tuple[str, ...] = ()
    required_options: Mapping[str, str] = field(default_factory=dict)
    requirement: str = ""
    identity: Callable[[Mapping[str, Any]], Mapping[str, Any]] = _all_options
    first_max_tokens: Callable[[ModelSettings], int] = _max_tokens_as_set


def facts_of_class(provider_class: object) -> ProviderFacts:
    """What a class says of itself, and the defaults for the rest."""
    facts = {}
    for each in fields(ProviderFacts):
        if hasattr(provider_class, each.name):
            facts[each.name] = getattr(provider_class, each.name)
    return ProviderFacts(**facts)

"""A model that needs no key and no network: right as often as it is told, the same every time.

What it answers about a cell depends on its seed, its name, the product's id and the attribute, and
on nothing else: not on the order of the requests, on what runs beside them, or on how attributes
are put together in one request.
"""

from __future__ import annotations

import asyncio
import hashlib
import math
import struct
from collections.abc import Mapping
from typing import Annotated

import orjson
from pydantic import Field

from ..configs.errors import ConfigError, UnavailableError
from ..configs.product import Product
from ..configs.settings import ABSENT_LABEL, Attribute, ModelSettings
from .mock_reading import ProductReader
from .protocol import (
    Finish,
    Form,
    Reply,
    Request,
)
from .provider_options import Options, read_options

_BLANK_GOLD = {"", ABSENT_LABEL}
_CHARACTERS_PER_TOKEN = 4
_NUMBERS = 2**64

Share = Annotated[float, Field(ge=0, le=1)]


class MockOptions(Options):
    """Options of `provider: mock`.

    Attributes:
        accuracy: Share of the answers that are right, among those that are not withheld by
            `absent`.
        gold: Column of the input with the right answer, `{attribute}` standing for the attribute's
            name; without it, what can be read in the product's own text counts as right. A blank
            gold value means n/a.
        absent: Share of the cells to which it says n/a, whatever is right.
        always: What it says to everything: one value, or one for each attribute named. Such a model
            is lazy.
        copies: Name of the mock model whose luck it shares. With that model's options it gives that
            model's answers; with a lower accuracy it makes the same mistakes, and some more.
        latency_s: Seconds before each answer.
        error_rate: Share of the attempts that fail as if the vendor were down; a later attempt
            succeeds.
        seed: Another seed makes other mistakes.
    """

    accuracy: Share = 1.0
    gold: str | None = None
    absent: Share = 0.0
    always: str | dict[str, str] | None = None
    copies: str | None = None
    latency_s: Annotated[float, Field(ge=0)] = 0.0
    error_rate: Annotated[float, Field(ge=0, lt=1)] = 0.0
    seed: int = 0


class MockProvider:
    """A made-up model with a set accuracy.

    Args:
        model: Its `options` are those of `MockOptions`.

    Raises:
        ConfigError: An option is unknown or cannot be used.
    """

    needs_model = False
    keyless = True
    fingerprints = True
    forms: tuple[Form, ...] = ("none",)  # its answers have the form that the prompt asks for

    def __init__(self, model: ModelSettings) -> None:
        options = read_options(model, MockOptions)
        self._name = model.name
        self._options = options
        self._lucky_name = options.copies or model.name
        seed = f"{options.seed}\0{self._lucky_name}\0"
        self._luck = hashlib.blake2b(seed.encode())
        self._readers: dict[str, ProductReader] = {}
        self._failures: dict[tuple[str, ...], int] = {}

    async def ask(self, request: Request) -> Reply:
        """Answer after `latency_s`.

        Raises:
            UnavailableError: In `error_rate` of the attempts.
            ConfigError: The input has no column with the gold of an attribute.
        """
        await asyncio.sleep(self._options.latency_s)
        if self._options.error_rate:
            self._fail_sometimes(request)
        text = self._answer(request)
        most_characters = request.max_tokens * _CHARACTERS_PER_TOKEN
        finish: Finish = "stop" if len(text) <= most_characters else "length"
        text = text[:most_characters]
        prompt_characters = sum(len(message["content"]) for message in request.messages)
        return Reply(
            text=text,
            finish=finish,
            input_tokens=prompt_characters // _CHARACTERS_PER_TOKEN + 1,
            output_tokens=math.ceil(len(text) / _CHARACTERS_PER_TOKEN),
            model_version="mock",
        )

    def fingerprint(self, product: Product, attribute: Attribute) -> str:
        """A digest of what decides the answer besides the prompt: whose luck it is, and gold."""
        text = f"{self._lucky_name}\0{self._gold(product, attribute) or ''}"
        return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()

    async def close(self) -> None:
        """Do nothing: a mock holds no connection."""

    def _fail_sometimes(self, request: Request) -> None:
        """Fail in `error_rate` of the attempts, as cells and number of the attempt decide."""
        cells = (request.product.id, *(attribute.name for attribute in request.attributes))
        failures = self._failures.get(cells, 0)
        if self._draw(*cells, f"attempt {failures}")[0] < self._options.error_rate:
            self._failures[cells] = failures + 1
            raise UnavailableError(
                f"model '{self._name}': the mock is down, as its error_rate wants it",
                provider="mock",
                status=503,
            )
        self._failures.pop(cells, None)

    def _draw(self, *cells: str) -> tuple[float, float, int]:
        """Two numbers in [0, 1) and a large integer that belong to these names."""
        luck = self._luck.copy()
        luck.update("\0".join(cells).encode("utf-8", "surrogatepass"))
        first, second, third = struct.unpack_from("<3Q", luck.digest())
        return first / _NUMBERS, second / _NUMBERS, third

    def _answer(self, request: Request) -> str:
        answers = {}
        for attribute in request.attributes:
            answers[attribute.name] = self._answer_about(request.product, attribute)
        if request.json_schema is not None or len(answers) > 1:
            return orjson.dumps(answers).decode()
        return next(iter(answers.values()), "ok")

    def _answer_about(self, product: Product, attribute: Attribute) -> str:
        """The answer about one cell."""
        always = self._options.always
        if isinstance(always, Mapping):
            always = always.get(attribute.name)
        if always is not None:
            return always
        absent_luck, right_luck, choice = self._draw(product.id, attribute.name)
        if absent_luck < self._options.absent:
            return ABSENT_LABEL
        reader = self._reader(attribute)
        right_answer = self._gold(product, attribute) or reader.read(product)
        if right_luck < self._options.accuracy:
            return right_answer
        return reader.misread(product, right_answer, choice)

    def _reader(self, attribute: Attribute) -> ProductReader:
        reader = self._readers.get(attribute.name)
        if reader is None or reader.attribute is not attribute:
            reader = ProductReader(attribute)
            self._readers[attribute.name] = reader
        return reader

    def _gold(self, product: Product, attribute: Attribute) -> str | None:
        """The right answer in the input's column; n/a where it is blank, None without `gold`."""
        if self._options.gold is None:
            return None
        column = self._options.gold.replace("{attribute}", attribute.name)
        try:
            value = product.columns[column].strip()
        except KeyError:
            raise ConfigError(
                f"model '{self._name}': options.gold: the input has no column '{column}'",
                hint="name a column that holds the right answers, or leave `gold` out",
            ) from None
        return ABSENT_LABEL if value.lower() in _BLANK_GOLD else value

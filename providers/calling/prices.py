"""What requests cost: after they were answered, and at most, before they are sent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ...configs.checked_values import count_or_none
from ...configs.settings import ModelSettings
from ..protocol import Reply, Request

USAGES_TO_LEARN_FROM = 20
MARGIN = 1.5
# Of one token in six characters; a server that counts less lowers no bound below that.
LEAST_PER_BYTE = 1 / 6
# What vendors put around a message (its role, separators) and around a conversation.
_BYTES_PER_MESSAGE = 16
# More tokens than any catalog takes.
_MOST_OF_A_RUN = 10**15
# What a server may add that was not sent: a system prompt of its own, thoughts beyond the limit.
_MOST_HIDDEN_TOKENS = 20_000
_FORMS_WITH_SCHEMA = ("json_schema", "json_object_schema")


def cost_usd(
    model: ModelSettings, input_tokens: int | None, output_tokens: int | None
) -> float | None:
    """What an answer cost.

    Returns:
        USD, >= 0; None where the model has no prices or the vendor did not count the tokens, or
        counted what cannot be: unknown, not nothing.
    """
    input_tokens = count_or_none(input_tokens, _MOST_OF_A_RUN)
    output_tokens = count_or_none(output_tokens, _MOST_OF_A_RUN)
    if model.prices is None or input_tokens is None or output_tokens is None:
        return None
    input_cost = input_tokens * model.prices.input
    output_cost = output_tokens * model.prices.output
    return (input_cost + output_cost) / 1e6


def is_free(model: ModelSettings) -> bool:
    """Whether a model's tokens cost nothing; not so where it has no prices."""
    prices = model.prices
    return prices is not None and prices.input == 0 and prices.output == 0


class TokenMeter:
    """Bounds and estimates of a model's tokens, without its tokenizer.

    No tokenizer makes more tokens than the text has bytes in UTF-8, so that is the bound at first.
    Once usages have been seen, `MARGIN` times the largest number of tokens per byte seen replaces
    it.

    Args:
        model: The model whose requests are measured.
    """

    def __init__(self, model: ModelSettings) -> None:
        self._model = model
        self._usages = 0
        self._bytes = 0
        self._input_tokens = 0
        self._output_tokens = 0
        self._most_per_byte = LEAST_PER_BYTE
        self._schema_bytes: dict[int, tuple[Mapping[str, Any], int]] = {}

    def prompt_bytes(self, request: Request) -> int:
        """Bytes of all that enters the model: messages, what is around them, a schema."""
        size = _BYTES_PER_MESSAGE * (len(request.messages) + 1)
        for message in request.messages:
            size += _utf8_length(message["content"])
        if request.json_schema is not None and request.form in _FORMS_WITH_SCHEMA:
            size += self._schema_size(request.json_schema)
        return size

    def _schema_size(self, schema: Mapping[str, Any]) -> int:
        """Bytes of a schema; few serve all requests, so each is written out once."""
        cached_schema, size = self._schema_bytes.get(id(schema), (None, 0))
        if cached_schema is not schema:
            size = _utf8_length(json.dumps(schema, ensure_ascii=False))
            self._schema_bytes[id(schema)] = (schema, size)
        return size

    def input_bound(self, request: Request) -> int:
        """Most tokens that the prompt can have."""
        size = self.prompt_bytes(request)
        if self._usages < USAGES_TO_LEARN_FROM:
            return size
        return min(size, int(size * self._most_per_byte * MARGIN) + 1)

    def cost_bound(self, request: Request) -> float | None:
        """Most that one attempt can cost, in USD; None where the model has no prices."""
        return cost_usd(self._model, self.input_bound(request), request.max_tokens)

    def expected_tokens(self, request: Request) -> float:
        """Tokens of prompt and answer that are likely, for an account's tokens per minute."""
        size = self.prompt_bytes(request)
        if self._usages == 0:
            return size / 3 + request.max_tokens / 4
        input_tokens = size * self._input_tokens / self._bytes
        output_tokens = self._output_tokens / self._usages
        return input_tokens + output_tokens

    def learn(self, request: Request, reply: Reply) -> float | None:
        """Take note of the tokens that the vendor counted.

        A server may count what it likes; what it says is believed as far as it can be, so that no
        answer of one server holds back all requests of its account.

        Returns:
            Tokens of prompt and answer together; None where the vendor did not count them.
        """
        if reply.input_tokens is None:
            return None
        size = self.prompt_bytes(request)
        input_tokens = min(reply.input_tokens, size + _MOST_HIDDEN_TOKENS)
        most_output = request.max_tokens + _MOST_HIDDEN_TOKENS
        output_tokens = min(reply.output_tokens or 0, most_output)
        self._usages += 1
        self._bytes += size
        self._input_tokens += input_tokens
        self._output_tokens += output_tokens
        self._most_per_byte = max(self._most_per_byte, input_tokens / size)
        return input_tokens + output_tokens


def _utf8_length(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))

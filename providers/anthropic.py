"""Anthropic's messages API.

https://docs.anthropic.com/en/api/messages
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from ..configs.settings import ModelSettings
from .protocol import (
    Finish,
    Form,
    Reply,
    Request,
)
from .wire.chat_completions import (
    check_options,
    passed_options,
    text_or_none,
    token_count,
)
from .wire.credentials import read_key
from .wire.http import (
    BrokenAnswer,
    HttpProvider,
    HttpResponse,
    read_object,
)
from .wire.vendor_errors import rate_headers, request_id

# Given in full, so that ANTHROPIC_BASE_URL cannot send a model's requests elsewhere than attrx.yaml
# says.
_ADDRESS = "https://api.anthropic.com"
_TOOL = "record_attributes"
_RESERVED_KEYS = {
    "model": "`model`",
    "messages": "`prompt`",
    "system": "`prompt`",
    "max_tokens": "`max_tokens`",
    "temperature": "`temperature`",
    "tools": "`structured`",
    "tool_choice": "`structured`",
    "stream": "nothing: answers are read whole",
}
_FINISHES: dict[str, Finish] = {
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "refusal": "refused",
}


class AnthropicProvider(HttpProvider):
    """A model behind Anthropic's messages API.

    Args:
        model: The model; `base_url` names another server or a gateway, which is asked without a key
            unless `api_key_env` is set.

    Raises:
        ConfigError: The key is missing, or an option is set that attrx sets by itself.
    """

    forms: tuple[Form, ...] = ("json_schema", "json_object_schema", "none")
    batch_api = "attrx.providers.batches.anthropic_batches:AnthropicBatches"

    def __init__(self, model: ModelSettings) -> None:
        check_options(model, _RESERVED_KEYS)
        key = read_key(model, ("ANTHROPIC_API_KEY",))
        from .clients.anthropic_client import AnthropicClient  # noqa: PLC0415  it takes a second

        self._client = AnthropicClient(model.base_url or _ADDRESS, key.value)
        super().__init__(model, key, self._client.connection_errors)
        self._url = self._client.url("v1/messages")

    async def close(self) -> None:
        """Release connections; safe to call twice."""
        await self._client.close()

    async def _send(self, request: Request) -> HttpResponse:
        body = message_body(self._model, request)
        return await self._client.post(self._url, orjson.dumps(body))

    def _read(self, content: bytes, headers: Mapping[str, str]) -> Reply:
        return read_message(content, headers)


def message_body(model: ModelSettings, request: Request) -> dict[str, Any]:
    """The body of a request: system messages apart from the turns, and the form of the answer.

    `json_schema` is asked for as `output_config.format` (structured outputs). `json_object_schema`
    is asked for as a tool that the model must call, which older models know too. There is no looser
    JSON mode.

    Args:
        model: The model that is asked.
        request: What is asked.
    """
    body = passed_options(model, request.without)
    system = [message["content"] for message in request.messages if message["role"] == "system"]
    if system:
        body["system"] = "\n\n".join(system)
    body["model"] = model.model
    body["messages"] = [message for message in request.messages if message["role"] != "system"]
    body["max_tokens"] = request.max_tokens
    if request.json_schema is None:
        return body
    if request.form == "json_schema":
        output_format = {"type": "json_schema", "schema": request.json_schema}
        body["output_config"] = {**body.get("output_config", {}), "format": output_format}
    elif request.form == "json_object_schema":
        body["tools"] = [
            {
                "name": _TOOL,
                "description": "Record the product's attributes.",
                "input_schema": request.json_schema,
            }
        ]
        body["tool_choice"] = {"type": "tool", "name": _TOOL}
    return body


def read_message(content: bytes, headers: Mapping[str, str]) -> Reply:
    """Read the body of a response.

    Args:
        content: The body, of a response with status 200.
        headers: The response's headers.

    Returns:
        The reply; its text joins the text blocks, or holds the input of the tool that was called,
        as JSON.

    Raises:
        BrokenAnswer: It is no message.
    """
    return read_message_object(read_object(content), headers)


def read_message_object(body: Mapping[str, Any], headers: Mapping[str, str]) -> Reply:
    """The same for a body that has been parsed; the results of batches hold such bodies.

    Raises:
        BrokenAnswer: It is no message.
    """
    blocks = body.get("content")
    if not isinstance(blocks, list):
        raise BrokenAnswer("no content")
    usage = body.get("usage")
    return Reply(
        text="".join(_block_text(block) for block in blocks if isinstance(block, dict)),
        finish=_FINISHES.get(str(body.get("stop_reason")), "stop"),
        # Tokens read from or written to the prompt cache are not among input_tokens.
        input_tokens=token_count(
            usage, "input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens"
        ),
        output_tokens=token_count(usage, "output_tokens"),
        model_version=text_or_none(body.get("model")),
        request_id=request_id(headers) or text_or_none(body.get("id")),
        headers=rate_headers(headers),
    )


def _block_text(block: Mapping[str, Any]) -> str:
    if block.get("type") == "tool_use":
        return orjson.dumps(block.get("input")).decode()
    return str(block.get("text") or "") if block.get("type") == "text" else ""

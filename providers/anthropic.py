"""Anthropic's messages API.

https://docs.anthropic.com/en/api/messages
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from ..configs.settings import ModelSettings
from .protocol import (
    Finish,
    Form,
    Reply,
    Request,
)
from .wire.answer_places import arguments_text, joined_text, with_calls
from .wire.chat_completions import check_options, passed_options
from .wire.chat_replies import text_or_none, token_count
from .wire.credentials import read_key
from .wire.embedded_errors import error_in
from .wire.event_stream import read_events, read_whole_object
from .wire.http import (
    BrokenAnswer,
    EmbeddedError,
    HttpProvider,
    HttpResponse,
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
# In streams: what a delta brings -> where it belongs in its block.
_DELTAS = {"text": "text", "thinking": "thinking", "partial_json": "input"}
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
    events = read_events(content)
    body = joined_events(events) if events else read_whole_object(content)
    return read_message_object(body, headers)


def read_message_object(body: Mapping[str, Any], headers: Mapping[str, str]) -> Reply:
    """The same for a body that has been parsed; the results of batches hold such bodies.

    Raises:
        EmbeddedError: It is an error of the server behind a gateway.
        BrokenAnswer: It is no message.
    """
    error = error_in(body)
    if error is not None:
        raise EmbeddedError(error)
    content = body.get("content")
    if not isinstance(content, str | list):
        raise BrokenAnswer("no content")
    blocks: list[Any] = [content] if isinstance(content, str) else content
    calls = [arguments_text(block.get("input")) for block in blocks if _is_call(block)]
    texts = [block for block in blocks if not _is_call(block)]
    usage = body.get("usage")
    return Reply(
        text=with_calls(joined_text(texts), calls),
        finish=_FINISHES.get(str(body.get("stop_reason")), "stop"),
        # Tokens read from or written to the prompt cache are not among input_tokens.
        input_tokens=token_count(
            usage, "input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens"
        ),
        output_tokens=token_count(usage, "output_tokens"),
        thought_tokens=_thought_tokens(usage),
        thoughts="".join(_thoughts_of(block) for block in blocks),
        model_version=text_or_none(body.get("model")),
        request_id=request_id(headers) or text_or_none(body.get("id")),
        headers=rate_headers(headers),
    )


def joined_events(events: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The message that the events of a stream add up to.

    Raises:
        BrokenAnswer: The stream broke off.
    """
    body: dict[str, Any] = {}
    blocks: dict[Any, dict[str, Any]] = {}
    for event in events:
        kind = event.get("type")
        if kind in ("error", "message"):
            return dict(event)
        index = event.get("index")
        delta = event.get("delta") or {}
        if kind == "message_start":
            message = event.get("message") or {}
            body.update(message)
        elif kind == "content_block_start":
            block = event.get("content_block") or {}
            blocks[index] = dict(block)
        elif kind == "content_block_delta":
            block = blocks.setdefault(index, {})
            _extend(block, delta)
        elif kind == "message_delta":
            body.update(delta)
            usage = body.get("usage") or {}
            more = event.get("usage") or {}
            body["usage"] = {**usage, **more}
    if not body.get("stop_reason"):
        raise BrokenAnswer("a stream of events that broke off")
    body["content"] = list(blocks.values())
    return body


def _extend(block: dict[str, Any], delta: Mapping[str, Any]) -> None:
    """Add what a delta brings to its block."""
    for source, target in _DELTAS.items():
        if source in delta:
            before = block.get(target)
            start = before if isinstance(before, str) else ""
            block[target] = start + str(delta[source])
    if "text" in delta:
        block.setdefault("type", "text")


def _is_call(block: Any) -> bool:
    return isinstance(block, dict) and block.get("type") == "tool_use"


def _thoughts_of(block: Any) -> str:
    thinks = isinstance(block, dict) and block.get("type") == "thinking"
    return str(block.get("thinking") or "") if thinks else ""


def _thought_tokens(usage: Any) -> int:
    """Tokens of the thoughts, as gateways tell them; Anthropic counts them as output alone."""
    details = usage.get("output_tokens_details") if isinstance(usage, dict) else None
    return token_count(details, "reasoning_tokens") or token_count(details, "thinking_tokens") or 0

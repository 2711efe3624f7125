"""The chat completions format of OpenAI, which most servers of open models speak too.

https://platform.openai.com/docs/api-reference/chat/create
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from ...configs.errors import ConfigError
from ...configs.settings import ModelSettings
from ..protocol import (
    Finish,
    Form,
    Reply,
    Request,
)
from .error_bodies import read_error_body
from .http import BrokenAnswer, read_object
from .vendor_errors import rate_headers, request_id

# Keys of a body that follow from other settings, and the setting to use instead.
_RESERVED_KEYS = {
    "model": "`model`",
    "messages": "`prompt`",
    "max_tokens": "`max_tokens`; it is sent under the name that the model takes",
    "max_completion_tokens": "`max_tokens`; it is sent under the name that the model takes",
    "temperature": "`temperature`",
    "response_format": "`structured`",
    "stream": "nothing: answers are read whole",
    "n": "nothing: one answer is read",
}
_FINISHES: dict[str, Finish] = {"length": "length", "content_filter": "filtered"}


def check_options(model: ModelSettings, reserved_keys: Mapping[str, str] = _RESERVED_KEYS) -> None:
    """Refuse options that attrx sets by itself.

    Args:
        model: The model whose `options` are checked.
        reserved_keys: Key of the request's body -> what to use instead.

    Raises:
        ConfigError: One of them is among the options.
    """
    for key in model.options:
        if key in reserved_keys:
            raise ConfigError(
                f"model '{model.name}': options: '{key}' cannot be set here",
                hint=f"use {reserved_keys[key]}",
            )


def passed_options(model: ModelSettings, without: Iterable[str]) -> dict[str, Any]:
    """The options and the temperature that go into the body, less those that were refused."""
    options = dict(model.options)
    if model.temperature is not None:
        options["temperature"] = model.temperature
    for name in without:
        options.pop(name, None)
    return options


def chat_body(
    model: ModelSettings, request: Request, limit_key: str = "max_tokens"
) -> dict[str, Any]:
    """The body of a request.

    Args:
        model: The model that is asked.
        request: What is asked.
        limit_key: The key under which the model takes its token limit.
    """
    body = passed_options(model, request.without)
    body["model"] = model.model
    body["messages"] = request.messages
    body[limit_key] = request.max_tokens
    if request.json_schema is not None and request.form != "none":
        body["response_format"] = response_format(request.form, request.json_schema)
    return body


def response_format(form: Form, schema: Mapping[str, Any]) -> dict[str, Any]:
    """How a form is asked for: strict (OpenAI, vLLM), with a schema (llama.cpp), or any JSON."""
    if form == "json_schema":
        return {
            "type": "json_schema",
            "json_schema": {"name": "attributes", "strict": True, "schema": schema},
        }
    if form == "json_object_schema":
        return {"type": "json_object", "schema": schema}
    return {"type": "json_object"}


def read_chat(content: bytes, headers: Mapping[str, str]) -> Reply:
    """Read the body of a response.

    Args:
        content: The body, of a response with status 200.
        headers: The response's headers.

    Raises:
        BrokenAnswer: It is no chat completion.
    """
    return read_completion(read_object(content), headers)


def read_completion(body: Mapping[str, Any], headers: Mapping[str, str]) -> Reply:
    """The same for a body that has been parsed; the results of batches hold such bodies.

    Raises:
        BrokenAnswer: It is no chat completion.
    """
    try:
        choice = body["choices"][0]
        message = choice["message"]
        refusal = message.get("refusal")
        content = message.get("content")
        finish_reason = str(choice.get("finish_reason"))
    except (KeyError, IndexError, TypeError, AttributeError):
        raise BrokenAnswer(_absence(body)) from None
    usage = body.get("usage")
    return Reply(
        text=str(refusal) if refusal else joined_text(content),
        finish="refused" if refusal else _FINISHES.get(finish_reason, "stop"),
        input_tokens=token_count(usage, "prompt_tokens"),
        output_tokens=token_count(usage, "completion_tokens"),
        model_version=text_or_none(body.get("model")),
        request_id=request_id(headers) or text_or_none(body.get("id")),
        headers=rate_headers(headers),
    )


def _absence(body: Mapping[str, Any]) -> str:
    """Why there is no message: gateways send errors of the servers behind them with status 200."""
    if "error" in body:
        return f"an error: {read_error_body(orjson.dumps(body)).message}"
    return "no choices[0].message"


def joined_text(content: Any) -> str:
    """A message's content as text: it is a string, nothing, or a list of parts."""
    if isinstance(content, list):
        return "".join(part.get("text") or "" for part in content if isinstance(part, dict))
    return content if isinstance(content, str) else ""


def token_count(usage: Any, *names: str) -> int | None:
    """The sum of some counts in a usage report; None where the first of them is not there."""
    counts = [usage.get(name) if isinstance(usage, dict) else None for name in names]
    if not isinstance(counts[0], int):
        return None
    return sum(count for count in counts if isinstance(count, int))


def text_or_none(value: Any) -> str | None:
    """The value, where it is a text that is not empty."""
    return value if isinstance(value, str) and value else None

"""The chat completions format of OpenAI, which most servers of open models speak too.

https://platform.openai.com/docs/api-reference/chat/create
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ...configs.errors import ConfigError
from ...configs.settings import ModelSettings
from ..protocol import (
    Form,
    Request,
)

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

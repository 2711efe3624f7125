"""Anthropic's messages: what is sent, and what is made of what comes back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from asking import SCHEMA, answer_of, model_at, request
from hypothesis import given
from hypothesis import strategies as st

from attrx.configs.errors import ConfigError
from attrx.configs.settings import ModelSettings
from attrx.providers.anthropic import AnthropicProvider, message_body, read_message
from attrx.providers.protocol import Reply
from attrx.providers.wire.http import BrokenAnswer
from attrx.testing import VendorServer

ANYTHING = st.recursive(
    st.none() | st.integers(0, 9) | st.sampled_from(["text", "tool_use", "end_turn", ""]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(["content", "type", "text", "input", "usage", "stop_reason"]), inner
        )
    ),
    max_leaves=10,
)


def model(**settings: Any) -> ModelSettings:
    return ModelSettings(**{"name": "m", "provider": "anthropic", "model": "claude", **settings})


def message(content: Any, **fields: Any) -> bytes:
    return json.dumps(
        {"type": "message", "content": content, "stop_reason": "end_turn", **fields}
    ).encode()


def test_the_system_message_stands_apart_from_the_turns() -> None:
    assert message_body(model(), request("hello")) == {
        "model": "claude",
        "system": "Read the product.",
        "messages": [{"role": "user", "content": "hello"}],
        "max_tokens": 64,
    }


def test_without_a_system_message_none_is_sent() -> None:
    messages = ({"role": "user", "content": "hello"},)
    assert "system" not in message_body(model(), request(messages=messages))


def test_temperature_goes_into_the_body_although_the_sdk_has_no_argument_for_it() -> None:
    assert message_body(model(temperature=0.5), request())["temperature"] == 0.5
    assert "temperature" not in message_body(
        model(temperature=0.5), request(without=frozenset({"temperature"}))
    )


def test_json_schema_is_an_output_format_beside_the_user_s_own_output_config() -> None:
    configured = model(options={"output_config": {"effort": "low"}})
    body = message_body(configured, request(json_schema=SCHEMA, form="json_schema"))
    assert body["output_config"] == {
        "effort": "low",
        "format": {"type": "json_schema", "schema": SCHEMA},
    }
    assert configured.options == {"output_config": {"effort": "low"}}


def test_the_looser_form_is_a_tool_that_must_be_called() -> None:
    body = message_body(model(), request(json_schema=SCHEMA, form="json_object_schema"))
    assert [tool["input_schema"] for tool in body["tools"]] == [SCHEMA]
    assert body["tool_choice"] == {"type": "tool", "name": body["tools"][0]["name"]}


def test_a_message_is_read_whole() -> None:
    content = message(
        [
            {"type": "text", "text": '{"a"'},
            {"type": "thinking", "thinking": "hm"},
            {"type": "text", "text": ": 1}"},
        ],
        id="msg_1",
        model="claude-20250514",
        usage={
            "input_tokens": 10,
            "cache_creation_input_tokens": 2,
            "cache_read_input_tokens": 3,
            "output_tokens": 4,
        },
    )
    headers = {"request-id": "req_1", "anthropic-ratelimit-requests-limit": "50", "server": "x"}
    assert read_message(content, headers) == Reply(
        text='{"a": 1}',
        finish="stop",
        input_tokens=15,
        output_tokens=4,
        model_version="claude-20250514",
        request_id="req_1",
        headers={"anthropic-ratelimit-requests-limit": "50"},
    )


def test_the_input_of_a_called_tool_is_the_answer() -> None:
    content = message(
        [{"type": "tool_use", "name": "t", "input": {"gender": "male"}}], stop_reason="tool_use"
    )
    reply = read_message(content, {})
    assert (reply.text, reply.finish) == ('{"gender":"male"}', "stop")


@pytest.mark.parametrize(
    ("reason", "finish"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("tool_use", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("refusal", "refused"),
    ],
)
def test_stop_reasons_are_told_apart(reason: str, finish: str) -> None:
    assert read_message(message([], stop_reason=reason), {}).finish == finish


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"content": 7}'])
def test_a_body_that_is_no_message_is_broken(content: bytes) -> None:
    with pytest.raises(BrokenAnswer):
        read_message(content, {})


@given(ANYTHING)
def test_any_json_is_read_or_called_broken(body: Any) -> None:
    try:
        reply = read_message(json.dumps(body).encode(), {})
    except BrokenAnswer:
        return
    assert isinstance(reply.text, str)


def test_the_server_sees_the_schema_and_its_answer_comes_back() -> None:
    with VendorServer() as server:
        reply = answer_of(
            model_at(server, "anthropic"), request(json_schema=SCHEMA, form="json_schema")
        )
    assert server.calls[0].schema == SCHEMA
    assert json.loads(reply.text).keys() == {"gender"}


def test_an_option_of_attrx_s_own_is_refused() -> None:
    with pytest.raises(ConfigError, match="'system' cannot be set here"):
        AnthropicProvider(model(base_url="http://127.0.0.1:1", options={"system": "x"}))

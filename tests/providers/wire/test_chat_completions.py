"""The chat completions format: what is sent, and what is made of what comes back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from asking import SCHEMA, request
from hypothesis import given
from hypothesis import strategies as st

from attrx.configs.errors import ConfigError
from attrx.configs.settings import ModelSettings
from attrx.providers.protocol import Reply
from attrx.providers.wire.chat_completions import chat_body, check_options
from attrx.providers.wire.chat_replies import read_chat, token_count
from attrx.providers.wire.http import BrokenAnswer

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(0, 9) | st.sampled_from(["stop", "length", ""]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(
                [
                    "choices",
                    "message",
                    "content",
                    "refusal",
                    "usage",
                    "finish_reason",
                    "error",
                    "model",
                ]
            ),
            inner,
        )
    ),
    max_leaves=10,
)


def model(**settings: Any) -> ModelSettings:
    return ModelSettings(**{"name": "m", "provider": "openai", "model": "gpt-4", **settings})


def completion(message: dict[str, Any], **fields: Any) -> bytes:
    choice = {"index": 0, "message": message, "finish_reason": fields.pop("finish_reason", "stop")}
    return json.dumps({"choices": [choice], **fields}).encode()


def test_a_body_holds_what_was_asked_and_no_temperature_that_was_not_set() -> None:
    assert chat_body(model(), request("hello")) == {
        "model": "gpt-4",
        "messages": (
            {"role": "system", "content": "Read the product."},
            {"role": "user", "content": "hello"},
        ),
        "max_tokens": 64,
    }


def test_temperature_and_options_are_passed_on_unless_the_vendor_refused_them() -> None:
    configured = model(temperature=0, options={"seed": 7, "top_p": 0.5})
    sent = chat_body(configured, request())
    assert (sent["temperature"], sent["seed"], sent["top_p"]) == (0, 7, 0.5)
    left = chat_body(configured, request(without=frozenset({"temperature", "seed"})))
    assert left.keys() & {"temperature", "seed", "top_p"} == {"top_p"}


def test_the_token_limit_goes_under_the_name_that_the_model_takes() -> None:
    body = chat_body(model(), request(), limit_key="max_completion_tokens")
    assert body["max_completion_tokens"] == 64
    assert "max_tokens" not in body


@pytest.mark.parametrize(
    ("form", "sent"),
    [
        (
            "json_schema",
            {
                "type": "json_schema",
                "json_schema": {"name": "attributes", "strict": True, "schema": SCHEMA},
            },
        ),
        ("json_object_schema", {"type": "json_object", "schema": SCHEMA}),
        ("json_object", {"type": "json_object"}),
        ("none", None),
    ],
)
def test_each_form_of_answer_has_its_response_format(
    form: str, sent: dict[str, Any] | None
) -> None:
    assert chat_body(model(), request(json_schema=SCHEMA, form=form)).get("response_format") == sent


def test_without_a_schema_no_form_is_asked_for() -> None:
    assert "response_format" not in chat_body(model(), request(form="json_schema"))


@pytest.mark.parametrize(
    "option", ["max_tokens", "max_completion_tokens", "temperature", "response_format", "n"]
)
def test_options_that_attrx_sets_by_itself_are_refused(option: str) -> None:
    with pytest.raises(ConfigError, match=f"model 'm': options: '{option}' cannot be set here"):
        check_options(model(options={option: 1}))


def test_a_completion_is_read_whole() -> None:
    content = completion(
        {"role": "assistant", "content": '{"a": 1}', "refusal": None},
        id="chatcmpl-1",
        model="gpt-4-0613",
        usage={"prompt_tokens": 12, "completion_tokens": 3},
    )
    headers = {"x-request-id": "req_1", "x-ratelimit-limit-requests": "500", "server": "x"}
    assert read_chat(content, headers) == Reply(
        text='{"a": 1}',
        finish="stop",
        input_tokens=12,
        output_tokens=3,
        model_version="gpt-4-0613",
        request_id="req_1",
        headers={"x-ratelimit-limit-requests": "500"},
    )


@pytest.mark.parametrize(
    ("reason", "finish"),
    [
        ("stop", "stop"),
        ("eos_token", "stop"),
        ("tool_calls", "stop"),
        (None, "stop"),
        ("length", "length"),
        ("content_filter", "filtered"),
    ],
)
def test_finish_reasons_are_told_apart(reason: str | None, finish: str) -> None:
    assert read_chat(completion({"content": "x"}, finish_reason=reason), {}).finish == finish


def test_a_refusal_is_the_text_and_the_finish() -> None:
    reply = read_chat(completion({"content": None, "refusal": "I cannot."}), {})
    assert (reply.text, reply.finish) == ("I cannot.", "refused")


def test_content_in_parts_is_joined() -> None:
    assert (
        read_chat(
            completion({"content": [{"type": "text", "text": "a"}, {"text": "b"}, "c"]}), {}
        ).text
        == "abc"
    )


def test_what_a_server_leaves_out_is_none() -> None:
    reply = read_chat(completion({"content": None}), {})
    assert reply == Reply(text="")


def test_without_a_header_the_id_in_the_body_counts() -> None:
    assert read_chat(completion({"content": ""}, id="chatcmpl-9"), {}).request_id == "chatcmpl-9"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "not JSON"),
        (b'{"choices": [', "not JSON"),
        (b"[]", "not a JSON object"),
        (b"{}", r"no choices\[0\].message"),
        (b'{"choices": []}', r"no choices\[0\].message"),
        (b'{"choices": [{"message": null}]}', r"no choices\[0\].message"),
        (
            b'{"error": {"message": "Provider returned error", "code": 502}}',
            "an error: Provider returned error",
        ),
    ],
)
def test_a_body_that_is_no_completion_is_broken(content: bytes, why: str) -> None:
    with pytest.raises(BrokenAnswer, match=why):
        read_chat(content, {})


@given(ANYTHING)
def test_any_json_is_read_or_called_broken(body: Any) -> None:
    try:
        reply = read_chat(json.dumps(body).encode(), {})
    except BrokenAnswer:
        return
    assert isinstance(reply.text, str)


def test_token_counts_add_up_from_the_first_that_must_be_there() -> None:
    assert token_count({"a": 2, "b": 3}, "a", "b", "c") == 5
    assert token_count({"b": 3}, "a", "b") is None
    assert token_count(None, "a") is None

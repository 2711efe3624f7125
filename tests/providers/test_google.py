"""Google's generateContent: what is sent, and what is made of what comes back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from asking import SCHEMA, answer_of, failure_of, model_at, request
from hypothesis import given
from hypothesis import strategies as st

from attrx.configs.errors import ConfigError, RateLimitError
from attrx.configs.settings import ModelSettings
from attrx.providers.google import GoogleProvider, generate_body, generate_url, read_candidate
from attrx.providers.protocol import Reply
from attrx.providers.wire.http import BrokenAnswer
from attrx.testing import VendorServer

ANYTHING = st.recursive(
    st.none() | st.integers(0, 9) | st.sampled_from(["STOP", "SAFETY", ""]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(
                [
                    "candidates",
                    "content",
                    "parts",
                    "text",
                    "finishReason",
                    "promptFeedback",
                    "blockReason",
                ]
            ),
            inner,
        )
    ),
    max_leaves=10,
)


def model(**settings: Any) -> ModelSettings:
    return ModelSettings(
        **{"name": "m", "provider": "google", "model": "gemini-2.5-flash", **settings}
    )


def response(parts: list[dict[str, Any]], **candidate: Any) -> bytes:
    content = {"role": "model", "parts": parts}
    return json.dumps(
        {"candidates": [{"content": content, "finishReason": "STOP", **candidate}]}
    ).encode()


def test_demonstrations_are_turns_of_the_model() -> None:
    messages = (
        {"role": "system", "content": "Read."},
        {"role": "user", "content": "one"},
        {"role": "assistant", "content": "1"},
        {"role": "user", "content": "two"},
    )
    assert generate_body(model(temperature=0), request(messages=messages)) == {
        "systemInstruction": {"parts": [{"text": "Read."}]},
        "contents": [
            {"role": "user", "parts": [{"text": "one"}]},
            {"role": "model", "parts": [{"text": "1"}]},
            {"role": "user", "parts": [{"text": "two"}]},
        ],
        "generationConfig": {"maxOutputTokens": 64, "temperature": 0},
    }


@pytest.mark.parametrize(
    ("form", "key"),
    [("json_schema", "responseSchema"), ("json_object_schema", "responseJsonSchema")],
)
def test_a_schema_is_sent_in_google_s_dialect_or_as_it_is(form: str, key: str) -> None:
    config = generate_body(model(), request(json_schema=SCHEMA, form=form))["generationConfig"]
    assert config["responseMimeType"] == "application/json"
    assert config.keys() & {"responseSchema", "responseJsonSchema"} == {key}
    assert config[key]["type"] == {"responseSchema": "OBJECT", "responseJsonSchema": "object"}[key]


def test_json_without_a_schema_is_a_mime_type_alone() -> None:
    config = generate_body(model(), request(json_schema=SCHEMA, form="json_object"))[
        "generationConfig"
    ]
    assert config == {"maxOutputTokens": 64, "responseMimeType": "application/json"}


def test_options_go_where_google_wants_them() -> None:
    options = {"seed": 7, "safetySettings": [], "generationConfig": {"topK": 1}}
    body = generate_body(model(options=options), request())
    assert body["safetySettings"] == []
    assert body["generationConfig"] == {"topK": 1, "seed": 7, "maxOutputTokens": 64}


@pytest.mark.parametrize(
    ("base_url", "url"),
    [
        ("https://host", "https://host/v1beta/models/gemini%2Fx:generateContent"),
        ("https://host/", "https://host/v1beta/models/gemini%2Fx:generateContent"),
        ("https://host/proxy/v1", "https://host/proxy/v1/models/gemini%2Fx:generateContent"),
        (
            "https://host/v1/projects/p/locations/l/publishers/google",
            "https://host/v1/projects/p/locations/l/publishers/google/models/gemini%2Fx:generateContent",
        ),
    ],
)
def test_the_version_is_added_where_the_address_has_none(base_url: str, url: str) -> None:
    assert generate_url(base_url, "gemini/x") == url


def test_a_response_is_read_whole() -> None:
    body = json.loads(
        response([{"text": "thinking", "thought": True}, {"text": '{"a"'}, {"text": ": 1}"}])
    )
    body["usageMetadata"] = {
        "promptTokenCount": 9,
        "candidatesTokenCount": 4,
        "thoughtsTokenCount": 20,
    }
    body |= {"modelVersion": "gemini-2.5-flash-001", "responseId": "r1"}
    assert read_candidate(json.dumps(body).encode(), {"server": "x"}) == Reply(
        text='{"a": 1}',
        finish="stop",
        input_tokens=9,
        output_tokens=24,
        thought_tokens=20,
        model_version="gemini-2.5-flash-001",
        request_id="r1",
    )


def test_an_answer_that_was_all_thoughts_is_still_paid_for() -> None:
    body = {
        "candidates": [{"finishReason": "MAX_TOKENS"}],
        "usageMetadata": {"thoughtsTokenCount": 64},
    }
    reply = read_candidate(json.dumps(body).encode(), {})
    assert (reply.text, reply.finish, reply.output_tokens) == ("", "length", 64)


@pytest.mark.parametrize(
    ("reason", "finish"),
    [
        ("STOP", "stop"),
        ("MAX_TOKENS", "length"),
        ("SAFETY", "filtered"),
        ("RECITATION", "filtered"),
        ("PROHIBITED_CONTENT", "filtered"),
        ("LANGUAGE", "refused"),
    ],
)
def test_finish_reasons_are_told_apart(reason: str, finish: str) -> None:
    assert read_candidate(response([], finishReason=reason), {}).finish == finish


def test_a_blocked_prompt_is_an_answer() -> None:
    content = (
        b'{"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"},'
        b' "usageMetadata": {"promptTokenCount": 5}}'
    )
    reply = read_candidate(content, {})
    assert (reply.text, reply.finish, reply.input_tokens) == ("", "filtered", 5)


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{}", b'{"candidates": []}', b'{"promptFeedback": {}}']
)
def test_a_body_without_a_candidate_or_a_reason_is_broken(content: bytes) -> None:
    with pytest.raises(BrokenAnswer):
        read_candidate(content, {})


@given(ANYTHING)
def test_any_json_is_read_or_called_broken(body: Any) -> None:
    try:
        reply = read_candidate(json.dumps(body).encode(), {})
    except BrokenAnswer:
        return
    assert isinstance(reply.text, str)


def test_the_key_goes_into_a_header_and_never_into_the_address(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MY_KEY", "k" * 20)
    with VendorServer() as server:
        answer_of(model_at(server, "google", api_key_env="MY_KEY"))
    assert server.calls[0].headers["x-goog-api-key"] == "k" * 20
    assert "k" * 20 not in server.calls[0].path


def test_google_s_second_variable_is_looked_at_too(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match="GEMINI_API_KEY or GOOGLE_API_KEY is not set"):
        GoogleProvider(model())
    monkeypatch.setenv("GOOGLE_API_KEY", "k" * 20)
    GoogleProvider(model())


def test_the_wait_that_google_asks_for_in_the_body_is_kept() -> None:
    with VendorServer(faults={0: "rate_limited"}) as server:
        error = failure_of(model_at(server, "google"))
    assert isinstance(error, RateLimitError)
    assert error.retry_after_s == 0.25

"""What vendors say in the bodies of their errors."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attrx.configs.checked_values import LONGEST_WAIT_S
from attrx.providers.wire.error_bodies import (
    ErrorBody,
    read_error_body,
    refused_option,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["error", "details", "x"]), inner)
    ),
    max_leaves=8,
)


def complaint(body: Any) -> ErrorBody:
    return read_error_body(json.dumps(body).encode())


def test_openai_names_a_type_a_code_and_a_parameter() -> None:
    error = {
        "message": "Unsupported value",
        "type": "invalid_request_error",
        "param": "temperature",
        "code": "bad",
    }
    read = complaint({"error": error})
    assert read == ErrorBody(
        "Unsupported value", frozenset({"invalid_request_error", "bad"}), "temperature"
    )


def test_anthropic_nests_its_code_in_details() -> None:
    error = {
        "type": "billing_error",
        "message": "Spent",
        "details": {"error_code": "enforced_spend_limit_reached"},
    }
    read = complaint({"type": "error", "error": error, "request_id": "req_1"})
    assert read.message == "Spent"
    assert read.codes == {"billing_error", "enforced_spend_limit_reached"}


def test_google_gives_reasons_quotas_and_a_delay() -> None:
    details = [
        {"@type": "ErrorInfo", "reason": "API_KEY_INVALID"},
        {"@type": "QuotaFailure", "violations": [{"quotaId": "RequestsPerDay"}]},
        {"@type": "RetryInfo", "retryDelay": "27.5s"},
    ]
    read = complaint(
        {
            "error": {
                "code": 429,
                "status": "RESOURCE_EXHAUSTED",
                "message": "Slow",
                "details": details,
            }
        }
    )
    assert read.codes == {"429", "resource_exhausted", "api_key_invalid", "requestsperday"}
    assert read.retry_after_s == 27.5


def test_google_may_wrap_its_error_in_a_list() -> None:
    assert complaint([{"error": {"code": 400, "message": "No"}}]).message == "No"


def test_tgi_gives_a_text_and_its_type_beside_it() -> None:
    read = complaint({"error": "Model is overloaded", "error_type": "overloaded"})
    assert read == ErrorBody("Model is overloaded", frozenset({"overloaded"}))


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"detail": "Not Found"}, "Not Found"),
        (
            {"detail": [{"loc": ["body"], "msg": "field required"}, {"msg": "too long"}]},
            "field required; too long",
        ),
        (
            {"object": "error", "message": "max_tokens is too large", "code": 400},
            "max_tokens is too large",
        ),
        ("just a text", "just a text"),
        ([], "[]"),
        ({}, ""),
    ],
)
def test_other_servers_are_understood_too(body: Any, message: str) -> None:
    assert complaint(body).message == message


def test_a_page_of_a_proxy_becomes_one_short_line() -> None:
    read = read_error_body(b"<html>\n  <h1>502 Bad Gateway</h1>\n" + b"x" * 1000)
    assert read.message == "a web page: 502 Bad Gateway"
    assert len(read_error_body(b"<html>" + b"x" * 1000).message) == 400
    assert read.codes == frozenset()


@pytest.mark.parametrize("delay", ["soon", "-3s", "nans", f"{LONGEST_WAIT_S + 1}s", None, 5])
def test_a_delay_that_makes_no_sense_is_none(delay: Any) -> None:
    assert complaint({"error": {"details": [{"retryDelay": delay}]}}).retry_after_s is None


@given(JSON)
def test_any_json_can_be_read(body: Any) -> None:
    assert isinstance(complaint(body), ErrorBody)


@given(st.binary(max_size=40))
def test_any_bytes_can_be_read(content: bytes) -> None:
    assert isinstance(read_error_body(content), ErrorBody)


@pytest.mark.parametrize(
    ("said", "option"),
    [
        (ErrorBody("Unsupported value", param="temperature"), "temperature"),
        (ErrorBody("Invalid schema", param="response_format.json_schema"), "structured"),
        (ErrorBody("No such thing", param="seed"), "seed"),
        (ErrorBody("temperature is in the text", param="messages[0].content"), None),
        (ErrorBody("`temperature` is deprecated for this model."), "temperature"),
        (ErrorBody("'claude' does not support output format."), "structured"),
        (ErrorBody("JSON mode is not enabled for models/x"), "structured"),
        (ErrorBody("Unrecognized request argument supplied: seed"), "seed"),
        (ErrorBody("prompt is too long"), None),
    ],
)
def test_the_refused_option_is_named_by_parameter_or_by_words(
    said: ErrorBody, option: str | None
) -> None:
    assert refused_option(said, ["seed"]) == option

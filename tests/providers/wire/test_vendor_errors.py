"""Failures of vendors become errors of attrx."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from attrx.configs.checked_values import LONGEST_WAIT_S
from attrx.configs.errors import (
    AuthError,
    ForbiddenError,
    ProviderError,
    QuotaError,
    RateLimitError,
    RefusedRequestError,
    RequestTooLargeError,
    UnavailableError,
    UnknownModelError,
)
from attrx.configs.settings import ModelSettings
from attrx.providers.wire.credentials import ApiKey
from attrx.providers.wire.error_bodies import ErrorBody
from attrx.providers.wire.vendor_errors import (
    VendorErrors,
    kind_of_failure,
    rate_headers,
    request_id,
)
from attrx.providers.wire.waits import retry_after_s

NOW = datetime(2025, 10, 21, 7, 28, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "20"}, 20.0),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after": " 0 "}, 0.0),
        ({"retry-after-ms": "250"}, 0.25),
        ({"retry-after-ms": "250", "retry-after": "1"}, 0.25),
        ({"retry-after-ms": "soon", "retry-after": "1"}, 1.0),
        ({"retry-after-ms": "-1", "retry-after": "1"}, 1.0),
        ({"retry-after": "Tue, 21 Oct 2025 07:28:30 GMT"}, 30.0),
        ({"retry-after": "Tue, 21 Oct 2025 07:28:30 -0000"}, 30.0),
        ({"retry-after": "Tue, 21 Oct 2025 07:27:00 GMT"}, 0.0),
        ({"retry-after": "Fri, 31 Dec 9999 23:59:59 GMT"}, None),
        ({"retry-after": str(int(LONGEST_WAIT_S))}, LONGEST_WAIT_S),
        ({"retry-after": "999999999"}, None),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "in a while"}, None),
        ({"retry-after": ""}, None),
    ],
)
def test_retry_after_is_read_in_all_its_forms(
    headers: dict[str, str], seconds: float | None
) -> None:
    assert retry_after_s(headers, NOW) == seconds


@pytest.mark.parametrize(
    ("status", "codes", "message", "kind"),
    [
        (400, {"invalid_request_error"}, "", RefusedRequestError),
        (400, {"api_key_invalid", "invalid_argument"}, "API key not valid", AuthError),
        (400, {"invalid_request_error"}, "Your credit balance is too low to access", QuotaError),
        (400, {"billing_hard_limit_reached"}, "", QuotaError),
        (400, {"enforced_spend_limit_reached"}, "", QuotaError),
        (401, set(), "", AuthError),
        (402, set(), "", QuotaError),
        (403, set(), "", ForbiddenError),
        (403, {"model_not_found"}, "", UnknownModelError),
        (404, set(), "", UnknownModelError),
        (408, set(), "", UnavailableError),
        (409, set(), "", UnavailableError),
        (413, set(), "", RequestTooLargeError),
        (418, set(), "", RefusedRequestError),
        (422, set(), "", RefusedRequestError),
        (424, set(), "", UnavailableError),
        (429, {"rate_limit_exceeded"}, "", RateLimitError),
        (429, {"insufficient_quota"}, "", QuotaError),
        (429, {"generaterequestsperminuteperproject"}, "", RateLimitError),
        (429, {"generaterequestsperdayperproject"}, "", QuotaError),
        (500, {"insufficient_quota"}, "", UnavailableError),
        (503, set(), "", UnavailableError),
        (529, {"overloaded_error"}, "", UnavailableError),
    ],
)
def test_status_and_codes_choose_the_error(
    status: int, codes: set[str], message: str, kind: type[ProviderError]
) -> None:
    assert kind_of_failure(status, ErrorBody(message, frozenset(codes))) is kind


def test_only_headers_about_limits_are_kept() -> None:
    headers = {
        "x-ratelimit-limit-requests": "60",
        "anthropic-ratelimit-tokens-reset": "2025-01-01T00:00:00Z",
        "ratelimit-policy": "q=5;w=60",
        "retry-after": "1",
        "set-cookie": "secret",
    }
    assert rate_headers(headers).keys() == headers.keys() - {"set-cookie"}


def test_each_vendor_s_request_id_is_found() -> None:
    assert request_id({"x-request-id": "a"}) == "a"
    assert request_id({"request-id": "b"}) == "b"
    assert request_id({}) is None


def errors(key: str = "", **settings: object) -> VendorErrors:
    model = ModelSettings.model_validate(
        {"name": "big", "provider": "openai", "model": "gpt-4", **settings}
    )
    return VendorErrors(model, ApiKey("OPENAI_API_KEY", key))


def test_a_message_says_which_model_what_happened_and_what_the_vendor_said() -> None:
    body = b'{"error": {"message": "Slow down", "type": "requests", "code": "rate_limit_exceeded"}}'
    error = errors("k" * 20).from_response(429, {"retry-after": "2", "x-request-id": "req_7"}, body)
    assert isinstance(error, RateLimitError)
    assert str(error) == "model 'big' (openai): 429 rate_limit_exceeded requests: Slow down"
    assert error.hint == "set `limits` under model 'big' to what the account allows"
    assert (error.provider, error.status, error.request_id, error.retry_after_s) == (
        "openai",
        429,
        "req_7",
        2.0,
    )


def test_a_wrong_key_points_at_its_variable() -> None:
    assert errors("k" * 20).from_response(401, {}, b"").hint == "check the key in OPENAI_API_KEY"


def test_a_missing_key_at_an_address_of_one_s_own_points_at_api_key_env() -> None:
    hint = errors().from_response(401, {}, b"").hint
    assert (
        hint
        == "name the variable that holds the key: `api_key_env: OPENAI_API_KEY` under model 'big'"
    )


def test_a_refusal_names_the_option_that_was_refused() -> None:
    body = b'{"error": {"message": "Unrecognized request argument supplied: top_k"}}'
    error = errors(options={"top_k": 3}).from_response(400, {}, body)
    assert isinstance(error, RefusedRequestError)
    assert error.refused_option == "top_k"


def test_the_innermost_reason_of_a_lost_connection_is_told() -> None:
    inner, outer = OSError("no route to host"), RuntimeError("Connection error.")
    outer.__cause__ = inner
    assert (
        str(errors().unreachable(outer))
        == "model 'big' (openai): connection failed: OSError: no route to host"
    )


def test_the_start_of_a_broken_body_is_shown() -> None:
    error = errors().broken_answer(200, {}, b"<html>\n<body>", "not JSON")
    assert isinstance(error, UnavailableError)
    assert str(error) == "model 'big' (openai): 200 with a broken body (not JSON): '<html> <body>'"


def test_the_wait_may_be_told_in_the_body() -> None:
    body = b'{"error": {"details": [{"retryDelay": "0.5s"}]}}'
    assert errors().from_response(429, {}, body).retry_after_s == 0.5
    assert errors().from_response(429, {"retry-after": "3"}, body).retry_after_s == 3.0


@pytest.mark.parametrize(
    ("status", "message", "kind"),
    [
        (429, "Request too large for x (TPM): Limit 6000, Requested 9001.", RequestTooLargeError),
        (429, "Tokens per minute: limit 30,000, requested: 42,001", RequestTooLargeError),
        (429, "(TPM): Limit 6000, Used 5900, Requested 200. Try again in 1s", RateLimitError),
        (400, "This model's maximum context length is 8192 tokens", RequestTooLargeError),
        (403, "Key limit exceeded (daily limit)", QuotaError),
        (402, "Insufficient Balance", QuotaError),
        (404, "No endpoints found that support the requested parameters.", RefusedRequestError),
        (404, "No endpoints found matching your data policy.", UnknownModelError),
    ],
)
def test_words_tell_what_a_status_does_not(
    status: int, message: str, kind: type[ProviderError]
) -> None:
    assert kind_of_failure(status, ErrorBody(message)) is kind


def refused(message: str, options: dict[str, object], **fields: object) -> str | None:
    body = json.dumps({"error": {"message": message, **fields}}).encode()
    error = errors(options=options).from_response(400, {}, body)
    assert isinstance(error, RefusedRequestError)
    return error.refused_option


def test_the_word_none_is_no_parameter() -> None:
    message = "gpt-5 models don't support temperature=0.2. Only temperature=1 is supported."
    assert refused(message, {}, param="None", type="None") == "temperature"


def test_an_option_in_a_message_about_the_limit_is_not_the_refused_one() -> None:
    message = "`max_tokens` must be greater than `thinking.budget_tokens`"
    assert refused(message, {"thinking": {"type": "enabled"}}) is None
    assert refused("thinking: Extra inputs are not permitted", {"thinking": {}}) == "thinking"


def test_an_option_is_looked_for_as_a_word() -> None:
    assert refused("The run was stopped, as users may see", {"stop": ["x"], "user": "me"}) is None


def test_what_the_server_behind_a_gateway_said_is_passed_on() -> None:
    raw = '{"error": {"message": "response_format is not taken", "code": "bad"}}'
    body = {"error": {"message": "Provider returned error", "code": 400, "metadata": {"raw": raw}}}
    error = errors().embedded(body, {})
    assert isinstance(error, RefusedRequestError)
    assert error.refused_option == "structured"
    assert error.message == (
        "model 'big' (openai): 200 with an error inside: 400 bad: Provider returned error:"
        " response_format is not taken"
    )

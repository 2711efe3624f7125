"""The error bodies of the vendors' APIs, as their references give them and their servers send them.

A kind of failure (`rate_limited`, `no_quota`, `bad_temperature` ...) is known to every vendor;
status and body are its own.
"""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]
Failure = tuple[int, Json]

_OPENAI_FAILURES: dict[str, tuple[int, str, str | None, str | None, str | None]] = {
    "unauthorized": (
        401,
        "Incorrect API key provided: sk-pr**********************abcd. You can find your API key at"
        " https://platform.openai.com/account/api-keys.",
        "invalid_request_error",
        None,
        "invalid_api_key",
    ),
    "forbidden": (
        403,
        "Country, region, or territory not supported",
        "request_forbidden",
        None,
        "unsupported_country_region_territory",
    ),
    "unknown_model": (
        404,
        "The model `{model}` does not exist or you do not have access to it.",
        "invalid_request_error",
        None,
        "model_not_found",
    ),
    "rate_limited": (
        429,
        "Rate limit reached for {model} in organization org-loopback on requests per min (RPM):"
        " Limit 500, Used 500,"
        " Requested 1. Please try again in 120ms. Visit"
        " https://platform.openai.com/account/rate-limits to learn more.",
        "requests",
        None,
        "rate_limit_exceeded",
    ),
    "no_quota": (
        429,
        "You exceeded your current quota, please check your plan and billing details. For more"
        " information on this"
        " error, read the docs: https://platform.openai.com/docs/guides/error-codes/api-errors.",
        "insufficient_quota",
        None,
        "insufficient_quota",
    ),
    "bad_temperature": (
        400,
        "Unsupported value: 'temperature' does not support 0 with this model. Only the default (1)"
        " value is supported.",
        "invalid_request_error",
        "temperature",
        "unsupported_value",
    ),
    "bad_max_tokens": (
        400,
        "Unsupported parameter: 'max_tokens' is not supported with this model. Use"
        " 'max_completion_tokens' instead.",
        "invalid_request_error",
        "max_tokens",
        "unsupported_parameter",
    ),
    "bad_format": (
        400,
        "Invalid parameter: 'response_format' of type 'json_schema' is not supported with this"
        " model. Learn more about"
        " supported models at the Structured Outputs guide:"
        " https://platform.openai.com/docs/guides/structured-outputs",
        "invalid_request_error",
        None,
        None,
    ),
    "bad_request": (
        400,
        "This model's maximum context length is 8192 tokens. However, your messages resulted in"
        " 9001 tokens.",
        "invalid_request_error",
        "messages",
        "context_length_exceeded",
    ),
    "too_large": (413, "Request too large.", "invalid_request_error", None, None),
    "server_error": (
        500,
        "The server had an error while processing your request. Sorry about that!",
        "server_error",
        None,
        None,
    ),
    "unavailable": (
        503,
        "The engine is currently overloaded, please try again later",
        "server_error",
        None,
        None,
    ),
    "overloaded": (529, "Overloaded", "server_error", None, None),
}

VENDOR_FAILURES = tuple(_OPENAI_FAILURES)
"""The kinds of failure that every vendor tells of, each in its own words."""


def openai_failure(kind: str, model: str) -> Failure:
    """Status and body of a failure at OpenAI."""
    status, message, type_, param, code = _OPENAI_FAILURES[kind]
    error = {"message": message.format(model=model), "type": type_, "param": param, "code": code}
    return status, {"error": error}


_ANTHROPIC_FAILURES: dict[str, tuple[int, str, str]] = {
    "unauthorized": (401, "authentication_error", "invalid x-api-key"),
    "forbidden": (
        403,
        "permission_error",
        "Your API key does not have permission to use the specified resource.",
    ),
    "unknown_model": (404, "not_found_error", "model: {model}"),
    "rate_limited": (
        429,
        "rate_limit_error",
        "This request would exceed the rate limit for your organization of 50 requests per minute."
        " For details, refer"
        " to: https://docs.anthropic.com/en/api/rate-limits.",
    ),
    "no_quota": (
        400,
        "invalid_request_error",
        "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing"
        " to upgrade or"
        " purchase credits.",
    ),
    "bad_temperature": (
        400,
        "invalid_request_error",
        "`temperature` is deprecated for this model.",
    ),
    "bad_max_tokens": (
        400,
        "invalid_request_error",
        "max_tokens: 512 > 256, which is the maximum allowed number of output tokens for {model}",
    ),
    "bad_format": (400, "invalid_request_error", "'{model}' does not support output format."),
    "bad_request": (
        400,
        "invalid_request_error",
        "prompt is too long: 210000 tokens > 200000 maximum",
    ),
    "too_large": (413, "request_too_large", "Request exceeds the maximum size"),
    "server_error": (500, "api_error", "Internal server error"),
    "unavailable": (503, "api_error", "Service temporarily unavailable"),
    "overloaded": (529, "overloaded_error", "Overloaded"),
}


def anthropic_failure(kind: str, model: str) -> Failure:
    """Status and body of a failure at Anthropic."""
    status, type_, message = _ANTHROPIC_FAILURES[kind]
    error = {"type": type_, "message": message.format(model=model)}
    return status, {"type": "error", "error": error, "request_id": "req_011CSHoEeqs5C35K2UUqR7Fy"}


def _error_info(reason: str) -> Json:
    return {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": reason,
        "domain": "googleapis.com",
        "metadata": {"service": "generativelanguage.googleapis.com"},
    }


def _quota_failure(quota: str) -> list[Json]:
    violation = {
        "quotaMetric": "generativelanguage.googleapis.com/generate_content_free_tier_requests",
        "quotaId": quota,
        "quotaValue": "15",
    }
    return [
        {"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [violation]},
        {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "0.25s"},
    ]


_GOOGLE_FAILURES: dict[str, tuple[int, str, str, list[Json]]] = {
    "unauthorized": (
        400,
        "INVALID_ARGUMENT",
        "API key not valid. Please pass a valid API key.",
        [_error_info("API_KEY_INVALID")],
    ),
    "forbidden": (
        403,
        "PERMISSION_DENIED",
        "Method doesn't allow unregistered callers (callers without established identity).",
        [],
    ),
    "unknown_model": (
        404,
        "NOT_FOUND",
        "models/{model} is not found for API version v1beta, or is not supported for"
        " generateContent. Call ListModels"
        " to see the list of available models and their supported methods.",
        [],
    ),
    "rate_limited": (
        429,
        "RESOURCE_EXHAUSTED",
        "You exceeded your current quota, please check your plan and billing details. Please retry"
        " in 0.25s.",
        _quota_failure("GenerateRequestsPerMinutePerProjectPerModel-FreeTier"),
    ),
    "no_quota": (
        429,
        "RESOURCE_EXHAUSTED",
        "You exceeded your current quota, please check your plan and billing details.",
        _quota_failure("GenerateRequestsPerDayPerProjectPerModel-FreeTier"),
    ),
    "bad_temperature": (
        400,
        "INVALID_ARGUMENT",
        "Unable to submit request because it has a temperature value of 3.0 but the supported"
        " range is from 0 to 2.0.",
        [],
    ),
    "bad_max_tokens": (
        400,
        "INVALID_ARGUMENT",
        "Unable to submit request because it has a maxOutputTokens value of 512 but the supported"
        " range is from 1"
        " (inclusive) to 257 (exclusive).",
        [],
    ),
    "bad_format": (400, "INVALID_ARGUMENT", "JSON mode is not enabled for models/{model}", []),
    "bad_request": (
        400,
        "INVALID_ARGUMENT",
        "The input token count exceeds the maximum number of tokens allowed.",
        [],
    ),
    "too_large": (
        413,
        "INVALID_ARGUMENT",
        "Request payload size exceeds the limit: 20971520 bytes.",
        [],
    ),
    "server_error": (500, "INTERNAL", "An internal error has occurred. Please retry.", []),
    "unavailable": (503, "UNAVAILABLE", "The model is overloaded. Please try again later.", []),
    "overloaded": (529, "UNAVAILABLE", "The model is overloaded. Please try again later.", []),
}


def google_failure(kind: str, model: str) -> Failure:
    """Status and body of a failure at Google."""
    status, name, message, details = _GOOGLE_FAILURES[kind]
    error = {
        "code": status,
        "message": message.format(model=model),
        "status": name,
        "details": details,
    }
    return status, {"error": error}


_HUGGINGFACE_FAILURES: dict[str, tuple[int, dict[str, str]]] = {
    "unauthorized": (401, {"error": "Invalid username or password."}),
    "forbidden": (
        403,
        {
            "error": "This authentication method does not have sufficient permissions to call"
            " Inference Providers on"
            " behalf of user loopback"
        },
    ),
    "unknown_model": (404, {"error": "Model {model} does not exist"}),
    "rate_limited": (429, {"error": "Model is overloaded", "error_type": "overloaded"}),
    "no_quota": (
        402,
        {
            "error": "You have exceeded your monthly included credits for Inference Providers."
            " Subscribe to PRO to get"
            " 20x more monthly included credits."
        },
    ),
    "bad_temperature": (
        422,
        {
            "error": "Input validation error: `temperature` must be strictly positive",
            "error_type": "validation",
        },
    ),
    "bad_max_tokens": (
        422,
        {
            "error": "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 2048."
            " Given: 1800 `inputs`"
            " tokens and 512 `max_new_tokens`",
            "error_type": "validation",
        },
    ),
    "bad_format": (
        422,
        {"error": "Input validation error: invalid grammar", "error_type": "validation"},
    ),
    "bad_request": (
        422,
        {"error": "Input validation error: `inputs` cannot be empty", "error_type": "validation"},
    ),
    "too_large": (413, {"error": "Failed to buffer the request body: length limit exceeded"}),
    "server_error": (500, {"error": "Internal Server Error", "error_type": "generation"}),
    "unavailable": (503, {"error": "Model {model} is currently loading"}),
    "overloaded": (529, {"error": "Model is overloaded", "error_type": "overloaded"}),
}


def huggingface_failure(kind: str, model: str) -> Failure:
    """Status and body of a failure at Hugging Face, or of TGI."""
    status, body = _HUGGINGFACE_FAILURES[kind]
    return status, {key: value.format(model=model) for key, value in body.items()}

"""Errors that come with status 200: gateways pass on what the server behind them said.

OpenRouter    {"error": {"code": 502, "message", "metadata": {"raw", "provider_name"}}}, beside
the choices, inside one, or in their place
others        the same with codes as text, or with a type instead of a code
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from .error_bodies import read_error_body

_BAD_GATEWAY = 502
_ERROR_STATUSES = range(400, 600)
_STATUS_KEYS = ("code", "status_code", "statusCode", "status", "http_status")
# What a code in words means, where no number stands beside it.
_STATUS_OF_CODE = {
    "invalid_request_error": 400,
    "invalid_argument": 400,
    "bad_request": 400,
    "context_length_exceeded": 400,
    "authentication_error": 401,
    "unauthenticated": 401,
    "unauthorized": 401,
    "invalid_api_key": 401,
    "billing_error": 402,
    "insufficient_credits": 402,
    "insufficient_quota": 402,
    "permission_error": 403,
    "permission_denied": 403,
    "not_found_error": 404,
    "model_not_found": 404,
    "timeout_error": 408,
    "rate_limit_error": 429,
    "rate_limit_exceeded": 429,
    "resource_exhausted": 429,
    "too_many_requests": 429,
    "server_error": 500,
    "internal_server_error": 500,
    "api_error": 500,
    "unavailable": 503,
    "overloaded_error": 529,
}


def error_in(body: Mapping[str, Any], *parts: Any) -> dict[str, Any] | None:
    """The error that a response with status 200 is, as the body of an error; None for none.

    Args:
        body: The response.
        parts: What inside it may hold an error too, such as a choice.
    """
    for part in (*parts, body):
        error = part.get("error") if isinstance(part, Mapping) else None
        if error:
            return {"error": error}
    return None


def status_of(body: Mapping[str, Any]) -> int:
    """The status by which an error inside a response is meant; 502 where it does not tell."""
    error = body.get("error")
    details = error if isinstance(error, Mapping) else body
    for key in _STATUS_KEYS:
        status = _status(details.get(key))
        if status is not None:
            return status
    codes = read_error_body(orjson.dumps(body)).codes
    return max((_STATUS_OF_CODE.get(code, 0) for code in codes), default=0) or _BAD_GATEWAY


def _status(value: Any) -> int | None:
    """An HTTP status that tells of an error, from a number or its digits."""
    text = str(value).strip()
    if not text.isdecimal() or int(text) not in _ERROR_STATUSES:
        return None
    return int(text)

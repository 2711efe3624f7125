"""Vendors' failures -> errors of attrx, with the vendor's words and wait, and without a secret."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from ...configs.errors import (
    AnswerTimeout,
    AuthError,
    ProviderError,
    QuotaError,
    RateLimitError,
    RefusedRequestError,
    UnavailableError,
    UnknownModelError,
)
from ...configs.settings import ModelSettings
from .credentials import ApiKey
from .error_bodies import (
    ErrorBody,
    number,
    one_line,
    read_error_body,
    refused_option,
    sensible_wait_s,
)

_QUOTA_CODES = {
    "insufficient_quota",
    "billing_hard_limit_reached",
    "billing_not_active",
    "billing_error",
    "billing_disabled",
}
_KEY_CODES = {"invalid_api_key", "api_key_invalid", "authentication_error", "unauthenticated"}
_MODEL_CODES = {
    "model_not_found",
    "model_not_supported",
    "model_not_available",
    "deploymentnotfound",
}
_LOW_CREDIT = re.compile(
    r"credit balance is too low|exceeded your monthly included credits", re.IGNORECASE
)
_STATUSES: dict[int, type[ProviderError]] = {
    401: AuthError,
    402: QuotaError,
    403: AuthError,
    404: UnknownModelError,
    408: UnavailableError,
    409: UnavailableError,  # a conflict with another request of the account; SDKs retry it
    424: UnavailableError,  # TGI: generation failed on the server's side
    425: UnavailableError,
    429: RateLimitError,
}


def retry_after_s(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """How long a response asks to wait.

    `retry-after-ms` (OpenAI, Azure) goes before `retry-after`, which holds seconds or an HTTP date
    (RFC 9110, 10.2.3).

    Args:
        headers: The response's headers, names in lower case.
        now: The present time, for dates.

    Returns:
        Seconds in [0, LONGEST_WAIT_S]; 0 for a date that has passed; None where nothing was said,
        or nothing sensible.
    """
    milliseconds = number(headers.get("retry-after-ms", ""))
    if milliseconds is not None:
        wait_s = sensible_wait_s(milliseconds / 1000)
        if wait_s is not None:
            return wait_s
    text = headers.get("retry-after", "").strip()
    seconds = number(text)
    if seconds is None:
        seconds = _seconds_until(text, now or datetime.now(UTC))
    return None if seconds is None else sensible_wait_s(seconds)


def _seconds_until(date: str, now: datetime) -> float | None:
    try:
        then = parsedate_to_datetime(date)
    except ValueError:
        return None
    if then.tzinfo is None:
        then = then.replace(tzinfo=UTC)
    return max(0.0, (then - now).total_seconds())


def request_id(headers: Mapping[str, str]) -> str | None:
    """The vendor's id of a request, from whichever header it uses."""
    return (
        headers.get("x-request-id") or headers.get("request-id") or headers.get("x-amzn-trace-id")
    )


def rate_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers that speak of limits; the rest is not kept."""
    return {
        name: value
        for name, value in headers.items()
        if "ratelimit" in name or name.startswith("retry-after")
    }


def kind_of_failure(status: int, error_body: ErrorBody) -> type[ProviderError]:
    """Which error a response is, from its status and, where that is ambiguous, its codes."""
    codes = error_body.codes
    if status < 500:
        if codes & _QUOTA_CODES or _LOW_CREDIT.search(error_body.message) or _is_spent(codes):
            return QuotaError
        if codes & _KEY_CODES:  # Google answers 400 to a wrong key
            return AuthError
        if codes & _MODEL_CODES:  # OpenAI answers 403 where a project may not use the model
            return UnknownModelError
    return _STATUSES.get(status, UnavailableError if status >= 500 else RefusedRequestError)


def _is_spent(codes: frozenset[str]) -> bool:
    """Anthropic's spend limits, and Google's quotas per day."""
    return any(code.endswith("spend_limit_reached") or "perday" in code for code in codes)


class VendorErrors:
    """Makes the errors of one configured model.

    Args:
        model: The model that was asked.
        key: Its key, which no message may show.
    """

    def __init__(self, model: ModelSettings, key: ApiKey) -> None:
        self._model = model
        self._key = key

    def from_response(
        self, status: int, headers: Mapping[str, str], content: bytes
    ) -> ProviderError:
        """The error for a response that is none of 2xx.

        Args:
            status: HTTP status.
            headers: The response's headers, names in lower case.
            content: Its body, in any form.
        """
        error_body = read_error_body(content)
        kind = kind_of_failure(status, error_body)
        codes = " ".join(sorted(code for code in error_body.codes if not code.isdigit()))
        message = f"{status} {codes}".strip()
        if error_body.message:
            message += f": {error_body.message}"
        wait_s = retry_after_s(headers)
        if wait_s is None:
            wait_s = error_body.retry_after_s
        error = self._error(kind, message, status, headers, wait_s)
        if isinstance(error, RefusedRequestError):
            error.refused_option = refused_option(error_body, self._model.options)
        return error

    def unreachable(self, failure: BaseException) -> ProviderError:
        """The error for a connection that failed; SDKs hide the reason behind their own."""
        reason = failure
        while reason.__cause__ is not None:
            reason = reason.__cause__
        message = f"connection failed: {type(reason).__name__}: {one_line(str(reason))}"
        return self._error(UnavailableError, message)

    def too_late(self, limit_s: float) -> ProviderError:
        """The error for an answer that did not come within `limit_s` seconds."""
        return self._error(AnswerTimeout, f"no answer within {limit_s:g} s")

    def not_answered(self, why: str) -> ProviderError:
        """The error for a request of a batch that the vendor did not get to."""
        return self._error(UnavailableError, f"not answered: {one_line(why)}")

    def broken_answer(
        self, status: int, headers: Mapping[str, str], content: bytes, why: str
    ) -> ProviderError:
        """The error for a response that says all is well, with a body that is no answer."""
        start = one_line(content[:80].decode("utf-8", "replace"))
        return self._error(
            UnavailableError, f"{status} with a broken body ({why}): {start!r}", status, headers
        )

    def _error(
        self,
        kind: type[ProviderError],
        message: str,
        status: int | None = None,
        headers: Mapping[str, str] | None = None,
        wait_s: float | None = None,
    ) -> ProviderError:
        headers = headers or {}
        return kind(
            self._key.redact(f"model '{self._model.name}' ({self._model.provider}): {message}"),
            provider=self._model.provider,
            status=status,
            request_id=request_id(headers),
            retry_after_s=wait_s,
            hint=self._hint(kind),
        )

    def _hint(self, kind: type[ProviderError]) -> str:
        name = self._model.name
        variable = self._key.variable
        if kind is AuthError:
            if self._key.value:
                return f"check the key in {variable}"
            setting = f"`api_key_env: {variable}` under model '{name}'"
            return f"name the variable that holds the key: {setting}"
        hints: dict[type[ProviderError], str] = {
            QuotaError: f"add credit to the account of {variable} and run again; what was answered"
            " is not asked again",
            UnknownModelError: f"check `model: {self._model.model}` and `base_url` under model"
            f" '{name}'",
            RateLimitError: f"set `limits` under model '{name}' to what the account allows",
            AnswerTimeout: f"raise `timeout_s` under model '{name}', or lower"
            " `limits: {concurrency: ...}`",
        }
        return hints.get(kind, "")

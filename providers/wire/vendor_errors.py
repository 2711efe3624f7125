"""Vendors' failures -> errors of attrx, with the vendor's words and wait, and without a secret."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import orjson

from ...configs.errors import (
    AnswerTimeout,
    AuthError,
    DeadAnswer,
    ForbiddenError,
    ProviderError,
    QuotaError,
    RateLimitError,
    RefusedRequestError,
    RequestTooLargeError,
    UnavailableError,
    UnknownModelError,
)
from ...configs.settings import ModelSettings
from .bounded_body import BrokenBody
from .connection_failures import connection_failure
from .credentials import ApiKey
from .embedded_errors import status_of
from .error_bodies import (
    ErrorBody,
    one_line,
    read_error_body,
    refused_option,
)
from .guard import RedirectRefused
from .waits import wait_before

# Characters that are shown of a body that is no answer.
_LONGEST_START = 80
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
    r"credit balance is too low|exceeded your monthly included credits|key limit exceeded"
    r"|insufficient (?:credits?|balance|funds)|(?:out of|no|used all available) credits",
    re.IGNORECASE,
)
_SIZE_CODES = {"context_length_exceeded", "request_too_large", "string_above_max_length"}
_TOO_LARGE = re.compile(
    r"request too large|prompt is too long|maximum context length|context window", re.IGNORECASE
)
_SIZES = re.compile(r"limit\D{0,4}(\d[\d,]*).{0,40}?requested\D{0,4}(\d[\d,]*)", re.IGNORECASE)
# OpenRouter's way to say that nobody behind it takes what was asked for.
_NO_SUCH_ENDPOINT = re.compile(
    r"no endpoints? found that (?:can handle|support)|not support(?:ed)? .*\bparam(?:eter)?s?\b",
    re.IGNORECASE,
)
_STATUSES: dict[int, type[ProviderError]] = {
    401: AuthError,
    402: QuotaError,
    403: ForbiddenError,
    404: UnknownModelError,
    408: UnavailableError,
    409: UnavailableError,  # a conflict with another request of the account; SDKs retry it
    424: UnavailableError,  # TGI: generation failed on the server's side
    425: UnavailableError,
    429: RateLimitError,
}


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
    if _is_too_large(status, error_body):
        return RequestTooLargeError
    if status == 404 and _NO_SUCH_ENDPOINT.search(error_body.message):
        return RefusedRequestError
    if status < 500:
        if codes & _QUOTA_CODES or _LOW_CREDIT.search(error_body.message) or _is_spent(codes):
            return QuotaError
        if codes & _KEY_CODES:  # Google answers 400 to a wrong key
            return AuthError
        if codes & _MODEL_CODES:  # OpenAI answers 403 where a project may not use the model
            return UnknownModelError
    is_about_request = 400 <= status < 500
    return _STATUSES.get(status, RefusedRequestError if is_about_request else UnavailableError)


def _is_too_large(status: int, error_body: ErrorBody) -> bool:
    """Whether this one request is longer than what is allowed, so that no waiting helps."""
    if status == 413:
        return True
    if status not in (400, 422, 429):
        return False
    if error_body.codes & _SIZE_CODES:
        return True
    sizes = _SIZES.search(error_body.message)
    if sizes is not None:
        limit, requested = (int(size.replace(",", "")) for size in sizes.groups())
        return requested > limit
    return _TOO_LARGE.search(error_body.message) is not None


def _is_spent(codes: frozenset[str]) -> bool:
    """Anthropic's spend limits, and Google's quotas per day."""
    return any(code.endswith("spend_limit_reached") or "perday" in code for code in codes)


class VendorErrors:
    """Makes the errors of one configured model.

    Args:
        model: The model that was asked.
        key: Its key; hints name its variable.
    """

    def __init__(self, model: ModelSettings, key: ApiKey) -> None:
        self._model = model
        self._key = key

    def from_response(
        self, status: int, headers: Mapping[str, str], content: bytes, prefix: str = ""
    ) -> ProviderError:
        """The error for a response that is none of 2xx.

        Args:
            status: HTTP status.
            headers: The response's headers, names in lower case.
            content: Its body, in any form.
            prefix: What the message begins with.
        """
        error_body = read_error_body(content)
        kind = kind_of_failure(status, error_body)
        codes = [code for code in sorted(error_body.codes) if not code.isdigit()]
        words = [f"{prefix}{status}", *codes]
        message = " ".join(words)
        if error_body.message:
            message += f": {error_body.message}"
        wait_s = wait_before(headers, error_body)
        error = self._error(kind, message, status, headers, wait_s)
        if isinstance(error, RefusedRequestError):
            error.refused_option = refused_option(error_body, self._model.options)
        return error

    def unreachable(self, failure: BaseException) -> ProviderError:
        """The error for a connection that failed; SDKs hide the reason behind their own."""
        reason = failure
        while reason.__cause__ is not None:
            reason = reason.__cause__
        if isinstance(reason, BrokenBody):
            return self._error(DeadAnswer, f"a broken body: {reason}")
        if isinstance(reason, RedirectRefused):
            return self._redirected(reason)
        why = connection_failure(reason)
        error = self._error(why.kind, f"connection failed: {why.words}")
        error.hint = why.hint or error.hint
        return error

    def _redirected(self, refusal: RedirectRefused) -> ProviderError:
        """The error for a server that sends requests on to another one."""
        error = self._error(
            UnknownModelError,
            f"the server redirects to {one_line(refusal.target)}; neither key nor text was sent"
            " there",
        )
        error.hint = (
            f"set `base_url` under model '{self._model.name}' to the address there, if its owner"
            " may see your texts"
        )
        return error

    def too_late(self, limit_s: float) -> ProviderError:
        """The error for an answer that did not come within `limit_s` seconds."""
        return self._error(AnswerTimeout, f"no answer within {limit_s:g} s")

    def not_answered(self, why: str) -> ProviderError:
        """The error for a request of a batch that the vendor did not get to."""
        return self._error(UnavailableError, f"not answered: {one_line(why)}")

    def embedded(self, body: Mapping[str, Any], headers: Mapping[str, str]) -> ProviderError:
        """The error that a response with status 200 holds, by the status that it means.

        Args:
            body: The error, as `embedded_errors.error_in` gives it.
            headers: The response's headers, names in lower case.
        """
        content = orjson.dumps(body)
        return self.from_response(status_of(body), headers, content, "200 with an error inside: ")

    def broken_answer(
        self, status: int, headers: Mapping[str, str], content: bytes, why: str
    ) -> ProviderError:
        """The error for a response that says all is well, with a body that is no answer."""
        start = one_line(content[:1000].decode("utf-8", "replace"))[:_LONGEST_START]
        return self._error(
            DeadAnswer, f"{status} with a broken body ({why}): {start!r}", status, headers
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
            f"model '{self._model.name}' ({self._model.provider}): {message}",
            provider=self._model.provider,
            status=status,
            request_id=request_id(headers),
            retry_after_s=wait_s,
            hint=self._hint(kind),
        )

    def _hint(self, kind: type[ProviderError]) -> str:
        name = self._model.name
        variable = self._key.variable
        if issubclass(kind, AuthError):
            if self._key.value:
                return f"check the key in {variable}"
            setting = f"`api_key_env: {variable}` under model '{name}'"
            return f"name the variable that holds the key: {setting}"
        hints: dict[type[ProviderError], str] = {
            QuotaError: f"add credit to the account of {variable} and run again; what was answered"
            " is not asked again",
            UnknownModelError: f"check `model: {self._model.model}` and `base_url` under model"
            f" '{name}'",
            RequestTooLargeError: "shorten the texts, lower `max_tokens` under model"
            f" '{name}', or ask the vendor for a higher limit; `--retry-failed` asks again",
            RateLimitError: f"set `limits` under model '{name}' to what the account allows",
            AnswerTimeout: f"raise `timeout_s` under model '{name}', or lower"
            " `limits: {concurrency: ...}`",
        }
        return hints.get(kind, "")

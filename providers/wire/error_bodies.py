"""What vendors say in the bodies of their errors.

One reading serves all vendors, because the bodies of their errors differ less than their documents
do, and because gateways and local servers answer in whichever form they like:

    OpenAI, vLLM, llama.cpp   {"error": {"message", "type", "param", "code"}}
    Anthropic                 {"type": "error", "error": {"type", "message", "details": {...}}}
    Google                    {"error": {"code", "message", "status", "details": [{...}, ...]}}
    TGI, Hugging Face         {"error": "text", "error_type"}
    FastAPI servers           {"detail": "text"} or {"detail": [{"msg", "loc"}]}
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import orjson

LONGEST_WAIT_S = 86_400.0  # a vendor that asks for more than a day means something else
_LONGEST_MESSAGE = 400

# Where a vendor does not say which parameter it refuses, its message does; words of the message ->
# option of ours.
_REFUSED_WORDS = (
    ("temperature", "temperature"),
    ("response_format", "structured"),
    ("responseschema", "structured"),
    ("response_schema", "structured"),
    ("responsemimetype", "structured"),
    ("output_config", "structured"),
    ("output format", "structured"),
    ("structured output", "structured"),
    ("json mode", "structured"),
    ("json_schema", "structured"),
    ("json schema", "structured"),
    ("grammar", "structured"),
)
# A parameter that a vendor names -> option of ours.
_PARAMETERS = {
    "temperature": "temperature",
    "response_format": "structured",
    "output_config": "structured",
}


@dataclass(frozen=True, slots=True)
class ErrorBody:
    """What a vendor says in the body of an error.

    Attributes:
        message: Its words, on one line.
        codes: Its codes, types and reasons, in lower case.
        param: The parameter it names, if any.
        retry_after_s: How long it asks to wait, where it says so in the body.
    """

    message: str
    codes: frozenset[str] = frozenset()
    param: str = ""
    retry_after_s: float | None = None


def read_error_body(content: bytes) -> ErrorBody:
    """Read the body of an error in any of the forms that vendors use; never raises."""
    try:
        body = orjson.loads(content)
    except orjson.JSONDecodeError:
        return ErrorBody(one_line(content.decode("utf-8", "replace")))
    if isinstance(body, list) and body:  # Google's streaming front end wraps the error in a list
        body = body[0]
    if not isinstance(body, dict):
        return ErrorBody(one_line(str(body)))
    error = body.get("error", body)
    if not isinstance(error, dict):
        return ErrorBody(one_line(str(error)), _codes([body.get("error_type")]))
    message = error.get("message") or error.get("detail") or error.get("msg")
    message = message or body.get("message") or ""
    details = error.get("details")
    codes = [error.get(name) for name in ("type", "code", "status")]
    codes += _codes_in(details)
    return ErrorBody(
        message=one_line(_message_text(message)),
        codes=_codes(codes),
        param=str(error.get("param") or ""),
        retry_after_s=_retry_delay_s(details),
    )


def _message_text(message: Any) -> str:
    """A message as text; FastAPI lists one per wrong field."""
    if not isinstance(message, list):
        return str(message)
    parts = [part.get("msg", part) if isinstance(part, dict) else part for part in message]
    return "; ".join(str(part) for part in parts)


def _codes_in(details: Any) -> Iterator[Any]:
    """The codes inside `details`: a mapping at Anthropic's, a list of typed ones at Google's."""
    for detail in details if isinstance(details, list) else [details]:
        if isinstance(detail, dict):
            yield detail.get("error_code")
            yield detail.get("reason")
            yield from _quota_ids(detail.get("violations"))


def _quota_ids(violations: Any) -> Iterator[Any]:
    if isinstance(violations, list):
        for violation in violations:
            if isinstance(violation, dict):
                yield violation.get("quotaId")


def _codes(values: Iterable[Any]) -> frozenset[str]:
    """Those values that are codes, in lower case."""
    codes = {str(value).lower() for value in values if isinstance(value, str | int)}
    return frozenset(codes - {""})


def _retry_delay_s(details: Any) -> float | None:
    """Google's google.rpc.RetryInfo: {"retryDelay": "27.3s"}."""
    for detail in details if isinstance(details, list) else []:
        delay = detail.get("retryDelay") if isinstance(detail, dict) else None
        seconds = number(delay.removesuffix("s")) if isinstance(delay, str) else None
        if seconds is not None:
            return sensible_wait_s(seconds)
    return None


def one_line(text: str) -> str:
    """The text on one line, cut where it grows long."""
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST_MESSAGE else text[: _LONGEST_MESSAGE - 1] + "…"


def refused_option(error_body: ErrorBody, options: Iterable[str]) -> str | None:
    """Which option a vendor refuses: `temperature`, `structured`, or one of `options`.

    Args:
        error_body: What the vendor says.
        options: Keys of the model's `options`.
    """
    options = tuple(options)
    if error_body.param:
        parameter = re.split(r"[.\[]", error_body.param)[0]
        return _PARAMETERS.get(parameter) or (parameter if parameter in options else None)
    message = error_body.message.lower()
    for word, option in _REFUSED_WORDS:
        if word in message:
            return option
    return next((option for option in options if option.lower() in message), None)


def number(text: str) -> float | None:
    """The number a text holds; None where it holds none."""
    try:
        return float(text)
    except ValueError:
        return None


def sensible_wait_s(seconds: float) -> float | None:
    """Seconds in [0, LONGEST_WAIT_S]; None for what no vendor can mean."""
    return seconds if math.isfinite(seconds) and 0 <= seconds <= LONGEST_WAIT_S else None

"""What vendors say in the bodies of their errors.

One reading serves all vendors, because the bodies of their errors differ less than their documents
do, and because gateways and local servers answer in whichever form they like:

    OpenAI, vLLM, llama.cpp   {"error": {"message", "type", "param", "code"}}
    Anthropic                 {"type": "error", "error": {"type", "message", "details": {...}}}
    Google                    {"error": {"code", "message", "status", "details": [{...}, ...]}}
    TGI, Hugging Face         {"error": "text", "error_type"}
    FastAPI servers           {"detail": "text"} or {"detail": [{"msg", "loc"}]}
    OpenRouter                {"error": {"code", "message", "metadata": {"raw": what it was told}}}
    LiteLLM                   OpenAI's, with "None" as text where there is nothing
    firewalls                 a web page
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from ...configs.checked_values import number_or_none, wait_or_none, word_or_none
from ...configs.redaction import SECRETS

_LONGEST_MESSAGE = 400
_LONGEST_READ = 8_000

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
# Texts that gateways write where there is nothing to say.
_NOTHING = {"", "none", "null", "undefined"}
_TITLE = re.compile(r"<(title|h1)\b[^>]*>(.*?)</\1>", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<(?:style|script)\b.*?</(?:style|script)>|<[^>]*>", re.IGNORECASE | re.DOTALL)
# A parameter that is not the one refused, though options may be named after it.
_LIMIT_WORDS = re.compile(r"max_?(?:completion_|output_?)?tokens", re.IGNORECASE)
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
        return _read_json(orjson.loads(content))
    except Exception:  # not JSON, or nested or typed as no vendor does it
        return ErrorBody(_words_of(content[:_LONGEST_READ].decode("utf-8", "replace")))


def _read_json(body: Any) -> ErrorBody:
    """Read the body of an error that is JSON."""
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
    param = str(error.get("param") or "")
    own = ErrorBody(
        message=one_line(_message_text(message)),
        codes=_codes(codes),
        param="" if param.lower() in _NOTHING else param,
        retry_after_s=_retry_delay_s(details),
    )
    return _with_upstream(own, error.get("metadata"))


def _with_upstream(own: ErrorBody, metadata: Any) -> ErrorBody:
    """An error with what the server behind a gateway said, where that is passed on as `raw`."""
    raw = metadata.get("raw") if isinstance(metadata, dict) else None
    if not raw:
        return own
    content = raw.encode("utf-8", "replace") if isinstance(raw, str) else orjson.dumps(raw)
    upstream = read_error_body(content)
    return ErrorBody(
        message=one_line(f"{own.message}: {upstream.message}" if own.message else upstream.message),
        codes=own.codes | upstream.codes,
        param=own.param or upstream.param,
        retry_after_s=upstream.retry_after_s if own.retry_after_s is None else own.retry_after_s,
    )


def _words_of(text: str) -> str:
    """A text on one line; of a web page, which firewalls and proxies send, its title."""
    if not text.lstrip().startswith("<"):
        return one_line(text)
    title = _TITLE.search(text)
    return one_line("a web page: " + _TAG.sub(" ", title[2] if title else text))


def _message_text(message: Any) -> str:
    """A message as text; FastAPI lists one per wrong field."""
    if not isinstance(message, list):
        return str(message)
    parts = []
    for part in message:
        text = part.get("msg", part) if isinstance(part, dict) else part
        parts.append(str(text))
    return "; ".join(parts)


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
    codes = set()
    for value in values:
        if isinstance(value, str | int):
            word = word_or_none(str(value)) or ""
            codes.add(word.lower())
    return frozenset(codes - _NOTHING)


def _retry_delay_s(details: Any) -> float | None:
    """Google's google.rpc.RetryInfo: {"retryDelay": "27.3s"}."""
    for detail in details if isinstance(details, list) else []:
        delay = detail.get("retryDelay") if isinstance(detail, dict) else None
        seconds = number_or_none(delay.removesuffix("s")) if isinstance(delay, str) else None
        if seconds is not None:
            return wait_or_none(seconds)
    return None


def one_line(text: str) -> str:
    """The text on one line, cut where it grows long; keys are taken out first, while whole."""
    words = text[:_LONGEST_READ].split()
    line = SECRETS.redact(" ".join(words))
    if len(line) <= _LONGEST_MESSAGE:
        return line
    return line[: _LONGEST_MESSAGE - 1] + "…"


def refused_option(error_body: ErrorBody, options: Iterable[str]) -> str | None:
    """Which option a vendor refuses: `temperature`, `structured`, or one of `options`.

    Args:
        error_body: What the vendor says.
        options: Keys of the model's `options`.
    """
    options = tuple(options)
    if error_body.param:
        parameter, *_ = re.split(r"[.\[]", error_body.param)
        if parameter in _PARAMETERS:
            return _PARAMETERS[parameter]
        return parameter if parameter in options else None
    message = error_body.message.lower()
    for word, option in _REFUSED_WORDS:
        if word in message:
            return option
    places = {}
    for option in options:
        place = _place_of(option.lower(), message)
        if place >= 0:
            places[option] = place
    if not places:
        return None
    first = min(places, key=lambda option: places[option])
    limit = _LIMIT_WORDS.search(message)
    # "`max_tokens` must be greater than `thinking.budget_tokens`" is not about `thinking`.
    is_about_limit = limit is not None and limit.start() < places[first]
    return None if is_about_limit else first


def _place_of(option: str, message: str) -> int:
    """Where a message names an option, as a word of its own; -1 where it does not."""
    match = re.search(rf"(?<![a-z0-9]){re.escape(option)}(?![a-z0-9])", message)
    return match.start() if match else -1

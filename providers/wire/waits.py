"""How long a vendor asks to wait, wherever it says so: in headers, or in an error's words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from ...configs.checked_values import number_or_none, wait_or_none, word_or_none
from .error_bodies import ErrorBody

# What is said in words, or follows from when a limit is whole again, counts where it is longer than
# this. Shorter waits are the pacer's, which knows better when the next request gets through.
_LONG_WAIT_S = 600.0
_WORDS = re.compile(
    r"(?:again|retry|wait)\b[^.\d]{0,40}?\b(?:in|after|for)\s+"
    r"((?:\d+(?:\.\d+)?\s*(?:days?|hours?|hrs?|minutes?|mins?|seconds?|secs?|ms|[dhms])(?![a-z])[\s,]*)+)",
    re.IGNORECASE,
)
_PART = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|[dhms])", re.IGNORECASE)
_UNIT_S = {"d": 86_400.0, "h": 3_600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_SPAN = re.compile(r"(?:\d+(?:\.\d+)?(?:ms|[dhms]))+")
# What is left of a limit, and when it is whole again.
_RESETS = tuple(
    (f"{vendor}ratelimit-remaining{kind}", f"{vendor}ratelimit-reset{kind}")
    for vendor in ("x-", "")
    for kind in ("", "-requests", "-tokens", "-requests-day", "-tokens-day")
)
_FIRST_UNIX_TIME = 1e9


def wait_before(
    headers: Mapping[str, str], error_body: ErrorBody, now: datetime | None = None
) -> float | None:
    """How long to wait before the next request, in seconds; None where nothing is said.

    Args:
        headers: The response's headers, names in lower case.
        error_body: What it says of the error.
        now: The present time, for dates.
    """
    wait_s = retry_after_s(headers, now)
    if wait_s is None:
        wait_s = error_body.retry_after_s
    if wait_s is not None:
        return wait_s
    in_words_s = _in_words_s(error_body.message)
    if in_words_s is None:
        in_words_s = _until_reset_s(headers, now or datetime.now(UTC))
    is_long = in_words_s is not None and in_words_s > _LONG_WAIT_S
    return in_words_s if is_long else None


def retry_after_s(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """How long the headers for it ask to wait.

    `retry-after-ms` (OpenAI, Azure) goes before `retry-after`, which holds seconds or an HTTP date
    (RFC 9110, 10.2.3).

    Args:
        headers: The response's headers, names in lower case.
        now: The present time, for dates.

    Returns:
        Seconds in [0, LONGEST_WAIT_S]; 0 for a date that has passed; None where nothing was said,
        or nothing sensible.
    """
    milliseconds = number_or_none(_header(headers, "retry-after-ms"))
    if milliseconds is not None:
        wait_s = wait_or_none(milliseconds / 1000)
        if wait_s is not None:
            return wait_s
    text = _header(headers, "retry-after")
    seconds = number_or_none(text)
    if seconds is None:
        seconds = _seconds_until(text, now or datetime.now(UTC))
    return None if seconds is None else wait_or_none(seconds)


def _header(headers: Mapping[str, str], name: str) -> str:
    """A header; empty where it is none that can be meant."""
    return word_or_none(headers.get(name)) or ""


def _seconds_until(date: str, now: datetime) -> float | None:
    try:
        then = parsedate_to_datetime(date)
    except (ValueError, OverflowError):
        return None
    if then.tzinfo is None:
        then = then.replace(tzinfo=UTC)
    return max(0.0, (then - now).total_seconds())


def _in_words_s(message: str) -> float | None:
    """What a message asks for: "Please try again in 9m38.016s", "retry after 86400 seconds"."""
    match = _WORDS.search(message)
    return None if match is None else wait_or_none(_span_s(match[1]))


def _span_s(text: str) -> float:
    """Seconds of a span such as `7h12m3.5s` or `2 hours`."""
    seconds = 0.0
    for amount, unit in _PART.findall(text):
        seconds += float(amount) * _UNIT_S[unit.lower()]
    return seconds


def _until_reset_s(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds until the limit that is used up is whole again; the longest, where several are."""
    waits_s = []
    for remaining, reset in _RESETS:
        if number_or_none(_header(headers, remaining)) == 0:
            wait_s = _reset_s(_header(headers, reset), now)
            if wait_s is not None:
                waits_s.append(wait_s)
    return max(waits_s, default=None)


def _reset_s(text: str, now: datetime) -> float | None:
    """Seconds until a reset: a span, or a Unix time in seconds or milliseconds."""
    if _SPAN.fullmatch(text):
        return wait_or_none(_span_s(text))
    seconds = number_or_none(text)
    if seconds is None:
        return None
    if seconds > _FIRST_UNIX_TIME * 1000:
        seconds /= 1000
    if seconds > _FIRST_UNIX_TIME:
        seconds = max(0.0, seconds - now.timestamp())
    return wait_or_none(seconds)

"""What response headers say of an account's limits."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from ...configs.checked_values import number_or_none, word_or_none

# A limit that takes longer than this to come back is one per hour or day, and no reason to pace
# requests evenly.
_LONGEST_MINUTE_S = 66.0
_SPAN = re.compile(
    r"(?:(\d{1,18})d)?(?:(\d{1,18})h)?(?:(\d{1,18})m(?!s))?"
    r"(?:(\d{1,18}(?:\.\d{1,18})?)s)?(?:(\d{1,18}(?:\.\d{1,18})?)ms)?",
    re.ASCII,
)
_SPAN_SECONDS = (86_400.0, 3_600.0, 60.0, 1.0, 0.001)
_POLICY = re.compile(r"q=(\d{1,18}).*?;\s*w=(\d{1,18})", re.ASCII)

# Header names by vendor: limit, and when it is whole again.
_REQUESTS = (
    ("x-ratelimit-limit-requests", "x-ratelimit-reset-requests"),
    ("anthropic-ratelimit-requests-limit", "anthropic-ratelimit-requests-reset"),
)
_TOKENS = (
    ("x-ratelimit-limit-tokens", "x-ratelimit-reset-tokens"),
    ("anthropic-ratelimit-tokens-limit", "anthropic-ratelimit-tokens-reset"),
    ("anthropic-ratelimit-input-tokens-limit", "anthropic-ratelimit-input-tokens-reset"),
)


@dataclass(frozen=True, slots=True)
class RateLimits:
    """Limits that a response tells of; None where it does not."""

    requests_per_minute: float | None = None
    tokens_per_minute: float | None = None


def read_rate_limits(headers: Mapping[str, str], now: datetime | None = None) -> RateLimits:
    """Read the limits in a response's headers.

    OpenAI (https://platform.openai.com/docs/guides/rate-limits) and those who follow it name a
    limit and the time until it is whole again, Anthropic
    (https://docs.anthropic.com/en/api/rate-limits) a limit and a date. Both mean a minute, save for
    limits per day, which show themselves by taking longer than that to come back; they are not
    paced. Hugging Face names the window (`ratelimit-policy: "fixed window";"api";q=500;w=300`).

    Args:
        headers: Names in lower case.
        now: The present time, for dates.
    """
    return RateLimits(
        _per_minute(headers, _REQUESTS, now)
        or _policy_per_minute(_header(headers, "ratelimit-policy")),
        _per_minute(headers, _TOKENS, now),
    )


def _header(headers: Mapping[str, str], name: str) -> str:
    """A header; empty where it is none that can be meant."""
    return word_or_none(headers.get(name)) or ""


def _per_minute(
    headers: Mapping[str, str], names: tuple[tuple[str, str], ...], now: datetime | None
) -> float | None:
    for limit_name, reset_name in names:
        limit = _positive(_header(headers, limit_name))
        if limit is None:
            continue
        reset_s = read_span_s(_header(headers, reset_name), now)
        return limit if reset_s is None or reset_s <= _LONGEST_MINUTE_S else None
    return None


def _policy_per_minute(policy: str) -> float | None:
    """The limit of a `ratelimit-policy` header with a window of minutes.

    IETF, draft-ietf-httpapi-ratelimit-headers.
    """
    match = _POLICY.search(policy)
    if match is None:
        return None
    limit = int(match[1])
    window_s = int(match[2])
    if not limit or not 0 < window_s <= 600:
        return None
    return limit * 60 / window_s


def read_span_s(text: str, now: datetime | None = None) -> float | None:
    """Seconds that a header speaks of: `1s`, `6m0s`, `20ms`, `0.5`, an ISO date, or a Unix time.

    Args:
        text: The header's value.
        now: The present time, for dates.

    Returns:
        Seconds, >= 0; None where the text cannot be read.
    """
    text = text.strip()
    number = number_or_none(text)
    if number is not None:
        if number > 1e9:  # no span, but a point in time
            number -= (now or datetime.now(UTC)).timestamp()
        return max(0.0, number)
    match = _SPAN.fullmatch(text)
    if text and match:
        units = zip(match.groups(), _SPAN_SECONDS, strict=True)
        return sum(float(part) * seconds for part, seconds in units if part)
    return _seconds_until(text, now)


def _seconds_until(date: str, now: datetime | None) -> float | None:
    try:
        then = datetime.fromisoformat(date)
    except ValueError:
        return None
    then = then if then.tzinfo else then.replace(tzinfo=UTC)
    return max(0.0, (then - (now or datetime.now(UTC))).total_seconds())


def _positive(text: str) -> float | None:
    number = number_or_none(text)
    return number if number is not None and number > 0 else None

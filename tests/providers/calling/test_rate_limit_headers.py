from __future__ import annotations

from datetime import UTC, datetime

import pytest

from attrx.providers.calling.rate_limit_headers import RateLimits, read_rate_limits, read_span_s

NOW = datetime(2025, 1, 1, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1s", 1),
        ("6m0s", 360),
        ("20ms", 0.02),
        ("1.5s", 1.5),
        ("1h2m3s", 3723),
        ("1d", 86_400),
        ("1m20ms", 60.02),
        ("0", 0),
        ("0.25", 0.25),
        ("-5", 0),
        ("2025-01-01T12:00:30Z", 30),
        ("2025-01-01T12:00:30.5+00:00", 30.5),
        ("2025-01-01T12:00:30", 30),
        ("2024-01-01T00:00:00Z", 0),
        ("1735732860", 60),  # 2025-01-01T12:01:00Z in Unix time
        ("9" * 5000, None),
        ("9" * 5000 + "s", None),
        ("", None),
        ("soon", None),
        ("nan", None),
        ("inf", None),
        ("1s1h", None),
        ("2025-13-40T00:00:00Z", None),
    ],
)
def test_spans_of_every_spelling_are_read(text: str, seconds: float | None) -> None:
    assert read_span_s(text, NOW) == (None if seconds is None else pytest.approx(seconds))


@pytest.mark.parametrize(
    ("headers", "seen"),
    [
        (
            {
                "x-ratelimit-limit-requests": "500",
                "x-ratelimit-remaining-requests": "499",
                "x-ratelimit-reset-requests": "120ms",
                "x-ratelimit-limit-tokens": "200000",
                "x-ratelimit-remaining-tokens": "199000",
                "x-ratelimit-reset-tokens": "300ms",
            },
            RateLimits(500, 200_000),
        ),
        (
            {
                "anthropic-ratelimit-requests-limit": "50",
                "anthropic-ratelimit-requests-reset": "2025-01-01T12:00:01Z",
                "anthropic-ratelimit-input-tokens-limit": "30000",
                "anthropic-ratelimit-input-tokens-reset": "2025-01-01T12:00:01Z",
            },
            RateLimits(50, 30_000),
        ),
        (
            {
                "anthropic-ratelimit-tokens-limit": "40000",
                "anthropic-ratelimit-input-tokens-limit": "30000",
            },
            RateLimits(None, 40_000),
        ),
        ({"ratelimit-policy": '"fixed window";"api";q=500;w=300'}, RateLimits(100, None)),
        ({"ratelimit-policy": '"fixed window";"api";q=5000;w=86400'}, RateLimits()),
        ({"ratelimit-policy": "q=0;w=60"}, RateLimits()),
        # 200 a day: 1 is used, and comes back in 7 minutes. Pacing 200 a minute would be wrong, 200
        # a day useless.
        (
            {"x-ratelimit-limit-requests": "200", "x-ratelimit-reset-requests": "7m12s"},
            RateLimits(),
        ),
        ({"x-ratelimit-limit-requests": "-1"}, RateLimits()),
        ({"x-ratelimit-limit-requests": "0"}, RateLimits()),
        ({"x-ratelimit-limit-requests": "unlimited"}, RateLimits()),
        ({"x-ratelimit-limit-requests": "500", "x-ratelimit-reset-requests": "?"}, RateLimits(500)),
        ({"retry-after": "3"}, RateLimits()),
        ({}, RateLimits()),
    ],
)
def test_the_limits_of_every_vendors_headers_are_read(
    headers: dict[str, str], seen: RateLimits
) -> None:
    assert read_rate_limits(headers, NOW) == seen


@pytest.mark.parametrize("digits", ["9" * 5000, "-1", "nan", "1e999", "0"])
def test_limits_that_no_account_has_are_not_told(digits: str) -> None:
    headers = {
        "x-ratelimit-limit-requests": digits,
        "x-ratelimit-limit-tokens": digits,
        "ratelimit-policy": f"q={digits[:1]}{'9' * 5000};w={digits}",
    }
    assert read_rate_limits(headers) == RateLimits()

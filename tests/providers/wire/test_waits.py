"""Long waits are found in headers and in words; short ones are left to the pacer."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from attrx.providers.wire.error_bodies import ErrorBody
from attrx.providers.wire.waits import wait_before

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "message", "wait_s"),
    [
        ({"retry-after": "86400"}, "", 86400.0),
        ({"retry-after": "2"}, "Please try again in 7h", 2.0),
        ({}, "Please try again in 7h12m3.5s. Visit us", 25923.5),
        ({}, "Please retry after 86400 seconds.", 86400.0),
        ({}, "try again in 2 hours", 7200.0),
        ({}, "Please try again in 120ms", None),
        ({}, "Limit 500, Used 500", None),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1772380800000"}, "", 14400.0),
        (
            {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "4h0m0s"},
            "",
            14400,
        ),
        ({"x-ratelimit-remaining-requests": "3", "x-ratelimit-reset-requests": "4h0m0s"}, "", None),
        ({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "6s"}, "", None),
    ],
)
def test_how_long_a_vendor_asks_to_wait(
    headers: dict[str, str], message: str, wait_s: float | None
) -> None:
    assert wait_before(headers, ErrorBody(message), NOW) == wait_s

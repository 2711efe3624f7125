from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attrx.providers.calling.rates import LearnedRate, SlotClock


def test_a_clock_gives_out_one_point_after_the_other() -> None:
    clock = SlotClock(10)

    clock.book(0.0, 1, from_queue=False)
    assert clock.next_at == pytest.approx(0.1)
    clock.book(0.1, 5, from_queue=True)
    assert clock.next_at == pytest.approx(0.6)


def test_a_timer_that_fires_late_is_made_up_for_within_bounds() -> None:
    clock = SlotClock(10)
    clock.book(0.0, 1, from_queue=False)

    clock.book(0.15, 1, from_queue=True)  # 0.05 s late for the point at 0.1
    assert clock.next_at == pytest.approx(0.2)
    clock.book(
        5.0, 1, from_queue=True
    )  # so late that making up for all of it would be a burst: 5 - 0.1 + 0.1
    assert clock.next_at == pytest.approx(5.0)


def test_time_that_nobody_wanted_is_not_made_up_for() -> None:
    clock = SlotClock(10)
    clock.book(0.0, 1, from_queue=False)

    clock.book(5.0, 1, from_queue=False)
    assert clock.next_at == pytest.approx(5.1)


def test_another_rate_moves_the_next_point_in_proportion() -> None:
    clock = SlotClock(10)
    clock.book(0.0, 10, from_queue=False)

    clock.set_rate(
        0.5, 5
    )  # half of the 10 units are left, 0.5 s at the old rate and 1 s at the new one
    assert clock.next_at == pytest.approx(1.5)


@given(
    st.lists(st.floats(1, 1000), min_size=2, max_size=20),
    st.lists(st.floats(0, 0.5), min_size=20, max_size=20),
)
def test_no_change_of_rate_lets_more_through_than_the_highest_rate_would(
    rates: list[float], gaps: list[float]
) -> None:
    clock, now, booked = SlotClock(rates[0]), 0.0, 0
    for rate, gap in zip(rates * 10, gaps, strict=False):
        now = max(now + gap, clock.next_at)
        clock.set_rate(now, rate)
        clock.book(now, 1, from_queue=False)
        booked += 1

    assert booked <= 1 + now * max(rates) + 1e-6


_FASTEST_PER_S = 200


def _send(
    rate: LearnedRate, *, until: float, takes_per_s: float, since: float = 0.0
) -> list[float]:
    """Send as fast as the rate allows to an account that lets `takes_per_s` through, 5 at once.

    Returns:
        The rate after each second.
    """
    now, level, seen = since, 5.0, []
    while now < until:
        start = rate.start(now)
        if level < 1:
            rate.refuse(now, start)
        else:
            level -= 1
        rate.update(now, waits_for_rate=rate.per_s < _FASTEST_PER_S)
        gap = 1 / min(rate.per_s, _FASTEST_PER_S)
        level = min(5.0, level + gap * takes_per_s)
        if int(now + gap) > int(now):
            seen.append(rate.per_s)
        now += gap
    return seen


def test_the_rate_becomes_what_gets_through_in_a_second() -> None:
    assert _send(LearnedRate(), until=6, takes_per_s=50)[-1] == pytest.approx(50, rel=0.05)


def test_nothing_is_learned_where_nothing_is_refused() -> None:
    assert all(math.isinf(per_s) for per_s in _send(LearnedRate(), until=5, takes_per_s=200))


def test_a_rate_below_what_is_taken_grows_until_it_is_refused() -> None:
    rate = LearnedRate()
    _send(rate, until=6, takes_per_s=50)

    assert max(_send(rate, since=6, until=36, takes_per_s=100)) > 90


def test_refusals_of_everything_halve_the_rate() -> None:
    rate = LearnedRate()
    _send(rate, until=6, takes_per_s=50)

    assert _send(rate, since=6, until=10, takes_per_s=0)[-1] <= 25


def test_whether_anything_ever_got_through_is_told() -> None:
    rate = LearnedRate()

    starts = [rate.start(0.0) for _ in range(3)]
    assert [rate.refuse(0.1, start) for start in starts] == [True, True, False]


def test_what_is_given_back_lets_the_next_start_come_at_once_and_not_in_a_burst() -> None:
    clock = SlotClock(100)
    clock.book(0.0, 1000, from_queue=False)  # 10 s

    clock.correct(1.0, -500)
    assert clock.next_at == pytest.approx(5.0)
    clock.correct(1.0, -500)
    assert clock.next_at == pytest.approx(1.0)
    clock.correct(1.0, 200)  # and what was used beyond the booking is waited for
    assert clock.next_at == pytest.approx(3.0)

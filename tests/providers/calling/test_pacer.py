"""The pacer against simulated accounts.

"Ideal" is the time of a client that knows the limit and wastes nothing.
"""

from __future__ import annotations

import asyncio
import itertools

import pytest
from accounts import Account, bucket, noise, sliding_window
from scripted import settings
from simulated import simulate

from attrx.configs.settings import Limits
from attrx.providers.calling.pacer import Pacer, Slot, open_pacers

PER_S, BURST = 100, 20
# 1,000 requests at 100 a second, of which 20 pass at once: (1000 - 20) / 100 = 9.8 s, and the last
# answer.
IDEAL_S = (1000 - BURST) / PER_S + 0.05


@pytest.mark.parametrize("retry_after", ["nothing", "whole", "exact"])
@pytest.mark.parametrize("refusal_s", [0.001, 0.05])
def test_a_limit_that_nobody_told_is_used_to_the_full_and_nothing_is_lost(
    retry_after: str, refusal_s: float
) -> None:
    run = Account(bucket(PER_S, BURST), retry_after=retry_after, refusal_s=refusal_s).run()

    assert run.lost == 0
    assert run.seconds <= 1.05 * IDEAL_S


def test_a_limit_that_nobody_told_is_hardly_run_into_once_it_is_known() -> None:
    run = Account(bucket(PER_S, BURST)).run(requests=6000)

    early = sum(count for second, count in run.refused_by_second.items() if second < 3)
    assert early <= 100
    assert len(run.refused_at) - early <= 0.01 * 6000


def test_slow_models_keep_their_rate_too() -> None:
    """An answer takes 5 s: at 100 a second, 500 are under way when the first 429 comes."""
    run = Account(bucket(PER_S, BURST), latency_s=5.0, refusal_s=0.1).run(
        Limits(concurrency=800), requests=3000, workers=800
    )

    assert run.lost == 0
    assert run.seconds <= 1.1 * ((3000 - BURST) / PER_S + 5.5)


@pytest.mark.parametrize(("most", "window_s"), [(100, 1.0), (300, 60.0)])
def test_accounts_that_count_by_the_window_are_served_as_well(most: int, window_s: float) -> None:
    run = Account(sliding_window(most, window_s), retry_after="exact").run(requests=5 * most)

    assert run.lost == 0
    assert run.seconds <= 1.25 * 5 * window_s  # five windows' worth


def test_an_account_that_is_used_up_is_left_alone_until_it_says() -> None:
    """300 a minute, used up within the first second: hardly a request in the 55 s after that."""
    run = Account(sliding_window(300, 60.0), retry_after="exact").run(requests=400)

    assert sum(5 <= time < 59 for time in run.arrived_at) <= 5
    assert run.lost == 0


@pytest.mark.parametrize("share", [0.02, 0.1])
def test_refusals_that_have_nothing_to_do_with_the_rate_do_not_bring_it_down(share: float) -> None:
    run = Account(noise(share)).run(requests=6000)

    assert run.lost == 0
    assert (
        run.seconds <= 60
    )  # 100 a second, where a rate that followed every refusal would be near 0 by then


def test_a_configured_limit_is_kept_from_the_first_request_on() -> None:
    run = Account(bucket(PER_S, BURST)).run(Limits(requests_per_minute=60 * PER_S))

    assert run.refused_at == []
    assert run.seconds <= 1.05 * IDEAL_S


def test_a_configured_limit_is_kept_in_every_second() -> None:
    run = Account(lambda now: 0.0).run(Limits(requests_per_minute=60 * PER_S))

    assert (
        max(sum(start <= time < start + 1 for time in run.arrived_at) for start in run.arrived_at)
        <= PER_S
    )


@pytest.mark.parametrize(
    "headers",
    [
        {"x-ratelimit-limit-requests": "6000", "x-ratelimit-reset-requests": "120ms"},
        {
            "anthropic-ratelimit-requests-limit": "6000",
            "anthropic-ratelimit-requests-reset": "2024-01-01T00:00:00Z",
        },
    ],
)
def test_a_limit_in_the_headers_is_kept_from_the_first_answer_on(headers: dict[str, str]) -> None:
    run = Account(bucket(PER_S, BURST), headers=headers).run()

    assert len(run.refused_at) < 0.01 * 1000
    assert run.seconds <= 1.05 * IDEAL_S


def test_the_config_goes_before_the_headers() -> None:
    pacer = Pacer(Limits(requests_per_minute=60))

    async def answer() -> None:
        (await pacer.start(lambda: 0)).on_answer(None, {"x-ratelimit-limit-requests": "6000"})

    simulate(answer())
    assert pacer.requests_per_minute == pytest.approx(60, rel=0.03)


def test_the_tightest_limit_of_an_accounts_models_holds_for_all() -> None:
    pacer = Pacer()

    async def answer(model: str, limit: str) -> None:
        (await pacer.start(lambda: 0, model)).on_answer(None, {"x-ratelimit-limit-requests": limit})

    simulate(answer("small", "500"))
    simulate(answer("large", "6000"))
    assert pacer.requests_per_minute == pytest.approx(500, rel=0.03)


def test_without_a_limit_few_requests_start_at_first_and_soon_all() -> None:
    async def start_and_wait() -> list[int]:
        pacer = Pacer(Limits(concurrency=64))
        tasks = [asyncio.ensure_future(_one(pacer, 10.0)) for _ in range(64)]
        seen = []
        for _ in range(4):
            await asyncio.sleep(0.24)
            seen.append(pacer.in_flight)
        for task in tasks:
            task.cancel()
        return seen

    assert simulate(start_and_wait()) == [8, 16, 32, 64]


def test_answers_make_room_faster_than_time_does() -> None:
    run = Account(lambda now: 0.0, latency_s=0.01).run(requests=200)

    assert run.seconds < 0.25


async def _one(pacer: Pacer, seconds: float, tokens: float = 0.0) -> float:
    slot = await pacer.start(lambda: tokens)
    began_at = asyncio.get_running_loop().time()
    await asyncio.sleep(seconds)
    slot.on_answer(tokens, {})
    return began_at


def test_starts_come_in_the_order_of_asking_and_at_an_even_pace() -> None:
    async def starts() -> list[float]:
        pacer = Pacer(Limits(requests_per_minute=600 / 0.98))  # 10 a second after the margin
        return list(await asyncio.gather(*(_one(pacer, 0.0) for _ in range(30))))

    times = simulate(starts())
    assert times == sorted(times)
    assert [later - earlier for earlier, later in itertools.pairwise(times)] == pytest.approx(
        [0.1] * 29
    )


def test_no_more_than_the_concurrency_is_in_flight() -> None:
    async def most_in_flight() -> int:
        pacer = Pacer(Limits(concurrency=3, requests_per_minute=1e6))
        tasks = [asyncio.ensure_future(_one(pacer, 1.0)) for _ in range(10)]
        most = 0
        while not all(task.done() for task in tasks):
            most = max(most, pacer.in_flight)
            await asyncio.sleep(0.1)
        return most

    assert simulate(most_in_flight()) == 3


def test_tokens_per_minute_are_kept() -> None:
    """Each request has 100 tokens; 6,000 a minute are 1 request a second (0.98 with the margin)."""

    async def starts() -> list[float]:
        pacer = Pacer(Limits(tokens_per_minute=6000 / 0.98))
        return list(await asyncio.gather(*(_one(pacer, 0.0, tokens=100) for _ in range(5))))

    assert simulate(starts()) == pytest.approx([0, 1, 2, 3, 4])


def test_tokens_that_were_expected_and_not_used_are_given_back() -> None:
    """100 a second. The first expects 1,000 and uses 100 within 1 s: the second starts at 1 s."""

    async def second_start() -> float:
        pacer = Pacer(Limits(tokens_per_minute=6000 / 0.98))
        first = await pacer.start(lambda: 1000)
        asyncio.get_running_loop().call_later(1.0, first.on_answer, 100, {})
        await pacer.start(lambda: 1000)
        return asyncio.get_running_loop().time()

    assert simulate(second_start()) == pytest.approx(1.0)


def test_tokens_are_estimated_when_a_request_starts_and_not_when_it_queues() -> None:
    async def third_start() -> float:
        estimate = [100.0]
        pacer = Pacer(Limits(tokens_per_minute=6000 / 0.98))
        await pacer.start(lambda: 0)
        await pacer.start(lambda: 100)
        second, third = (asyncio.ensure_future(pacer.start(lambda: estimate[0])) for _ in range(2))
        estimate[0] = 10.0  # both have queued by now
        await second
        await third
        return asyncio.get_running_loop().time()

    assert simulate(third_start()) == pytest.approx(1.1)


def test_tokens_of_a_refused_request_are_given_back() -> None:
    async def second_start() -> float:
        pacer = Pacer(Limits(tokens_per_minute=6000 / 0.98))
        first = await pacer.start(lambda: 1000)
        asyncio.get_running_loop().call_later(1.0, first.on_refusal, 0.0)
        await pacer.start(lambda: 10)
        return asyncio.get_running_loop().time()

    assert simulate(second_start()) < 1.5


def test_who_gives_up_waiting_does_not_keep_a_slot() -> None:
    async def third_start() -> float:
        pacer = Pacer(Limits(requests_per_minute=60 / 0.98, concurrency=1))
        slot = await pacer.start(lambda: 0)
        waiting = asyncio.ensure_future(pacer.start(lambda: 0))
        third = asyncio.ensure_future(pacer.start(lambda: 0))
        await asyncio.sleep(0.5)
        waiting.cancel()
        slot.on_answer(None, {})
        await third
        return asyncio.get_running_loop().time()

    assert simulate(third_start()) == pytest.approx(1.0)


def test_who_is_cancelled_at_the_very_moment_of_his_turn_gives_the_slot_back() -> None:
    async def in_flight() -> int:
        pacer = Pacer(Limits(concurrency=1))
        slot: Slot = await pacer.start(lambda: 0)
        waiting = asyncio.ensure_future(pacer.start(lambda: 0))
        await asyncio.sleep(0)
        slot.on_answer(None, {})  # the slot is his now, but he has not run yet
        waiting.cancel()
        await asyncio.sleep(0)
        return pacer.in_flight

    assert simulate(in_flight()) == 0


def test_a_first_refusal_of_everything_waits_as_long_as_the_vendor_asks() -> None:
    async def next_start() -> float:
        pacer = Pacer()
        slot = await pacer.start(lambda: 0)
        slot.on_refusal(30.0)
        await pacer.start(lambda: 0)
        return asyncio.get_running_loop().time()

    assert 30.0 <= simulate(next_start()) <= 33.0


@pytest.mark.parametrize("absurd_s", [1e9, 3 * 365 * 86_400.0])
def test_a_vendor_that_asks_for_years_gets_two_minutes(absurd_s: float) -> None:
    async def next_start() -> float:
        pacer = Pacer()
        (await pacer.start(lambda: 0)).on_refusal(absurd_s)
        await pacer.start(lambda: 0)
        return asyncio.get_running_loop().time()

    assert 120.0 <= simulate(next_start()) <= 132.0


def test_after_a_pause_one_request_tries_for_all() -> None:
    async def in_flight_after_pause() -> int:
        pacer = Pacer()
        (await pacer.start(lambda: 0)).on_refusal(10.0)
        tasks = [asyncio.ensure_future(_one(pacer, 5.0)) for _ in range(20)]
        await asyncio.sleep(12)
        in_flight = pacer.in_flight
        for task in tasks:
            task.cancel()
        return in_flight

    assert simulate(in_flight_after_pause()) == 1


def test_models_of_one_account_share_a_pacer() -> None:
    models = (
        settings(name="a", account="x"),
        settings(name="b", account="x"),
        settings(name="c", provider="replay"),
    )

    pacers = open_pacers(models)
    assert set(pacers) == {"x", "replay||"}

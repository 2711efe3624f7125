"""How requests become batches, on an engine that computes nothing."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest

from attrx.configs.errors import (
    AttrxError,
    ProviderError,
    RefusedRequestError,
    UnavailableError,
    UnknownModelError,
)
from attrx.configs.message import Message
from attrx.providers.local.batcher import Batcher, OutOfMemory
from attrx.providers.protocol import Reply, Request


@dataclass(frozen=True)
class Length:
    """A job that is as long as its last message."""

    request: Request

    @property
    def length(self) -> int:
        return len(self.request.messages[-1]["content"])


@dataclass
class Parrot:
    """Repeats the last message; knows which batches it was given."""

    batch_size: int = 4
    fits: int = 1000
    hold: threading.Event | None = None
    batches: list[list[str]] = field(default_factory=list)
    threads: set[int] = field(default_factory=set)
    began: threading.Event = field(default_factory=threading.Event)
    is_stopped: bool = False

    def prepare(self, request: Request) -> Length:
        if "too long" in request.messages[-1]["content"]:
            raise RefusedRequestError("it does not fit")
        return Length(request)

    def answer(self, jobs: Sequence[Length]) -> list[Reply]:
        texts = [job.request.messages[-1]["content"] for job in jobs]
        self.batches.append(texts)
        self.threads.add(threading.get_ident())
        self.began.set()
        if len(jobs) > self.fits:
            raise OutOfMemory
        if self.hold is not None:
            self.hold.wait(300)  # only bounds a hang
        return [Reply(text) for text in texts]

    def stop(self) -> None:
        self.is_stopped = True
        if self.hold is not None:
            self.hold.set()


def request(text: str, opening: str = "Read.") -> Request:
    return Request(
        (Message(role="system", content=opening), Message(role="user", content=text)), 10
    )


def ask(open_engine: Callable[[], Parrot], requests: Sequence[Request]) -> list[str | Exception]:
    """Ask everything at once; texts, or what was raised."""

    async def main() -> list[Reply | BaseException]:
        batcher = Batcher("m", open_engine)
        try:
            return await asyncio.gather(*map(batcher.ask, requests), return_exceptions=True)
        finally:
            await batcher.close()

    outcomes = asyncio.run(main())
    assert all(isinstance(outcome, Reply | Exception) for outcome in outcomes)
    return [outcome.text if isinstance(outcome, Reply) else outcome for outcome in outcomes]  # type: ignore[misc]


def test_what_waits_at_the_same_time_is_answered_together_and_the_longest_come_first() -> None:
    parrot = Parrot(batch_size=2)
    texts = ["ccc", "a", "eeeee", "bb", "dddd"]
    assert ask(lambda: parrot, [request(text) for text in texts]) == texts
    assert parrot.batches == [["eeeee", "dddd"], ["ccc", "bb"], ["a"]]


def test_a_batch_holds_only_requests_that_open_alike() -> None:
    parrot = Parrot()
    requests = [
        request("a", "Gender?"),
        request("b", "Brand?"),
        request("c", "Gender?"),
        request("d", "Brand?"),
    ]
    assert ask(lambda: parrot, requests) == ["a", "b", "c", "d"]
    assert sorted(map(sorted, parrot.batches)) == [["a", "c"], ["b", "d"]]


def test_the_model_is_loaded_once_and_only_when_it_is_asked() -> None:
    engines: list[Parrot] = []

    def open_engine() -> Parrot:
        engines.append(Parrot(batch_size=1))
        return engines[-1]

    assert ask(open_engine, []) == []
    assert not engines
    ask(open_engine, [request(text) for text in "abc"])
    assert len(engines) == 1


def test_out_of_memory_halves_the_batch_and_every_later_one() -> None:
    parrot = Parrot(batch_size=8, fits=3)
    texts = [chr(ord("a") + number) for number in range(16)]
    assert ask(lambda: parrot, [request(text) for text in texts]) == texts
    # 8 do not fit, 4 do not fit, 2 do; the 16 requests are then answered two by two.
    assert [len(batch) for batch in parrot.batches] == [8, 4, *[2] * 8]


def test_a_request_that_does_not_fit_by_itself_fails_alone_and_says_how_long_it_is() -> None:
    parrot = Parrot(batch_size=2, fits=0)
    first, second = ask(lambda: parrot, [request("abc"), request("abcdef")])
    assert isinstance(first, RefusedRequestError)
    assert "3 tokens" in first.message
    assert isinstance(second, RefusedRequestError)
    assert "6 tokens" in second.message


def test_a_request_that_the_model_cannot_take_fails_alone() -> None:
    parrot = Parrot()
    good, bad = ask(lambda: parrot, [request("good"), request("too long")])
    assert good == "good"
    assert isinstance(bad, RefusedRequestError)


def test_a_broken_batch_fails_its_requests_and_the_next_are_answered() -> None:
    class Once(Parrot):
        def answer(self, jobs: Sequence[Length]) -> list[Reply]:
            if not self.batches:
                self.batches.append([])
                raise ValueError("broken")
            return super().answer(jobs)

    async def main() -> None:
        batcher = Batcher("m", Once)
        with pytest.raises(ValueError, match="broken"):
            await batcher.ask(request("a"))
        assert (await batcher.ask(request("b"))).text == "b"
        await batcher.close()

    asyncio.run(main())


@pytest.mark.parametrize(
    ("error", "loads"), [(UnknownModelError("no such model"), 1), (UnavailableError("down"), 2)]
)
def test_a_model_that_cannot_be_loaded_is_tried_again_only_where_that_may_help(
    error: ProviderError, loads: int
) -> None:
    attempts: list[AttrxError] = []

    def open_engine() -> Parrot:
        attempts.append(error)
        raise error

    async def main() -> None:
        batcher = Batcher("m", open_engine)
        for _ in range(2):
            with pytest.raises(type(error)):
                await batcher.ask(request("a"))
        await batcher.close()

    asyncio.run(main())
    assert len(attempts) == loads


def test_the_event_loop_is_free_while_a_batch_is_computed() -> None:
    parrot = Parrot(hold=threading.Event())

    async def main() -> None:
        batcher = Batcher("m", lambda: parrot)
        asking = asyncio.create_task(batcher.ask(request("a")))
        await asyncio.to_thread(parrot.began.wait)
        assert not asking.done()
        assert parrot.hold is not None
        parrot.hold.set()
        assert (await asking).text == "a"
        await batcher.close()

    asyncio.run(main())
    assert parrot.threads.isdisjoint({threading.get_ident()})


def test_who_asks_while_a_batch_is_computed_comes_next() -> None:
    parrot = Parrot(hold=threading.Event())

    async def main() -> None:
        batcher = Batcher("m", lambda: parrot)
        early = asyncio.create_task(batcher.ask(request("early")))
        await asyncio.to_thread(parrot.began.wait)
        late = asyncio.create_task(batcher.ask(request("late")))
        await asyncio.sleep(0)  # it has queued
        assert parrot.hold is not None
        parrot.hold.set()
        await asyncio.gather(early, late)
        await batcher.close()

    asyncio.run(main())
    assert parrot.batches == [["early"], ["late"]]


def test_those_who_have_given_up_are_not_computed() -> None:
    parrot = Parrot(batch_size=1, hold=threading.Event())

    async def main() -> None:
        batcher = Batcher("m", lambda: parrot)
        asking = [asyncio.create_task(batcher.ask(request(text))) for text in ("aaa", "bb", "c")]
        await asyncio.to_thread(parrot.began.wait)
        asking[1].cancel()
        await asyncio.sleep(0)  # it has given up
        assert parrot.hold is not None
        parrot.hold.set()
        await asyncio.gather(*asking, return_exceptions=True)
        await batcher.close()

    asyncio.run(main())
    assert parrot.batches == [["aaa"], ["c"]]


def test_closing_stops_what_is_being_computed_and_may_be_done_twice() -> None:
    parrot = Parrot(hold=threading.Event())

    async def main() -> None:
        batcher = Batcher("m", lambda: parrot)
        asking = asyncio.create_task(batcher.ask(request("a")))
        await asyncio.to_thread(parrot.began.wait)
        asking.cancel()
        await batcher.close()
        await batcher.close()

    asyncio.run(main())
    assert parrot.is_stopped

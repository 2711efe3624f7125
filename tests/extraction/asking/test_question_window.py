"""How many questions to one model are under way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from attrx.extraction.asking.question_window import QuestionWindow


class Questions:
    """Questions that end when they are told to, and how many of them were ever under way."""

    def __init__(self, most: Callable[[], float], *, first_alone: bool = False) -> None:
        self.window = QuestionWindow(most, first_alone=first_alone)
        self.under_way: list[asyncio.Event] = []
        self.begun = 0

    async def ask(self) -> None:
        async with self.window:
            self.begun += 1
            end = asyncio.Event()
            self.under_way.append(end)
            await end.wait()

    async def end(self, number: int = 0) -> None:
        self.under_way.pop(number).set()
        await settle()


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def begin(questions: Questions, n: int) -> list[asyncio.Task[None]]:
    tasks = [asyncio.ensure_future(questions.ask()) for _ in range(n)]
    await settle()
    return tasks


async def end_all(questions: Questions) -> None:
    while questions.under_way:
        await questions.end()


def test_as_many_are_under_way_as_there_is_room_for() -> None:
    async def run() -> None:
        most = [2]
        questions = Questions(lambda: most[0])
        await begin(questions, 10)
        assert questions.begun == 2
        most[0] = 5
        await questions.end()
        assert len(questions.under_way) == 5
        most[0] = 1
        for _ in range(4):
            await questions.end()
            assert questions.begun == 6
        await end_all(questions)
        assert questions.begun == 10

    asyncio.run(run())


@pytest.mark.parametrize("first_alone", [True, False])
def test_the_first_goes_ahead_where_a_cost_is_bounded(*, first_alone: bool) -> None:
    async def run() -> None:
        questions = Questions(lambda: 4, first_alone=first_alone)
        await begin(questions, 10)
        assert questions.begun == (1 if first_alone else 4)
        await questions.end()
        assert len(questions.under_way) == 4
        await end_all(questions)
        assert questions.begun == 10

    asyncio.run(run())


def test_one_that_is_cancelled_takes_no_room() -> None:
    async def run() -> None:
        questions = Questions(lambda: 1)
        _, second, third, _ = await begin(questions, 4)
        second.cancel()
        questions.under_way.pop().set()  # the third has its turn, and is cancelled before it begins
        await asyncio.sleep(0)
        third.cancel()
        await settle()
        await end_all(questions)
        assert questions.begun >= 2
        await begin(questions, 1)
        assert len(questions.under_way) == 1
        await end_all(questions)

    asyncio.run(run())

"""Several buckets at once: in their order, few of them in memory, and errors where they happen."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from functools import partial
from typing import cast

import pytest

from attrx.ensemble.votes import BucketVotes
from attrx.ensemble.walk import Load, Walk, walk


class Loads:
    """Makes numbers pass for buckets, and counts how many are asked for ahead."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.started = 0

    def __iter__(self) -> Iterator[Load]:
        for number in range(self.count):
            self.started += 1
            yield partial(cast, BucketVotes, number)


def late_square(bucket: BucketVotes) -> int:
    number = cast("int", bucket)
    time.sleep(0.002 * (number % 3))  # so that later ones are done earlier
    return number**2


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_results_come_in_the_order_of_the_buckets(workers: int) -> None:
    assert list(walk(Walk(Loads(20), workers), late_square)) == [n**2 for n in range(20)]
    assert [late_square(each) for each in Walk(Loads(4), workers)] == [0, 1, 4, 9]


def test_a_list_is_walked_as_it_is() -> None:
    buckets = cast("list[BucketVotes]", [3, 1])
    assert list(walk(buckets, late_square)) == [9, 1]


def test_no_more_are_read_ahead_than_there_are_workers() -> None:
    loads = Loads(50)
    results = Walk(loads, 3).map(late_square)
    for done in range(1, 20):
        next(results)
        assert loads.started <= done + 4


def test_several_are_under_way_at_once() -> None:
    both_are_here = threading.Barrier(2, timeout=10)
    waits = Walk(Loads(2), 2).map(lambda bucket: both_are_here.wait())
    assert sorted(waits) == [0, 1]


@pytest.mark.parametrize("workers", [1, 3])
def test_an_error_comes_where_its_bucket_would_and_nothing_after_it(workers: int) -> None:
    def fail_at_two(bucket: BucketVotes) -> int:
        if cast("int", bucket) == 2:
            raise ValueError("of bucket 2")
        return late_square(bucket)

    results = Walk(Loads(9), workers).map(fail_at_two)
    assert [next(results), next(results)] == [0, 1]
    with pytest.raises(ValueError, match="of bucket 2"):
        next(results)
    assert list(results) == []

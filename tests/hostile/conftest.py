"""The hostile suite: `make test-hostile`, and no part of `make test`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from forked_runs import ForkedRuns

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give every test of this folder the mark by which `make test` leaves it out."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker("hostile")


@pytest.fixture(scope="session")
def runs() -> Iterator[ForkedRuns]:
    """What runs `attrx`, in a process of its own each time."""
    with ForkedRuns() as runs:
        yield runs

"""A command is killed before each of its operations on files, one after the other.

The server's log is the judge of what was asked, and a run that nobody killed of the rest.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from crash_scenarios import BATCH_SCENARIOS, SCENARIOS, Scenario
from forked_runs import Ended, ForkedRuns
from hostile_shop import (
    CONCURRENCY,
    ENVIRONMENT,
    IN_A_HURRY,
    MODELS,
    cache_files,
    cached,
    config,
    contents,
    requests,
    write_shop,
)
from hostile_shop import answer as shop_answer

from attrx.extraction.asking.channels import WORKERS_PER_SLOT
from attrx.testing import VendorServer

PARTS = 4  # of a scenario's crashes, for as many processes of tests
# On their way; besides one that waits for the disk, and those of the commit under way.
IN_FLIGHT = WORKERS_PER_SLOT * CONCURRENCY * len(MODELS) + 3


@dataclass(frozen=True)
class Shops:
    """A scenario's folders: as it is before the command, and as it is after one that went well."""

    scenario: Scenario
    runs: ForkedRuns
    server: VendorServer
    before: Path
    after: Path

    def command(self, folder: Path, crash_at: int | None = None) -> Ended:
        return self.run(folder, self.scenario.command, crash_at)

    def run(self, folder: Path, command: str, crash_at: int | None = None) -> Ended:
        return self.runs.run(
            command.split(),
            folder,
            crash_at,
            environment=ENVIRONMENT,
            constants={**IN_A_HURRY, **self.scenario.constants},
        )

    def prepare(self) -> int:
        """Make both folders; says how many operations the command takes."""
        for command in self.scenario.before:
            ended = self.run(self.before, command)
            assert not ended.broke, ended.printed
        shutil.copytree(self.before, self.after)
        ended = self.command(self.after)
        assert ended.code == self.scenario.code, ended.printed
        return ended.operations


def crashes(shops: Shops, operations: int, part: int) -> Iterator[tuple[int, Path]]:
    """Kill the command before every PARTS-th operation; each time in a folder of its own."""
    for crash_at in range(1 + part, operations + 1, PARTS):
        folder = shops.before.parent.parent / f"crash-{crash_at}" / shops.before.name
        asked_before = requests(shops.server)
        shutil.copytree(shops.before, folder)
        ended = shops.command(folder, crash_at)
        # How answers are grouped is chance, so that the last operations need not be there.
        assert ended.was_killed or ended.code == shops.scenario.code, ended.printed
        if "--batch" not in shops.scenario.command:  # whose answers are still to be collected
            asked = set(requests(shops.server) - asked_before)
            assert len(asked - cached(folder)) <= IN_FLIGHT, f"killed at operation {crash_at}"
        yield crash_at, folder
        shutil.rmtree(folder)


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_a_command_that_was_killed_goes_through_when_it_is_given_again(
    scenario: Scenario, part: int, runs: ForkedRuns, tmp_path: Path
) -> None:
    with VendorServer(shop_answer) as server:
        before = tmp_path / "before" / "shop"
        write_shop(before, config(server))
        shops = Shops(scenario, runs, server, before, tmp_path / "after" / "shop")
        operations = shops.prepare()
        assert operations > PARTS
        expected, expected_files = contents(shops.after), cache_files(shops.after)
        expected_answers = cached(shops.after)
        for crash_at, folder in crashes(shops, operations, part):
            kept = cached(folder)
            asked_before = requests(server)
            again = shops.command(folder)
            where = f"killed at operation {crash_at} of {operations}: {again.printed}"
            is_done = bool(scenario.done) and scenario.done in again.printed
            assert is_done or again.code == scenario.code, where
            assert not again.broke, where
            asked_now = requests(server) - asked_before
            assert not kept & set(asked_now), where
            assert max(asked_now.values(), default=0) <= 1, where
            assert cached(folder) == expected_answers, where
            assert contents(folder) == expected, where
            # What a cache has outgrown is removed when it is opened next.
            assert is_done or cache_files(folder) <= expected_files, where


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("scenario", BATCH_SCENARIOS, ids=lambda scenario: scenario.name)
def test_a_batch_that_was_killed_is_submitted_once(
    scenario: Scenario, part: int, runs: ForkedRuns, tmp_path: Path
) -> None:
    with VendorServer(shop_answer) as server:
        before = tmp_path / "before" / "shop"
        write_shop(before, config(server))
        shops = Shops(scenario, runs, server, before, tmp_path / "after" / "shop")
        operations = shops.prepare()
        once = requests(server)
        for crash_at, folder in crashes(shops, operations, part):
            asked_before = requests(server)
            code = 7
            for _ in range(5):
                again = shops.command(folder)
                code = again.code
                where = f"killed at operation {crash_at} of {operations}: {again.printed}"
                assert not again.broke, where
                if code != 7:
                    break
            assert code == 0, where
            assert len(cached(folder)) == len(once), where
            # asked once by the calls before the kill and after it together
            assert max((requests(server) - asked_before).values(), default=0) <= 1, where

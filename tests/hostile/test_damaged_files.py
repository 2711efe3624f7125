"""Files are damaged in every way, and what reads them is run."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from damaged_files import BROKEN_OFF, FILES, RUN, DamagedFile
from file_damage import copy_tree
from forked_runs import Ended, ForkedRuns
from hostile_shop import MODELS, PRODUCTS, attrx, cached, config, contents, requests, write_shop
from hostile_shop import answer as shop_answer

from attrx.testing import VendorServer

ALL = {(model, product) for model in MODELS for product in PRODUCTS}
ACCEPTED = "--accept-loss"
REQUESTS = "requests were sent"


@dataclass(frozen=True)
class Damaging:
    """A shop whose answers are all cached, and what is done to it.

    Attributes:
        server: What would answer.
        runs: What runs attrx.
        whole: The shop as it was, its answers in Parquet.
        open: The same with its answers in the journal.
        expected: What a run of it writes.
    """

    server: VendorServer
    runs: ForkedRuns
    whole: Path
    open: Path
    expected: dict[str, bytes]

    def run(self, folder: Path, command: str) -> Ended:
        return attrx(self.runs, folder, command)


@pytest.fixture(scope="module")
def damaging(runs: ForkedRuns, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Damaging]:
    folder = tmp_path_factory.mktemp("damaging")
    with VendorServer(shop_answer) as server:
        write_shop(folder / "whole", config(server))
        write_shop(folder / "open", config(server))
        assert attrx(runs, folder / "whole", RUN).code == 0
        _kill_before_folding(runs, folder / "open")
        yield Damaging(server, runs, folder / "whole", folder / "open", contents(folder / "whole"))


def _kill_before_folding(runs: ForkedRuns, folder: Path) -> None:
    """Leave all answers in the journal, where a kill has left them."""
    before = folder.parent / "before"
    copy_tree(folder, before)
    operations = attrx(runs, folder, "extract products.csv --quiet").operations
    for crash_at in range(operations, 0, -1):
        shutil.rmtree(folder)
        copy_tree(before, folder)
        attrx(runs, folder, "extract products.csv --quiet", crash_at)
        answers = list((folder / ".attrx").glob("answers/*.parquet"))
        if not answers and cached(folder) == ALL:
            return
    raise AssertionError("the answers were never in the journal alone")


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.path)
def test_a_damaged_file_costs_no_answer_in_silence(
    file: DamagedFile, damaging: Damaging, tmp_path: Path
) -> None:
    source = damaging.open if file.kind in {"journal", "log"} else damaging.whole
    if not (source / file.path).exists():
        pytest.skip(f"{file.path} is not there between runs")
    problems = []
    for number, damage in enumerate(file.damages((source / file.path).read_bytes())):
        folder = tmp_path / str(number)
        copy_tree(source, folder)
        damage.apply(folder / file.path)
        judge = (
            judge_cut_log if file.kind == "log" and damage.name in BROKEN_OFF else JUDGES[file.kind]
        )
        problems += [f"{file.path} {damage.name}: {what}" for what in judge(damaging, file, folder)]
        shutil.rmtree(folder)
    assert problems == [], "\n".join([f"{len(problems)}", *problems])


def judge_cache(damaging: Damaging, file: DamagedFile, folder: Path) -> Iterator[str]:
    """A run goes on as if nothing were, or says what is wrong, and leaves all as it is."""
    asked_before, files_before = requests(damaging.server), _cache_bytes(folder)
    ended = damaging.run(folder, RUN)
    asked = requests(damaging.server) - asked_before
    if asked:
        yield f"{sum(asked.values())} {REQUESTS}"
    if ended.broke or ended.code not in {0, 1}:
        yield f"exit code {ended.code}: {ended.printed[-300:]}"
    elif ended.code == 0 and contents(folder) != damaging.expected:
        yield "the outputs are others"
    elif ended.code == 1:
        if not ended.printed.startswith("ERROR: "):
            yield f"says {ended.printed[:200]}"
        files_now = _cache_bytes(folder)
        for name, content in files_before.items():
            if files_now.get(name) != content:
                yield f"{name} was changed"
        take_away(folder / file.path)
        yield from _repaired(damaging, folder)


def take_away(path: Path) -> None:
    """Do as a person who reads that a folder or a link lies where a file belongs."""
    if path.is_symlink():
        path.unlink()
    elif path.is_dir():
        shutil.rmtree(path)


def judge_cut_log(damaging: Damaging, file: DamagedFile, folder: Path) -> Iterator[str]:
    """A run asks what the log no longer holds, and nothing else goes wrong."""
    for problem in judge_cache(damaging, file, folder):
        if not problem.endswith(REQUESTS):
            yield problem


def _repaired(damaging: Damaging, folder: Path) -> Iterator[str]:
    repaired = damaging.run(folder, "cache repair --quiet")
    if repaired.broke or repaired.code not in {0, 1, 3}:
        yield f"repair: exit code {repaired.code}: {repaired.printed[-300:]}"
    ended = damaging.run(folder, f"{RUN} {ACCEPTED}" if repaired.code else RUN)
    if ended.broke or ended.code != 0:
        yield f"after the repair: exit code {ended.code}: {ended.printed[-300:]}"


def _cache_bytes(folder: Path) -> dict[str, bytes]:
    """The files of the cache that hold something for good."""
    files = {}
    for path in sorted((folder / ".attrx").rglob("*")):
        # The manifest names what a killed run left as soon as the next one looks.
        if path.is_file() and not path.name.startswith(("lock", "journal.sqlite", "cache.json")):
            files[path.name] = path.read_bytes()
    return files


def judge_output(damaging: Damaging, file: DamagedFile, folder: Path) -> Iterator[str]:
    """What reads it says that it cannot, or does; the next run writes it anew."""
    for command in file.commands:
        ended = damaging.run(folder, command)
        if ended.broke or ended.code not in {0, 1, 2}:
            yield f"{command}: exit code {ended.code}: {ended.printed[-300:]}"
    asked_before = requests(damaging.server)
    take_away(folder / file.path)
    ended = damaging.run(folder, RUN)
    if ended.code == 1 and "Move it away" in ended.printed:
        (folder / "out").rename(folder.with_name("moved"))
        ended = damaging.run(folder, RUN)
        shutil.rmtree(folder.with_name("moved"))
    if ended.broke or ended.code != 0:
        yield f"{RUN}: exit code {ended.code}: {ended.printed[-300:]}"
    written = contents(folder)
    for name, content in damaging.expected.items():
        if written.get(name) != content:
            yield f"{RUN}: {name} is {'another' if name in written else 'not there'}"
    if requests(damaging.server) != asked_before:
        yield "requests were sent"


def judge_input(damaging: Damaging, file: DamagedFile, folder: Path) -> Iterator[str]:
    """What reads it says what is wrong with it; the cache stays."""
    for command in file.commands:
        ended = damaging.run(folder, command)
        if ended.broke or ended.code not in {0, 1, 2, 3}:
            yield f"{command}: exit code {ended.code}: {ended.printed[-300:]}"
    if not cached(folder) >= ALL:
        yield "the cache lost answers"


JUDGES = {
    "cache": judge_cache,
    "journal": judge_cache,
    "log": judge_cache,
    "output": judge_output,
    "input": judge_input,
}

"""Kill `ensemble --compare out` at each of its file operations, and look at what is left.

`python killed_outputs.py FOLDER [EVERY]` sends SIGKILL at each EVERYth operation, in processes of
their own, and prints what came of it as JSON. An operation is what Python's audit events tell of
(opening for writing, renaming, removing, making folders, linking) on anything in the output folder,
and each `fsync`.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from polls import Poll, answers, truth

from attrx.outputs.commit_record import has_record, output_path
from attrx.runs.report import gather

PRODUCTS = 40
CHANGES = 5
MODELS = {"a": 0.95, "b": 0.9, "c": 0.8}
FILES = ("run.json", "values.parquet", "votes.parquet", "values.csv", "weights.csv", "products.csv")
_OPERATIONS = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "open", "shutil.rmtree"}
_FORK = multiprocessing.get_context("fork")


class Killer:
    """Kills this process at the nth operation on a folder; only counts where n is 0."""

    def __init__(self, folder: Path, n: int) -> None:
        self.count = 0
        self._folder = str(folder)
        self._n = n
        self._fsync = os.fsync
        os.fsync = self._on_fsync
        sys.addaudithook(self._on_event)

    def _on_fsync(self, fd: Any) -> None:
        self._pass()
        self._fsync(fd)

    def _on_event(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event not in _OPERATIONS or not str(arguments[0]).startswith(self._folder):
            return
        if event == "open" and not self._is_for_writing(arguments):
            return
        self._pass()

    def _is_for_writing(self, arguments: tuple[Any, ...]) -> bool:
        flags = arguments[2]
        return isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT) != 0

    def _pass(self) -> None:
        self.count += 1
        if self.count == self._n:
            os.kill(os.getpid(), signal.SIGKILL)


def in_a_process(work: Callable[..., Any], *arguments: Any) -> Any:
    """What a function returns in a process of its own; None where that was killed."""
    receiver, sender = _FORK.Pipe(duplex=False)

    def target() -> None:
        sender.send(work(*arguments))

    process = _FORK.Process(target=target)
    process.start()
    sender.close()
    try:
        return receiver.recv()
    except EOFError:
        return None
    finally:
        process.join()


def prepare(folder: Path) -> None:
    """A run, and answers since then that change the values of some products."""
    poll = Poll(folder, list(MODELS), ensemble={"method": "majority"})
    poll.cast(answers(truth(PRODUCTS), MODELS))
    poll.combine(input=poll.shop.input)
    values = poll.values()["value"]
    changed = list(values.index[:CHANGES])
    others = {"male": "female", "female": "unisex", "unisex": "male"}
    poll.cast({product: dict.fromkeys(MODELS, others[values[product]]) for product in changed})


def again(folder: Path) -> Poll:
    """The same poll, of which only the files are left."""
    poll = Poll(folder, list(MODELS), ensemble={"method": "majority"})
    poll.shop.products = {product: f"title of {product}" for product in truth(PRODUCTS)}
    return poll


def combine(folder: Path, n: int) -> int:
    """Run it, killed at the nth operation; returns how many there are."""
    poll = again(folder)
    source = poll.shop.input
    killer = Killer(poll.out, n)
    poll.combine(input=source, compare=poll.out)
    return killer.count


def files_of(folder: Path) -> dict[str, str]:
    """The files of the last run as attrx reads them, each as a digest of its bytes."""
    contents = {}
    for name in FILES:
        content = output_path(folder / "out", name).read_bytes()
        contents[name] = hashlib.blake2b(content).hexdigest()
    return contents


def look(folder: Path, before: dict[str, str], after: dict[str, str]) -> dict[str, Any]:
    """What a kill has left, and what the same command comes to then.

    Args:
        folder: Where the files are.
        before: The files of the run before.
        after: The files of a run that was not killed.
    """
    poll = again(folder)
    gather(poll.shop.settings)
    files = files_of(folder)
    is_whole = files == after and not has_record(poll.out)
    if is_whole:
        assert len(poll.table("changes.csv")) == CHANGES
    poll.combine(input=poll.shop.input, compare=poll.out)
    next_files = files_of(folder)
    return {
        "of one run": files in (before, after),
        "whole": is_whole,
        "changes": len(poll.table("changes.csv")),
        "same in the end": next_files == after or is_whole,
        "scratch": sorted(path.name for path in poll.out.glob(".attrx-*[!k]")),
    }


def try_all(folder: Path, every: int = 1) -> list[dict[str, Any]]:
    """Kill at each operation (or each so many), and look."""
    pristine = folder / "pristine"
    in_a_process(prepare, pristine)
    whole = folder / "whole"
    shutil.copytree(pristine, whole)
    count = in_a_process(combine, whole, 0)
    points = []
    for n in range(1, count + 1, every):
        place = folder / f"kill-{n:03d}"
        shutil.copytree(pristine, place)
        has_ended = in_a_process(combine, place, n) is not None
        point = in_a_process(look, place, files_of(pristine), files_of(whole))
        points.append({"n": n, "killed": not has_ended, **(point or {"failed": True})})
        shutil.rmtree(place)
    return points


if __name__ == "__main__":
    for each in try_all(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1):
        print(json.dumps(each))

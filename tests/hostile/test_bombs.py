"""Small files that want much, and machines that have little."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from bombs import BOMBS, LIMITS, MOST_MB, Bomb, Limit
from forked_runs import ForkedRuns
from hostile_page import SIGNALS
from hostile_shop import (
    ENVIRONMENT,
    IN_A_HURRY,
    answer,
    attrx,
    cached,
    config,
    contents,
    requests,
    write_shop,
)

from attrx.testing import VendorServer

RUN = "run products.csv"
EVERY = 7  # operation of a run is a phase at which each signal comes


@pytest.mark.parametrize("bomb", BOMBS, ids=lambda bomb: bomb.name)
def test_a_bomb_does_not_go_off(bomb: Bomb, runs: ForkedRuns, tmp_path: Path) -> None:
    (tmp_path / "attrx.yaml").write_text(bomb.config)
    (tmp_path / "products.csv").write_text("sku,title\np1,A shirt\n")
    (tmp_path / bomb.path).write_bytes(bomb.content())
    ended = runs.run(bomb.command.format(path=bomb.path).split(), tmp_path)
    shutil.rmtree(tmp_path)  # some are large
    assert not ended.broke, ended.printed[-2000:]
    assert ended.code in {0, 1, 2, 3}, ended.printed[-2000:]
    assert ended.peak_mb < MOST_MB
    assert "root:" not in ended.printed
    assert "uid=" not in ended.printed


@pytest.mark.parametrize("limit", LIMITS, ids=lambda limit: limit.name)
def test_a_limit_costs_no_answer(limit: Limit, runs: ForkedRuns, tmp_path: Path) -> None:
    with VendorServer(answer) as server:
        write_shop(tmp_path, config(server))
        ended = runs.run(
            RUN.split(),
            tmp_path,
            environment=ENVIRONMENT,
            constants=IN_A_HURRY,
            limits=limit.limits,
            stdout=limit.stdout,
        )
        assert not ended.broke, ended.printed
        assert ended.code in ({0, 1} if limit.may_fail else {0}), ended.printed
        kept, asked_before = cached(tmp_path), requests(server)
        again = attrx(runs, tmp_path, RUN)
        assert again.code == 0, again.printed
        assert not kept & set(requests(server) - asked_before)
    assert (tmp_path / "out" / "values.parquet").exists()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 400 KB; needs the right to mount one."""
    folder = tmp_path / "small"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", str(folder)]
    mounted = shutil.which("mount") and subprocess.run(command, check=False, capture_output=True)
    if not mounted or mounted.returncode != 0:
        pytest.skip("a small file system cannot be mounted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_costs_no_answer(runs: ForkedRuns, small_disk: Path) -> None:
    with VendorServer(answer) as server:
        write_shop(small_disk, config(server))
        filling = small_disk / "filling"
        room = os.statvfs(small_disk)
        for left in (0, 8, 20, 40, 80):
            shutil.rmtree(small_disk / ".attrx", ignore_errors=True)
            filling.write_bytes(bytes(max(0, room.f_bavail - left - 4) * room.f_frsize))
            ended = attrx(runs, small_disk, RUN)
            assert not ended.broke, ended.printed
            assert ended.code in {0, 1}, ended.printed
            kept, asked_before = cached(small_disk), requests(server)
            filling.unlink()
            again = attrx(runs, small_disk, RUN)
            assert again.code == 0, again.printed
            assert not kept & set(requests(server) - asked_before)


@pytest.mark.parametrize("name", SIGNALS)
def test_a_signal_at_any_phase_costs_no_answer(name: str, runs: ForkedRuns, tmp_path: Path) -> None:
    with VendorServer(answer) as server:
        whole = tmp_path / "whole"
        write_shop(whole, config(server))
        operations = attrx(runs, whole, RUN).operations
        for at in range(1, operations, EVERY):
            folder = tmp_path / str(at)
            write_shop(folder, config(server))
            number = int(getattr(signal, name))
            ended = runs.run(
                RUN.split(),
                folder,
                at,
                environment=ENVIRONMENT,
                constants=IN_A_HURRY,
                signal=number,
            )
            assert not ended.broke, f"at {at}: {ended.printed}"
            assert ended.code in {0, 130, -number}, f"at {at}: {ended.printed}"
            kept, asked_before = cached(folder), requests(server)
            again = attrx(runs, folder, RUN)
            assert again.code == 0, f"at {at}: {again.printed}"
            assert not kept & set(requests(server) - asked_before), f"at {at}"
            assert contents(folder) == contents(whole), f"at {at}"

"""`attrx extract --batch` as it is typed."""

from __future__ import annotations

from pathlib import Path

import pytest
from batch_shop import asked, male, once, shop

from attrx.cli.app import run
from attrx.testing import VendorServer


def test_the_command_says_7_until_all_is_collected(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with VendorServer(male, batch_s=3600) as server:
        store = shop(tmp_path, server)
        arguments = [str(store.input), "-c", str(store.config_path)]
        assert run(["extract", "--batch", *arguments]) == 7
        printed = capsys.readouterr()
        assert (
            "7 requests on their way in batches; the same command, later, collects the answers"
            in printed.err
        )
        assert printed.out.splitlines()[2].split()[:7] == ["a", "1", "0", "0", "1", "7", "7"]
        assert run(["extract", *arguments]) == 7
        assert "7 cells on their way in batches, and not asked" in capsys.readouterr().err
        assert run(["status", "-c", str(store.config_path)]) == 0
        assert capsys.readouterr().out.splitlines()[-1].split()[:3] == ["a", "1", "7"]
        server.end_batches()
        assert run(["extract", "--batch", *arguments]) == 0
        assert asked(server) == once()


def test_a_dry_run_estimates_at_half_the_price(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with VendorServer(male) as server:
        store = shop(tmp_path, server)
        store.config["models"][0]["prices"] = {"input": 1000, "output": 0}
        arguments = ["extract", "--dry-run", str(store.input), "-c", str(store.config_path)]
        costs = []
        for more in ([], ["--batch"]):
            assert run([*arguments, *more]) == 0
            line = next(
                line for line in capsys.readouterr().out.splitlines() if line.startswith("a ")
            )
            costs.append(float(line.split()[-2].strip("$")))
        assert server.calls == []
    assert costs[1] == pytest.approx(costs[0] / 2, abs=0.01)

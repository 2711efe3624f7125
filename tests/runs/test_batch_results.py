"""Files of results with lines that cannot be read: each costs itself, and nothing is paid twice.

The server's log says what was submitted how often.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from batch_shop import asked, hurry, male, once, rows, shop, vendors
from shop import Watching
from spoilt_results import KINDS, Spoil, services

from attrx.runs.status import status
from attrx.testing import VendorServer

N_IN_BATCH = 7  # of eight products one is asked at once, to learn how


@pytest.fixture(autouse=True)
def _in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    hurry(monkeypatch)


def spoilt_server(spoil: Spoil) -> VendorServer:
    return VendorServer(male, batch_services=services(lambda body: spoil(body.splitlines())))


@vendors
@pytest.mark.parametrize("name", [name for name, kind in KINDS.items() if not kind.is_foreign])
def test_a_line_that_cannot_be_read_costs_that_line(tmp_path: Path, vendor: str, name: str) -> None:
    kind = KINDS[name]
    watching = Watching()
    with spoilt_server(kind.spoil) as server:
        store = shop(tmp_path, server, vendor)
        store.batch()
        result = store.batch(watching)
        [tally] = result.models
        # What has failed is asked again at once, as the first of what is left.
        assert tally.answers - tally.unusable == N_IN_BATCH - kind.unreadable
        assert tally.unusable == kind.unreadable
        assert tally.failures == kind.failed
        assert result.without_vote == kind.unreadable
        assert sum(asked(server).values()) == len(once()) + kind.failed
        store.batch()
        assert sum(asked(server).values()) == len(once()) + kind.failed
    assert ("batch_lines_unreadable" in watching.kinds) == (kind.unreadable > 0)
    [model] = status(store.settings).models
    assert model.unusable_cells == kind.unreadable


@vendors
@pytest.mark.parametrize("name", [name for name, kind in KINDS.items() if kind.is_foreign])
def test_a_file_that_is_none_of_the_batch_is_fetched_again_by_the_next_call(
    tmp_path: Path, vendor: str, name: str
) -> None:
    watching = Watching()
    is_spoilt = [True]

    def spoil(lines: list[bytes]) -> bytes:
        whole = b"".join(line + b"\n" for line in lines)
        return KINDS[name].spoil(lines) if is_spoilt else whole

    with spoilt_server(spoil) as server:
        store = shop(tmp_path, server, vendor)
        store.batch()
        for _ in range(2):
            result = store.batch(watching)
            assert result.waits_for_batches
            assert result.models[0].answers == 0
        is_spoilt.clear()
        result = store.batch()
        assert not result.waits_for_batches
        assert result.without_vote == 0
        assert asked(server) == once()
    assert watching.kinds == ["batch_unreached"] * 2


@vendors
def test_a_file_that_was_spoilt_on_the_way_is_whole_the_second_time(
    tmp_path: Path, vendor: str
) -> None:
    fetched: list[bytes] = []

    def spoil(lines: list[bytes]) -> bytes:
        whole = b"".join(line + b"\n" for line in lines)
        fetched.append(whole)
        return whole[: len(whole) // 2] if len(fetched) == 1 else whole

    with spoilt_server(spoil) as server:
        store = shop(tmp_path, server, vendor)
        store.batch()
        result = store.batch()
        assert len(fetched) == 2
        assert result.without_vote == 0
        assert asked(server) == once()


@vendors
def test_what_could_not_be_read_is_kept_aside_and_asked_again_when_told_to(
    tmp_path: Path, vendor: str
) -> None:
    with spoilt_server(KINDS["a line cut off"].spoil) as server:
        store = shop(tmp_path, server, vendor)
        store.batch()
        watching = Watching()
        store.batch(watching)
        [text] = [text for text in watching.warnings if "cannot be read" in text]
        assert "1 answer cannot be read (line 7 of the results cannot be read: " in text
        assert "`--retry-failed`" in text
        [row] = [row for row in rows(store) if row["error"]]
        assert '"custom_id"' in row["error"]
        assert (row["raw"], row["cost_usd"], row["status"]) == (None, None, "answered")
        store.extract(retry_failed=True)
        assert sum(asked(server).values()) == len(once()) + 1
    assert [model.unusable_cells for model in status(store.settings).models] == [0]

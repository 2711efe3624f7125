"""A process that may open few files keeps few requests in flight, and does its work."""

from __future__ import annotations

import csv
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from attrx.providers.calling import open_files
from attrx.providers.calling.open_files import connections_for_each, raise_file_limit
from attrx.testing import VendorServer

Limits = tuple[int, int]


@pytest.fixture
def limit(monkeypatch: pytest.MonkeyPatch) -> Callable[[int, int], list[Limits]]:
    """Sets what the system allows; returns the list of what was asked of it."""

    def set_limits(soft_limit: int, hard_limit: int) -> list[Limits]:
        requests: list[Limits] = []
        limits = soft_limit, hard_limit
        monkeypatch.setattr(resource, "getrlimit", lambda _: limits)
        monkeypatch.setattr(resource, "setrlimit", lambda _, wanted: requests.append(wanted))
        return requests

    return set_limits


@pytest.mark.parametrize(
    ("soft_limit", "hard_limit", "expected"),
    [
        (256, resource.RLIM_INFINITY, [(4096, resource.RLIM_INFINITY)]),
        (1024, 524_288, [(4096, 524_288)]),
        (64, 128, [(128, 128)]),
        (64, 64, []),
        (65_536, 524_288, []),
        (resource.RLIM_INFINITY, resource.RLIM_INFINITY, []),
    ],
)
def test_the_limit_is_raised_as_far_as_the_system_allows(
    limit: Callable[..., list[Limits]], soft_limit: int, hard_limit: int, expected: list[Limits]
) -> None:
    requests = limit(soft_limit, hard_limit)
    raise_file_limit()
    assert requests == expected


def test_accounts_share_what_is_left_and_each_has_a_few(
    limit: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(open_files, "_count_open_files", lambda: 10)
    limit(64, 64)
    assert connections_for_each(1) == 30
    assert connections_for_each(3) == 10
    assert connections_for_each(100) == 2
    limit(4096, 4096)
    assert connections_for_each(1) is None


CHILD = """
import resource, sys
from attrx.extraction.cache import writable_cache
writable_cache.PRODUCTS_A_BUCKET = 4
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
from attrx.__main__ import main
main()
"""


def attrx(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", CHILD, *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def write_shop(folder: Path, server: VendorServer, n_products: int) -> None:
    with (folder / "products.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["sku", "title"])
        writer.writerows([f"p{number}", f"Shirt no. {number}"] for number in range(n_products))
    models: list[dict[str, Any]] = []
    for vendor in ("openai", "anthropic", "google"):
        model = {"name": vendor, "provider": vendor, "model": vendor}
        models.append({**model, "base_url": server.base_url(vendor)})
        models[-1]["limits"] = {"concurrency": 64}
    config = {
        "version": 1,
        "input": {"id": "sku", "text": ["title"]},
        "attributes": {"gender": {"values": ["male", "female"]}},
        "models": models,
    }
    (folder / "attrx.yaml").write_text(yaml.safe_dump(config))


def test_with_64_files_three_vendors_are_asked_and_64_buckets_combined(tmp_path: Path) -> None:
    n_products = 256
    with VendorServer(lambda call: '{"gender": "male"}') as server:
        write_shop(tmp_path, server, n_products)
        done = attrx(tmp_path, "run", "products.csv")
        assert done.returncode == 0, done.stderr
        assert len(server.calls) == 3 * n_products
        assert "this process may open few files, so at most" in done.stderr
    assert len(list((tmp_path / ".attrx" / "answers").iterdir())) == 64
    for arguments in (["ensemble"], ["ensemble", "products.csv", "--compare", "out"], ["status"]):
        done = attrx(tmp_path, *arguments)
        assert done.returncode == 0, done.stderr
    rows = (tmp_path / "out" / "values.csv").read_text().splitlines()
    assert len(rows) == 1 + n_products

"""A cache is its owner's alone, whatever the umask, unless the config says otherwise."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from attrx.configs.folder_modes import PRIVATE, folder_permissions
from attrx.extraction.cache.gold_draws import DrawnCell, keep_draw
from attrx.extraction.cache.writable_cache import open_for_writing

ANSWER = {"product_id": "1", "model": "a", "source": "asked", "status": "answered", "votes": []}


@contextlib.contextmanager
def umask(mask: int) -> Iterator[None]:
    old_mask = os.umask(mask)
    try:
        yield
    finally:
        os.umask(old_mask)


def permissions(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def use(folder: Path, mode: int | None = PRIVATE) -> dict[str, int]:
    """Make and use a cache; the permissions of all in it while it is in use, and after."""
    seen: dict[str, int] = {}
    with open_for_writing(folder, mode) as cache:
        cache.commit([ANSWER])
        seen |= {path.name: permissions(path) for path in folder.rglob("*")}
    keep_draw(folder, {("1", "gender"): DrawnCell(1.0, "male")})
    return seen | {path.name: permissions(path) for path in folder.rglob("*")}


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
@pytest.mark.parametrize(
    ("mode", "of_folders", "of_files"),
    [("private", 0o700, 0o600), ("0750", 0o750, 0o640), ("group", 0o2770, 0o660)],
)
def test_folders_and_files_have_the_permissions_of_the_config_whatever_the_umask(
    tmp_path: Path, mask: int, mode: str, of_folders: int, of_files: int
) -> None:
    folder = tmp_path / "deep" / "cache"
    with umask(mask):
        seen = use(folder, folder_permissions(mode))
    assert permissions(folder) == of_folders
    folders = {"products", "answers", "gold"}
    assert {"journal.sqlite-wal", "journal.sqlite-shm", "lock", "lock.owner"} <= seen.keys()
    for name, found_permissions in seen.items():
        assert found_permissions == (of_folders if name in folders else of_files), name


def test_the_umask_decides_where_the_config_says_so(tmp_path: Path) -> None:
    with umask(0o027):
        seen = use(tmp_path / "cache", None)
    assert permissions(tmp_path / "cache") == 0o750
    assert seen["cache.json"] == 0o640


def test_the_cache_of_an_earlier_edition_is_closed_and_its_files_as_they_are_written_anew(
    tmp_path: Path,
) -> None:
    with umask(0o022):
        use(tmp_path / "cache", None)
    assert permissions(tmp_path / "cache") == 0o755
    seen = use(tmp_path / "cache")
    assert permissions(tmp_path / "cache") == 0o700
    assert seen["00000-of-00001.parquet"] == 0o600
    assert seen["journal.sqlite"] == 0o600


def test_a_folder_that_holds_other_things_too_keeps_its_permissions(tmp_path: Path) -> None:
    use(tmp_path)
    (tmp_path / "catalog.csv").touch()
    tmp_path.chmod(0o755)
    use(tmp_path)
    assert permissions(tmp_path) == 0o755


@pytest.mark.parametrize("mode", ["", "secret", "0600", "0077", "07777", "1700", "rwx", "-700"])
def test_what_is_no_mode_is_refused(mode: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        folder_permissions(mode)

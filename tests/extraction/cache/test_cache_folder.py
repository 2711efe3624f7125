"""A cache is made in a folder of its own, and what else lies in a folder is nobody's business."""

from __future__ import annotations

from pathlib import Path

import pytest

from attrx.configs.errors import ConfigError
from attrx.extraction.cache.writable_cache import open_for_writing


def test_a_folder_that_holds_something_else_is_refused_and_stays_as_it_is(tmp_path: Path) -> None:
    data = tmp_path / "data"
    catalog = data / "products" / "catalog.csv"
    catalog.parent.mkdir(parents=True)
    catalog.write_text("id\n1\n")
    (data / "notes.txt").write_text("mine")
    message = "holds other things: products/catalog.csv, notes.txt"
    with pytest.raises(ConfigError, match=message), open_for_writing(data):
        pass
    files = sorted(path.name for path in data.rglob("*"))
    assert files == ["catalog.csv", "notes.txt", "products"]


def test_many_other_things_are_counted(tmp_path: Path) -> None:
    for number in range(8):
        (tmp_path / f"{number}.csv").touch()
    with pytest.raises(ConfigError, match=r"4\.csv and 3 more"), open_for_writing(tmp_path):
        pass


@pytest.mark.parametrize(
    "names",
    [
        (),
        ("products/", "answers/"),
        ("products/", "answers/", "lock", "lock.owner"),
        ("products/", "answers/", "lock", "lock.owner", "cache.json.tmp"),
        ("products/", "answers/", "lock", "cache.json"),
        (".gitignore",),
    ],
)
def test_an_empty_folder_and_one_that_was_being_made_become_a_cache(
    tmp_path: Path, names: tuple[str, ...]
) -> None:
    folder = tmp_path / ".attrx"
    folder.mkdir()
    for name in names:
        if name.endswith("/"):
            (folder / name).mkdir()
        else:
            (folder / name).touch()
    with open_for_writing(folder) as cache:
        assert cache.buckets == 1


def test_a_cache_stays_one_with_other_things_beside_it(tmp_path: Path) -> None:
    with open_for_writing(tmp_path):
        pass
    (tmp_path / "notes.txt").write_text("mine")
    with open_for_writing(tmp_path) as cache:
        assert cache.notices == []
    assert (tmp_path / "notes.txt").read_text() == "mine"

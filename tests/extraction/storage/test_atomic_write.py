"""A file is whole or as it was, no link leads out of its folder, and hints are about the cause."""

from __future__ import annotations

import contextlib
import errno
import os
import resource
from pathlib import Path

import pytest

from attrx.configs.errors import CacheError
from attrx.extraction.storage.atomic_write import replacing
from attrx.extraction.storage.modes import make_subfolder


def write(path: Path, text: str = "new") -> None:
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def test_a_file_is_as_it_was_where_writing_breaks_off(tmp_path: Path) -> None:
    path = tmp_path / "values.csv"
    write(path, "old")
    with contextlib.suppress(KeyError), replacing(path) as temporary:
        temporary.write_text("half", encoding="utf-8")
        raise KeyError
    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_that_leads_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("mine", encoding="utf-8")
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "values.csv").symlink_to(precious)
    with pytest.raises(CacheError, match=f"leads out of its folder, to {precious}"):
        write(folder / "values.csv")
    assert precious.read_text(encoding="utf-8") == "mine"
    assert len(list(folder.iterdir())) == 1


def test_a_subfolder_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "answers").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(CacheError, match="leads out of its folder"):
        make_subfolder(tmp_path / "cache" / "answers")


def test_the_folder_itself_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "large disk").mkdir()
    (tmp_path / "out").symlink_to(tmp_path / "large disk")
    write(tmp_path / "out" / "values.csv")
    assert (tmp_path / "large disk" / "values.csv").read_text(encoding="utf-8") == "new"


@pytest.mark.parametrize(
    ("code", "hint"),
    [
        (errno.ENOSPC, "Free some disk space"),
        (errno.EDQUOT, "Free some disk space"),
        (errno.EMFILE, "ulimit -n"),
        (errno.ENFILE, "ulimit -n"),
        (errno.EFBIG, "ulimit -f"),
        (errno.EACCES, "permissions"),
        (errno.EPERM, "permissions"),
        (errno.EROFS, "for reading only"),
        (errno.EIO, "disk does not work"),
        (errno.ENAMETOOLONG, ""),
    ],
)
def test_the_hint_is_about_what_the_system_said(tmp_path: Path, code: int, hint: str) -> None:
    with pytest.raises(CacheError, match=os.strerror(code)) as error, replacing(tmp_path / "file"):
        raise OSError(code, os.strerror(code))
    assert hint in error.value.hint
    assert bool(hint) == bool(error.value.hint)


def test_a_process_without_descriptors_is_told_to_raise_their_number(tmp_path: Path) -> None:
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, limits[1]))
    try:
        with pytest.raises(CacheError, match="Too many open files") as error:
            write(tmp_path / "file")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    assert "ulimit -n" in error.value.hint

"""A file that changes while it is read is an error, before anything is made of it."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from polls import Poll, answers, truth

from attrx.configs.errors import InputError
from attrx.configs.settings import InputSettings
from attrx.extraction.inputs.file_state import UnchangedFile
from attrx.extraction.inputs.formats import open_sheet, open_table
from attrx.outputs.products import ProductsFile

SETTINGS = InputSettings(id="sku", text=("title",))
ROWS = "".join(f"p{number},shirt no. {number}\n" for number in range(50_000))


def grow(path: Path) -> None:
    with path.open("a") as file:
        file.write("late,one more\n")


def replace(path: Path) -> None:
    other = path.with_name("other.csv")
    other.write_bytes(path.read_bytes())
    other.rename(path)


def rewrite(path: Path) -> None:
    path.write_text(path.read_text().replace("shirt", "skirt"))


def remove(path: Path) -> None:
    path.unlink()


@pytest.mark.parametrize("change", [grow, replace, rewrite, remove])
@pytest.mark.parametrize("kind", ["products", "sheet"])
def test_a_file_that_changes_between_two_rows_is_an_error(
    tmp_path: Path, change: Callable[[Path], None], kind: str
) -> None:
    path = tmp_path / "products.csv"
    path.write_text("sku,title\n" + ROWS)
    table = open_table(path, SETTINGS)
    if kind == "sheet":
        table = open_sheet(path, ("sku", "title"))
    next(table.rows)
    change(path)
    with pytest.raises(InputError, match="was changed or replaced while it was read"):
        list(table.rows)


def test_a_row_that_was_torn_by_the_change_is_no_news_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "products.csv"
    path.write_text("sku,title\n" + ROWS)
    table = open_table(path, SETTINGS)
    next(table.rows)
    path.write_text("sku,title\n" + '"' * 2_000_001)
    with pytest.raises(InputError, match="was changed or replaced while it was read"):
        list(table.rows)


def test_what_a_disk_does_not_tell_the_digest_does(tmp_path: Path) -> None:
    path = tmp_path / "products.csv"
    path.write_text("sku,title\np1,shirt\n")
    times = path.stat()
    unchanged = UnchangedFile(path)
    unchanged.require()
    path.write_text("sku,title\np1,skirt\n")
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    with pytest.raises(InputError, match="was changed or replaced"):
        unchanged.require()


def test_a_pipe_is_told_and_not_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "products.csv"
    os.mkfifo(path)
    with pytest.raises(InputError, match="found a pipe or a device") as raised:
        open_table(path, SETTINGS)
    assert "Save it to a file first" in raised.value.hint


@pytest.mark.parametrize("change", [grow, rewrite])
def test_values_are_never_put_beside_other_products_than_those_they_are_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Callable[[Path], None]
) -> None:
    accuracies = {"a": 0.95, "b": 0.9, "c": 0.8}
    poll = Poll(tmp_path, list(accuracies))
    poll.cast(answers(truth(20), accuracies))
    source = poll.shop.input
    poll.combine(input=source)
    before = {path.name: path.read_bytes() for path in poll.out.glob("[!.]*")}
    write = ProductsFile.write

    def write_after_a_change(self: ProductsFile, path: Path) -> dict[str, str]:
        changing = threading.Thread(target=change, args=(source,))
        changing.start()
        changing.join()
        return write(self, path)

    source.write_text(source.read_text().replace("title of", "shirt"))
    monkeypatch.setattr(ProductsFile, "write", write_after_a_change)
    with pytest.raises(InputError, match="was changed or replaced while it was read"):
        poll.combine(input=source)
    assert {path.name: path.read_bytes() for path in poll.out.glob("[!.]*")} == before
    assert [path for path in poll.out.glob(".attrx-*") if path.is_dir()] == []

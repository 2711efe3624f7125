"""No file of anybody's is replaced by an output, whatever its name and the way to it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from polls import Poll, answers, truth

from attrx.configs.errors import InputError
from attrx.outputs.commit_record import RECORD
from attrx.outputs.targets import check_targets
from attrx.runs.cache import export
from attrx.runs.ensemble import EnsembleOptions, preflight
from attrx.runs.evaluate import evaluate
from attrx.runs.extract import ExtractOptions, extract

MODELS = {"a": 0.95, "b": 0.9, "c": 0.8}


def polled(folder: Path, **config: object) -> Poll:
    poll = Poll(folder, list(MODELS), **config)
    poll.cast(answers(truth(12), MODELS))
    return poll


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def refused(poll: Poll, **options: Any) -> InputError:
    """The error, which comes before anything is paid for or written."""
    before = contents(poll.folder)
    with pytest.raises(InputError) as raised:
        preflight(poll.shop.settings, EnsembleOptions(**options), print)
    with pytest.raises(InputError):
        poll.combine(**options)
    assert contents(poll.folder) == before
    return raised.value


def by_its_name(source: Path) -> Path:
    return source


def by_a_symbolic_link(source: Path) -> Path:
    link = source.parent / "link.csv"
    link.symlink_to(source)
    return link


def by_a_hard_link(source: Path) -> Path:
    link = source.parent / "other_name.csv"
    os.link(source, link)
    return link


def by_a_detour(source: Path) -> Path:
    (source.parent / "sub").mkdir()
    return source.parent / "sub" / ".." / source.name


@pytest.mark.parametrize("way", [by_its_name, by_a_symbolic_link, by_a_hard_link, by_a_detour])
def test_the_products_file_is_not_replaced(tmp_path: Path, way: Callable[[Path], Path]) -> None:
    poll = polled(tmp_path, paths={"output": "."})
    source = way(poll.shop.input)
    error = refused(poll, input=source)
    assert error.message == f"{source}: would be replaced by the products.csv that attrx writes"
    assert "--to DIR" in error.hint


def test_a_products_file_to_which_the_output_is_a_link_is_not_replaced(tmp_path: Path) -> None:
    poll = polled(tmp_path)
    poll.out.mkdir()
    (poll.out / "products.csv").symlink_to(poll.shop.input)
    assert "would be replaced" in refused(poll, input=poll.shop.input).message


def test_a_gold_file_of_the_name_of_an_output_is_not_replaced(tmp_path: Path) -> None:
    poll = polled(tmp_path, paths={"output": "."})
    gold = poll.gold({"p0000": "male"}).rename(tmp_path / "weights.csv")
    assert "would be replaced by the weights.csv" in refused(poll, gold=gold).message


@pytest.mark.parametrize(
    "name",
    ["values.csv", "values.parquet", "votes.parquet", "review.csv", "weights.csv", "run.json"],
)
def test_a_file_that_no_run_wrote_is_not_replaced(tmp_path: Path, name: str) -> None:
    poll = polled(tmp_path, paths={"output": "."})
    (tmp_path / name).write_text("name,town\nA,B\n")
    error = refused(poll)
    assert error.message.startswith(f"{tmp_path / name}: is none of attrx's files")


def test_files_that_a_killed_run_was_putting_in_place_are_attrxs(tmp_path: Path) -> None:
    record = {
        "version": 1,
        "staging": ".attrx-new-abcdefgh",
        "files": ["products.csv"],
        "removals": [],
    }
    target = tmp_path / "products.csv"
    target.write_text("sku,title\nA,B\n")
    with pytest.raises(InputError, match="none of attrx's files"):
        check_targets(tmp_path, ["products.csv"], [])
    (tmp_path / RECORD).write_text(json.dumps(record))
    check_targets(tmp_path, ["products.csv"], [])


def test_a_products_file_of_another_name_leaves_the_one_that_lies_there(tmp_path: Path) -> None:
    poll = polled(tmp_path, paths={"output": "."})
    source = tmp_path / "delta.csv"
    source.write_bytes(poll.shop.input.read_bytes())
    assert "products.csv: is none of attrx's" in refused(poll, input=source).message


def test_a_folder_of_the_name_of_an_output_is_told(tmp_path: Path) -> None:
    poll = polled(tmp_path)
    (poll.out / "values.csv").mkdir(parents=True)
    assert "values.csv: is a folder" in refused(poll).message


def test_outputs_of_a_run_without_its_list_are_known_by_their_form(tmp_path: Path) -> None:
    poll = polled(tmp_path)
    poll.combine()
    (poll.out / "run.json").unlink()
    poll.combine()
    assert len(poll.values()) == 12


def test_a_link_in_the_output_folder_is_replaced_and_not_followed(tmp_path: Path) -> None:
    poll = polled(tmp_path)
    poll.combine()
    elsewhere = (poll.out / "values.parquet").rename(tmp_path / "elsewhere.parquet")
    (poll.out / "values.parquet").symlink_to(elsewhere)
    before = elsewhere.read_bytes()
    poll.cast({"p0000": {"a": "unisex", "b": "unisex", "c": "unisex"}})
    poll.combine()
    assert elsewhere.read_bytes() == before
    assert not (poll.out / "values.parquet").is_symlink()
    assert poll.values().loc["p0000", "value"] == "unisex"


def test_the_output_folder_itself_may_be_a_link(tmp_path: Path) -> None:
    poll = polled(tmp_path)
    (tmp_path / "larger disk").mkdir()
    poll.out.symlink_to(tmp_path / "larger disk")
    poll.combine()
    assert (tmp_path / "larger disk" / "values.parquet").exists()


def test_evaluate_replaces_no_file_of_anybodys(tmp_path: Path) -> None:
    poll = polled(tmp_path)
    poll.combine()
    gold = poll.gold({"p0000": "male", "p0001": "female"})
    evaluate(poll.shop.settings, gold, poll.observer)
    evaluate(poll.shop.settings, gold, poll.observer)
    own_gold = gold.rename(poll.out / "evaluation.csv")
    before = own_gold.read_bytes()
    with pytest.raises(InputError, match=r"would be replaced by the evaluation\.csv"):
        evaluate(poll.shop.settings, own_gold, poll.observer)
    with pytest.raises(InputError, match="is none of attrx's files"):
        evaluate(poll.shop.settings, poll.gold({"p0000": "male"}), poll.observer)
    assert own_gold.read_bytes() == before


def test_the_list_of_skipped_rows_replaces_no_file_of_anybodys(tmp_path: Path) -> None:
    poll = polled(tmp_path, input={"id": "sku", "text": ["title"], "bad_rows": "skip"})
    poll.out.mkdir()
    (poll.out / "skipped_rows.csv").write_text("mine")
    source = poll.shop.input
    source.write_text("sku,title\np0000,a,b,c\np0001,shirt\n")
    with pytest.raises(InputError, match=r"skipped_rows\.csv: is none of attrx's files"):
        extract(poll.shop.settings, ExtractOptions(source), poll.observer)
    assert (poll.out / "skipped_rows.csv").read_text() == "mine"


@pytest.mark.parametrize("name", ["products", "answers", "votes"])
@pytest.mark.parametrize("file_format", ["csv", "parquet"])
def test_an_export_of_the_cache_replaces_only_earlier_ones(
    tmp_path: Path, name: str, file_format: str
) -> None:
    poll = polled(tmp_path)
    place = tmp_path / "export"
    for _ in range(2):
        export(poll.shop.settings, place, file_format=file_format)
    (place / f"{name}.{file_format}").write_text("mine")
    before = contents(place)
    with pytest.raises(InputError, match="is no earlier export"):
        export(poll.shop.settings, place, file_format=file_format)
    assert contents(place) == before

"""Whatever becomes of `cache.json`: no answer is lost, nothing is asked again, nothing hangs.

The server's log is the judge of what was asked.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from shop import Shop, Watching

from attrx.configs.errors import CacheDamaged
from attrx.extraction.cache import writable_cache
from attrx.extraction.cache.answers_cache import AnswersCache
from attrx.testing import Call, VendorServer

PRODUCTS = {str(number): f"Shirt no. {number}." for number in range(40)}


def male(call: Call) -> str:
    return '{"gender": "male"}'


@pytest.fixture(scope="module")
def server() -> Iterator[VendorServer]:
    with VendorServer(male) as server:
        yield server


def shop(folder: Path, server: VendorServer) -> Shop:
    model = {"name": "a", "provider": "openai", "model": "a", "base_url": server.base_url("openai")}
    return Shop(folder, [model], PRODUCTS)


@pytest.fixture(scope="module")
def caches(server: VendorServer, tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    """Number of buckets -> a cache with all answers; each with a manifest that came before."""
    made = {}
    for buckets in (1, 4):
        store = shop(tmp_path_factory.mktemp(f"of-{buckets}"), server)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(writable_cache, "PRODUCTS_A_BUCKET", len(PRODUCTS) // buckets)
            store.extract(limit=5)
            store.extract()
        made[buckets] = store.settings.paths.cache
        assert AnswersCache(made[buckets]).buckets == buckets
    return made


def text_of(text: str) -> Callable[[Path], object]:
    return lambda path: path.write_text(text)


def with_digit(old: str, new: str) -> Callable[[Path], object]:
    return lambda path: path.write_text(path.read_text().replace(old, new, 1))


def first_layout(buckets: object, version: object = 1) -> Callable[[Path], object]:
    """What the first layout wrote, or what became of it."""
    fields = {"layout_version": version, "buckets": buckets}
    return lambda path: path.write_text(json.dumps(fields))


def become_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def become_link(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.parent / "nowhere.json")


STATES: dict[str, Callable[[Path], object]] = {
    "gone": Path.unlink,
    "empty": text_of(""),
    "garbage": lambda path: path.write_bytes(bytes(range(256))),
    "a list": text_of("[1, 2]"),
    "a number": text_of("4"),
    "a text": text_of('"cache"'),
    "nothing": text_of("null"),
    "an empty object": text_of("{}"),
    "cut": lambda path: path.write_bytes(path.read_bytes()[:100]),
    "one digit of the buckets": with_digit('"buckets":', '"buckets":1'),
    "one digit of the version": with_digit('"layout_version":2', '"layout_version":3'),
    "one digit of a size": with_digit('"bytes":', '"bytes":1'),
    "a folder": become_folder,
    "a link to nowhere": become_link,
    "no buckets": first_layout(0),
    "2 buckets": first_layout(2),
    "3 buckets": first_layout(3),
    "8 buckets": first_layout(8),
    "100000000 buckets": first_layout(100_000_000),
    "2^30 buckets": first_layout(1 << 30),
    "-1 buckets": first_layout(-1),
    "a text of buckets": first_layout("4"),
    "a fraction of buckets": first_layout(4.0),
    "true buckets": first_layout(True),
    "version 0": first_layout(4, 0),
    "version 99": first_layout(4, 99),
    "a text as version": first_layout(4, "1"),
    "a nested array": text_of("[" * 100_000),
}


@pytest.mark.parametrize("buckets", [1, 4])
@pytest.mark.parametrize("is_alone", [False, True], ids=["with the former one", "alone"])
@pytest.mark.parametrize("state", STATES)
def test_whatever_becomes_of_the_manifest_nothing_is_asked_again(
    tmp_path: Path,
    server: VendorServer,
    caches: dict[int, Path],
    buckets: int,
    is_alone: bool,
    state: str,
) -> None:
    store = shop(tmp_path, server)
    folder = store.settings.paths.cache
    shutil.copytree(caches[buckets], folder)
    if is_alone:
        (folder / "cache.json.old").unlink()
    STATES[state](folder / "cache.json")
    assert AnswersCache(folder).buckets == buckets  # a reader sees it, and changes nothing
    n_calls = len(server.calls)
    observer = Watching()
    result = store.extract(observer)
    assert len(server.calls) == n_calls
    assert result.without_vote == 0
    assert observer.kinds == ["cache_manifest_rebuilt"]
    cache = AnswersCache(folder)
    ids = []
    for bucket in range(buckets):
        ids += cache.answers(bucket).column("product_id").to_pylist()
    assert sorted(ids) == sorted(PRODUCTS)
    store.extract(observer)  # said once
    assert observer.kinds == ["cache_manifest_rebuilt"]


@pytest.mark.parametrize("buckets", [1, 4])
def test_a_cache_of_the_first_layout_is_taken_over_as_it_is(
    tmp_path: Path, server: VendorServer, caches: dict[int, Path], buckets: int
) -> None:
    store = shop(tmp_path, server)
    folder = store.settings.paths.cache
    shutil.copytree(caches[buckets], folder)
    (folder / "cache.json.old").unlink()
    first_layout(buckets)(folder / "cache.json")
    n_calls = len(server.calls)
    observer = Watching()
    assert store.extract(observer).without_vote == 0
    assert len(server.calls) == n_calls
    assert observer.warnings == []
    assert json.loads((folder / "cache.json").read_bytes())["layout_version"] == 2


def test_a_lost_manifest_beside_a_lost_file_is_an_error_and_asks_nothing(
    tmp_path: Path, server: VendorServer, caches: dict[int, Path]
) -> None:
    store = shop(tmp_path, server)
    folder = store.settings.paths.cache
    shutil.copytree(caches[4], folder)
    (folder / "cache.json").unlink()
    (folder / "answers" / "00002-of-00004.parquet").unlink()
    n_calls = len(server.calls)
    lost = r"answers/00002-of-00004\.parquet \(missing; it had \d+ answers"
    with pytest.raises(CacheDamaged, match=lost):
        store.extract()
    (folder / "cache.json.old").unlink()
    with pytest.raises(CacheDamaged, match=r"answers/00002-of-00004\.parquet \(missing\)"):
        store.extract()
    assert len(server.calls) == n_calls

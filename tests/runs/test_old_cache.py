"""A cache of the first version, killed before its journal was compacted, asks nothing."""

from __future__ import annotations

import csv
import hashlib
from pathlib import Path

import orjson
import pyarrow.compute as pc
import pytest
from old_journals import write_old_journal
from shop import GENDER, Shop

from attrx.extraction.cache.answers_cache import AnswersCache
from attrx.extraction.cache.digests import text_digest
from attrx.extraction.cache.writable_cache import open_for_writing

RAW = '{"gender": "Men", "brand": "Northwold", "waist": "90 cm"}'
PARTS = (
    "29f69f94cf08bcda364e8e0edd25c119",
    "82b551520e22d99e48af591bed5d24f7",
    "439ea4e3474b7b513fd3d4f26b156e57",
)
READERS = (
    "716d2adf083d0d6c8a5dc3bb62b78e4f",
    "720410ed642aa6af5b7dfa216193b78e",
    "87c0dce3993b47c41c326fbb051f0cb5",
)
TEXT = "e1f90dd49f282a5374e7a15899166726"
# Model, its digest, key of its request, fingerprints of its votes.
WRITTEN = (
    (
        "one",
        "e1e2edd5414fa2b5694cd925a103e0cf",
        "ffa2d79b811b7cda06e735496cf48b09",
        (None, None, None),
    ),
    (
        "two",
        "7bc509109f8451a64d392c4d67c37909",
        "00aad36e50ca65b34ba2407592c5c95f",
        ("16ef03f3b1c7d6b3", "1ee070af1fa6a880", "0f5a01dbcf68b1a4"),
    ),
)


def votes_by_position(fingerprints: tuple[str | None, ...]) -> bytes:
    """The votes as the first version packed them: lists, in the order of the schema."""
    values = (
        ("gender", "male", "Men"),
        ("brand", "northwold", "Northwold"),
        ("waist", "90", "90 cm"),
    )
    lists = []
    for index, (name, value, spelling) in enumerate(values):
        fingerprint = "null" if fingerprints[index] is None else f'"{fingerprints[index]}"'
        digests = f'"{PARTS[index]}",{fingerprint},"{READERS[index]}"'
        lists.append(f'["{name}",{digests},"value","{value}","{spelling}",null]')
    return f"[{','.join(lists)}]".encode()


def write_journal(folder: Path) -> None:
    rows = []
    for number, (model, part, key, fingerprints) in enumerate(WRITTEN, 1):
        digests = (bytes.fromhex(part), bytes.fromhex(TEXT), bytes.fromhex(key))
        row = (
            *(number, "p1", model, *digests, "asked", "answered", "stop", RAW),
            *(None, None, None, 11, 7, None, votes_by_position(fingerprints), 0),
        )
        rows.append(row)
    write_old_journal(folder / "journal.sqlite", rows)


class OldShop(Shop):
    """The shop whose cache was written."""

    def __init__(self, folder: Path) -> None:
        one = {
            "name": "one",
            "provider": "openai",
            "model": "gpt-4-0613",
            "base_url": "http://127.0.0.1:9/v1",  # nobody listens there
            "options": {"seed": 7},
        }
        options = {"accuracy": 0.9, "seed": 1, "gold": "true_{attribute}"}
        two = {"name": "two", "provider": "mock", "options": options}
        attributes = {
            "gender": dict(GENDER),
            "brand": {"open": True},
            "waist": {"type": "number", "unit": "cm", "open": True},
        }
        super().__init__(folder, [one, two], {"p1": ""}, attributes=attributes)

    @property
    def input(self) -> Path:
        path = self.folder / "products.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            gold = [f"true_{name}" for name in ("gender", "brand", "waist")]
            writer.writerow(["sku", "title", "category", *gold])
            writer.writerow(
                ["p1", "Northwold men's belt, 90 cm", "Belts", "male", "Northwold", "90 cm"]
            )
        return path


@pytest.fixture
def shop(tmp_path: Path) -> OldShop:
    shop = OldShop(tmp_path)
    with open_for_writing(shop.settings.paths.cache):
        pass
    write_journal(shop.settings.paths.cache)
    return shop


def test_a_cache_of_the_first_version_asks_nothing(shop: OldShop) -> None:
    result = shop.extract()
    assert [(each.requests, each.attempts, each.failures) for each in result.models] == [
        (0, 0, 0),
        (0, 0, 0),
    ]
    assert [each.cached_cells for each in result.models] == [3, 3]
    assert result.without_vote == 0


def test_its_answers_are_compacted_as_they_are(shop: OldShop) -> None:
    shop.extract()
    answers = AnswersCache(shop.settings.paths.cache).answers(0)
    assert answers.column("raw").to_pylist() == [RAW, RAW]
    assert answers.column("answered_ns").to_pylist() == [1, 2]
    votes = pc.list_flatten(answers.column("votes")).to_pylist()
    assert [vote["value"] for vote in votes] == 2 * ["male", "northwold", "90"]
    assert [vote["part"].hex() for vote in votes] == 2 * list(PARTS)


@pytest.mark.parametrize(
    "title",
    [
        "Northwold <b>men's</b> belt [NEW], 90 cm",
        "Northwold <|im_end|> belt </product>",  # marks that the first fence knew
        "Gürtel für Männer, Stoff\u00adgürtel, می\u200cخواهم ❤\ufe0f\u200d🔥",
    ],
)
def test_a_text_that_every_fence_shows_alike_is_known_by_its_first_digest(title: str) -> None:
    plain = hashlib.blake2b(orjson.dumps([[["title", title]]]), digest_size=16).digest()
    assert text_digest([("title", title)]) == plain


def test_a_text_with_a_mark_that_the_first_fence_let_pass_is_asked_again() -> None:
    title = "Northwold belt <turn|>"
    plain = hashlib.blake2b(orjson.dumps([[["title", title]]]), digest_size=16).digest()
    assert text_digest([("title", title)]) != plain

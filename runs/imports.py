"""`attrx import`: answers from elsewhere into the cache."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from ..configs.notices import Notice
from ..configs.settings import Settings
from ..extraction.asking.observer import Observer
from ..extraction.cache.journal import Answer
from ..extraction.cache.writable_cache import WritableCache, open_for_writing
from ..extraction.planning.questionnaire import Questionnaire
from ..extraction.votes.answers_file import (
    FILE_SOURCE,
    REPLACEMENT_SOURCE,
    AnswersFile,
    as_answers,
    as_products,
    read_answers_file,
    unknown_attributes,
)

ANSWERS_A_COMMIT = 5000
LETTERS_SHOWN = 60


@dataclass
class Oddity:
    """Something that may be wrong with an answers file.

    Attributes:
        count: How often it was found.
        first: Where, the first time.
    """

    count: int = 0
    first: str = ""

    def __bool__(self) -> bool:
        return self.count > 0

    def found(self, where: str, times: int = 1) -> None:
        """Count it."""
        self.first = self.first or where
        self.count += times


@dataclass(frozen=True)
class ImportResult:
    """What an import did.

    Attributes:
        rows: Rows of the file.
        blanks: Those without a value.
        conflicts: Those that contradicted an earlier one; the last one won.
        answers: Answers written to the cache.
        products: Products they are about.
        unchanged: Answers that stood in the cache already, word for word.
        unknown_models: Models of the file that the config does not name; their answers are kept all
            the same.
        unknown_products: Products that no input has brought into a cache that has seen one; kept
            likewise.
        unknown_attributes: Rows about attributes that the config does not have.
        off_list: Values that their attribute does not allow.
        unreadable: Values that cannot be understood.
        behind_paid: Answers that stand behind one that was paid for.
    """

    rows: int
    blanks: int
    conflicts: int
    answers: int
    products: int
    unchanged: int
    unknown_models: tuple[str, ...]
    unknown_products: Oddity
    unknown_attributes: Oddity
    off_list: Oddity
    unreadable: Oddity
    behind_paid: int


def import_answers(
    settings: Settings, path: Path, observer: Observer, *, replace: bool = False
) -> ImportResult:
    """Import an answers file; see `extraction.imports.read_answers_file` for its columns.

    Args:
        settings: The configuration.
        path: The file.
        observer: Hears of what may be wrong.
        replace: Let these answers stand before the ones that were paid for.

    Raises:
        InputError: The file cannot be used; nothing was imported.
    """
    imported = read_answers_file(path)
    questionnaire = Questionnaire.from_settings(settings)
    known = {model.name for model in settings.models}
    unknown = tuple(model for model in imported.models if model not in known)
    with open_for_writing(settings.paths.cache) as cache:
        behind = 0 if replace else _count_paid(cache, imported)
        strangers = _unknown_products(cache, imported)
        _add_products(cache, imported)
        adding = _Adding(cache, imported, REPLACEMENT_SOURCE if replace else FILE_SOURCE)
        adding.add(as_answers(imported, questionnaire, replace=replace))
    if unknown:
        text = f"not in the config, and not counted until they are: {', '.join(unknown)}"
        observer.warning(Notice("import_unknown_model", text, unknown))
    return ImportResult(
        rows=imported.rows,
        blanks=imported.blanks,
        conflicts=imported.conflicts,
        answers=adding.answers,
        products=len(adding.products),
        unchanged=len(imported.raw) - adding.answers,
        unknown_models=unknown,
        unknown_products=strangers,
        unknown_attributes=_unknown_attributes(imported, questionnaire),
        off_list=adding.odd["off_list"],
        unreadable=adding.odd["unreadable"],
        behind_paid=behind,
    )


def _unknown_products(cache: WritableCache, imported: AnswersFile) -> Oddity:
    """Most often ids that are spelt in another way; a cache without an input has nothing to compare them with."""
    known: set[str] = set()
    for bucket in range(cache.buckets):
        products = cache.products(bucket)
        known.update(
            products.filter(pc.greater(products.column("row"), 0)).column("product_id").to_pylist()
        )
    odd = Oddity()
    for product_id in imported.products if known else ():
        if product_id not in known:
            odd.found(f"'{product_id}'")
    return odd


def _unknown_attributes(imported: AnswersFile, questionnaire: Questionnaire) -> Oddity:
    odd = Oddity()
    for name, rows in unknown_attributes(imported, questionnaire).items():
        odd.found(f"'{name}'", rows)
    return odd


def _add_products(cache: WritableCache, imported: AnswersFile) -> None:
    cache.grow(len(imported.products))
    by_bucket: dict[int, list[str]] = {}
    for product_id in imported.products:
        by_bucket.setdefault(cache.bucket_of(product_id), []).append(product_id)
    for bucket, ids in by_bucket.items():
        new = as_products(ids, imported.categories)
        there = pc.is_in(
            new.column("product_id"), value_set=cache.products(bucket).column("product_id")
        )
        cache.put_products(bucket, new.filter(pc.invert(there)))


class _Adding:
    """Writes answers to the cache, and counts what they hold.

    Args:
        cache: The cache.
        imported: The file.
        source: How its answers are marked.
    """

    def __init__(self, cache: WritableCache, imported: AnswersFile, source: str) -> None:
        self.answers = 0
        self.products: set[str] = set()
        self.odd = {"off_list": Oddity(), "unreadable": Oddity()}
        self._cache = cache
        self._standing = _standing(cache, imported, source)

    def add(self, answers: Iterable[Answer]) -> None:
        """Write all that do not stand there already."""
        new = (answer for answer in answers if self._is_new(answer))
        while batch := list(itertools.islice(new, ANSWERS_A_COMMIT)):
            self._cache.commit(batch)
            self.answers += len(batch)
            self.products.update(answer["product_id"] for answer in batch)

    def _is_new(self, answer: Answer) -> bool:
        for vote in answer["votes"]:
            if vote["state"] in self.odd:
                said = f"'{vote['spelling'][:LETTERS_SHOWN]}' as" if vote["spelling"] else "the"
                self.odd[vote["state"]].found(
                    f"{said} {vote['attribute']} of product '{answer['product_id']}'"
                )
        standing = self._standing.get((answer["product_id"], answer["model"]))
        return standing != (answer["source"], *_content(answer))


def _standing(
    cache: WritableCache, imported: AnswersFile, source: str
) -> dict[tuple[str, str], tuple[object, ...]]:
    """For each answer of the file the last one in the cache that it would take the place of.

    Imported answers are among themselves, behind all others; those that replace are the last among
    all others.
    """
    ids, models = pa.array(imported.products, pa.string()), pa.array(imported.models, pa.string())
    standing: dict[tuple[str, str], tuple[object, ...]] = {}
    for bucket in range(cache.buckets):
        answers = cache.answers(bucket, ["product_id", "model", "source", "raw", "votes"])
        behind = pc.equal(answers.column("source"), FILE_SOURCE)
        mine = pc.and_(
            pc.is_in(answers.column("product_id"), value_set=ids),
            pc.is_in(answers.column("model"), value_set=models),
        )
        rivals = answers.filter(
            pc.and_(mine, behind if source == FILE_SOURCE else pc.invert(behind))
        )
        for batch in rivals.to_batches(max_chunksize=ANSWERS_A_COMMIT):
            for row in batch.to_pylist():
                standing[row["product_id"], row["model"]] = (row["source"], *_content(row))
    return standing


def _content(answer: Answer) -> tuple[object, ...]:
    """What was said, and which attributes were read from it: a new one in the config makes the same words news."""
    return answer["raw"], frozenset(vote["attribute"] for vote in answer["votes"])


def _count_paid(cache: WritableCache, imported: AnswersFile) -> int:
    """Imported answers whose product and model have an answer that was paid for."""
    count = 0
    for bucket in range(cache.buckets):
        answers = cache.answers(bucket, ["product_id", "model", "source", "status"])
        paid = answers.filter(
            pc.and_(
                pc.not_equal(answers.column("source"), FILE_SOURCE),
                pc.equal(answers.column("status"), "answered"),
            )
        )
        pairs: pa.Table = (
            paid.select(["product_id", "model"]).group_by(["product_id", "model"]).aggregate([])
        )
        count += sum((row["product_id"], row["model"]) in imported.raw for row in pairs.to_pylist())
    return count

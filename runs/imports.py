"""`attrx import`: answers from elsewhere into the cache."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from ..configs.notices import Kind, Notice
from ..configs.settings import Settings
from ..configs.wording import quantity
from ..ensemble.groups import ALL
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

AnswerKey = tuple[str, str]
"""Product id and model: an answers file holds one answer for each."""


@dataclass(frozen=True)
class ImportResult:
    """What an import did.

    Attributes:
        rows: Rows of the file.
        blanks: Those without a value.
        answers: Answers written to the cache.
        products: Products they are about.
        unchanged: Answers that stood in the cache already, word for word.
        behind_others: Answers that stand behind one that was paid for.
        warnings: What may be wrong with the file; models that are not in the config, of which the
            observer heard before, are not among it.
    """

    rows: int
    blanks: int
    answers: int
    products: int
    unchanged: int
    behind_others: int
    warnings: tuple[Notice, ...]


def import_answers(
    settings: Settings, path: Path, observer: Observer, *, replace: bool = False
) -> ImportResult:
    """Import an answers file; `read_answers_file` explains its columns.

    Answers of models that the config does not name, and those to products that no input has
    brought, are kept all the same.

    Args:
        settings: The configuration.
        path: The file.
        observer: Hears of models that are not in the config.
        replace: Let these answers stand before the ones that were paid for.

    Raises:
        InputError: The file cannot be used; nothing was imported.
    """
    file = read_answers_file(path)
    questionnaire = Questionnaire.from_settings(settings)
    with open_for_writing(settings.paths.cache, settings.paths.cache_permissions) as cache:
        behind_others = 0 if replace else _count_paid(cache, file)
        unknown_products = _unknown_products(cache, file)
        _add_products(cache, file)
        source = REPLACEMENT_SOURCE if replace else FILE_SOURCE
        writer = _AnswerWriter(cache, _cached_contents(cache, file, source))
        writer.write(as_answers(file, questionnaire, replace=replace))
        of_cache = tuple(cache.notices)
    _warn_of_unknown_models(settings, file, observer)
    return ImportResult(
        rows=file.rows,
        blanks=file.blanks,
        answers=writer.n_answers,
        products=len(writer.products),
        unchanged=len(file.raw) - writer.n_answers,
        behind_others=behind_others,
        warnings=(
            *of_cache,
            *_conflicts(file),
            *unknown_products.notices(),
            *_unknown_attributes(file, questionnaire),
            *writer.off_list.notices(),
            *writer.unreadable.notices(),
        ),
    )


@dataclass
class Occurrences:
    """Something that may be wrong with an answers file, and how often.

    Attributes:
        kind: What it is about.
        noun: What is counted.
        template: The warning, with `{quantity}` and `{first}` in it.
        count: How often it occurs.
        first: Where, the first time.
    """

    kind: Kind
    noun: str
    template: str
    count: int = 0
    first: str = ""

    def add(self, where: str) -> None:
        """Count one more."""
        self.first = self.first or where
        self.count += 1

    def notices(self) -> Iterator[Notice]:
        """The warning, if there is anything to warn of."""
        if self.count:
            total = quantity(self.count, self.noun)
            text = self.template.format(quantity=total, first=self.first)
            yield Notice(self.kind, text)


def _warn_of_unknown_models(settings: Settings, file: AnswersFile, observer: Observer) -> None:
    config_names = {model.name for model in settings.models}
    unknown = tuple(name for name in file.models if name not in config_names)
    if unknown:
        text = f"not in the config, and not counted until they are: {', '.join(unknown)}"
        observer.warning(Notice("import_unknown_model", text, unknown))


def _conflicts(file: AnswersFile) -> Iterator[Notice]:
    if file.conflicts:
        rows = quantity(file.conflicts, "row")
        text = f"{rows} contradicted an earlier row of the file; the last one counts"
        yield Notice("import_conflict", text)


def _unknown_products(cache: WritableCache, file: AnswersFile) -> Occurrences:
    """Most often ids that are spelt in another way; none where the cache has seen no input."""
    occurrences = Occurrences(
        kind="import_unknown_product",
        noun="product",
        template="{quantity} of the file in no input so far, the first {first}; kept all the same",
    )
    input_ids: set[str] = set()
    for bucket in range(cache.buckets):
        products = cache.products(bucket)
        from_input = products.filter(pc.greater(products.column("row"), 0))
        input_ids.update(from_input.column("product_id").to_pylist())
    if input_ids:
        for product_id in file.products:
            if product_id not in input_ids:
                occurrences.add(f"'{product_id}'")
    return occurrences


def _unknown_attributes(file: AnswersFile, questionnaire: Questionnaire) -> Iterator[Notice]:
    rows_of_attribute = unknown_attributes(file, questionnaire)
    if rows_of_attribute:
        rows = quantity(sum(rows_of_attribute.values()), "row")
        first = next(iter(rows_of_attribute))
        text = (
            f"{rows} about attributes not in the config, the first '{first}'; import again once"
            " they are"
        )
        groups = tuple((ALL, name) for name in rows_of_attribute)
        yield Notice("import_unknown_attribute", text, groups=groups)


def _add_products(cache: WritableCache, file: AnswersFile) -> None:
    """Give the cache the products that it does not know yet."""
    cache.grow(len(file.products))
    ids_of_bucket: dict[int, list[str]] = {}
    for product_id in file.products:
        ids_of_bucket.setdefault(cache.bucket_of(product_id), []).append(product_id)
    for bucket, ids in ids_of_bucket.items():
        products = as_products(ids, file.categories)
        cached_ids = cache.products(bucket).column("product_id")
        is_cached = pc.is_in(products.column("product_id"), value_set=cached_ids)
        cache.put_products(bucket, products.filter(pc.invert(is_cached)))


AnswerContent = tuple[str, str | None, frozenset[str]]
"""Source and raw text of an answer, and which attributes were read from it: a new one in the config
makes the same words news."""


def _key(answer: Answer) -> AnswerKey:
    return answer["product_id"], answer["model"]


def _content(answer: Answer) -> AnswerContent:
    attributes = frozenset(vote["attribute"] for vote in answer["votes"])
    return answer["source"], answer["raw"], attributes


def _off_list() -> Occurrences:
    template = "{quantity} not allowed by the config, no vote; the first {first}"
    return Occurrences("import_off_list", "value", template)


def _unreadable() -> Occurrences:
    template = "{quantity} not understood, no vote; the first {first}"
    return Occurrences("import_unreadable", "value", template)


@dataclass
class _AnswerWriter:
    """Writes answers to the cache, and counts what they hold.

    Attributes:
        cache: The cache.
        cached_contents: What stands in the cache already.
        n_answers: Answers written.
        products: Ids of the products that these are about.
        off_list: Values that their attribute does not allow.
        unreadable: Values that cannot be understood.
    """

    cache: WritableCache
    cached_contents: dict[AnswerKey, AnswerContent]
    n_answers: int = 0
    products: set[str] = field(default_factory=set)
    off_list: Occurrences = field(default_factory=_off_list)
    unreadable: Occurrences = field(default_factory=_unreadable)

    def write(self, answers: Iterable[Answer]) -> None:
        """Write all that do not stand there already."""
        new_answers = filter(self._is_new, answers)
        while True:
            batch = list(itertools.islice(new_answers, ANSWERS_A_COMMIT))
            if not batch:
                return
            self.cache.commit(batch)
            self.n_answers += len(batch)
            self.products.update(answer["product_id"] for answer in batch)

    def _is_new(self, answer: Answer) -> bool:
        self._count_odd_values(answer)
        return self.cached_contents.get(_key(answer)) != _content(answer)

    def _count_odd_values(self, answer: Answer) -> None:
        occurrences = {"off_list": self.off_list, "unreadable": self.unreadable}
        for vote in answer["votes"]:
            if vote["state"] in occurrences:
                spelling = vote["spelling"]
                value = f"'{spelling[:LETTERS_SHOWN]}' as" if spelling else "the"
                where = f"{value} {vote['attribute']} of product '{answer['product_id']}'"
                occurrences[vote["state"]].add(where)


def _cached_contents(
    cache: WritableCache, file: AnswersFile, source: str
) -> dict[AnswerKey, AnswerContent]:
    """For each answer of the file the last one in the cache that it would take the place of.

    Imported answers are among themselves, behind all others; those that replace are the last among
    all others.
    """
    ids = pa.array(file.products, pa.string())
    models = pa.array(file.models, pa.string())
    contents: dict[AnswerKey, AnswerContent] = {}
    for bucket in range(cache.buckets):
        answers = cache.answers(bucket, ["product_id", "model", "source", "raw", "votes"])
        is_in_file = pc.and_(
            pc.is_in(answers.column("product_id"), value_set=ids),
            pc.is_in(answers.column("model"), value_set=models),
        )
        is_rival = pc.equal(answers.column("source"), FILE_SOURCE)
        if source != FILE_SOURCE:
            is_rival = pc.invert(is_rival)
        rivals = answers.filter(pc.and_(is_in_file, is_rival))
        for batch in rivals.to_batches(max_chunksize=ANSWERS_A_COMMIT):
            for answer in batch.to_pylist():
                contents[_key(answer)] = _content(answer)
    return contents


def _count_paid(cache: WritableCache, file: AnswersFile) -> int:
    """Answers of the file whose product and model have an answer that was paid for."""
    count = 0
    for bucket in range(cache.buckets):
        answers = cache.answers(bucket, ["product_id", "model", "source", "status"])
        is_paid = pc.not_equal(answers.column("source"), FILE_SOURCE)
        is_finished = pc.equal(answers.column("status"), "answered")
        paid_answers = answers.filter(pc.and_(is_paid, is_finished))
        keys: pa.Table = paid_answers.group_by(["product_id", "model"]).aggregate([])
        for row in keys.to_pylist():
            if _key(row) in file.raw:
                count += 1
    return count

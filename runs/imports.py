"""`attrx import`: answers from elsewhere into the cache."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from ..configs.notices import Kind, Notice
from ..configs.settings import Settings
from ..configs.wording import quantity
from ..ensemble.groups import ALL
from ..extraction.asking.observer import Observer
from ..extraction.cache.writable_cache import WritableCache, open_for_writing
from ..extraction.inputs.formats import check_file
from ..extraction.planning.questionnaire import Questionnaire
from ..extraction.storage.scratch import scratch_folder
from ..extraction.votes.answers_file import AnswersFile, read_answers_file
from ..extraction.votes.imported_answers import (
    FILE_SOURCE,
    REPLACEMENT_SOURCE,
    AnswerReader,
    ImportedAnswers,
    as_products,
    count_behind_others,
    unchanged_answers,
)

LETTERS_SHOWN = 60


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
    check_file(path)  # first, so that a mistyped name leaves no cache behind
    questionnaire = Questionnaire.from_settings(settings)
    source = REPLACEMENT_SOURCE if replace else FILE_SOURCE
    reader = AnswerReader(questionnaire, source, odd_states=("off_list", "unreadable"))
    with (
        open_for_writing(settings.paths.cache, settings.paths.cache_permissions) as cache,
        scratch_folder(cache.folder, "spool") as scratch,
    ):
        file = read_answers_file(path, scratch)
        importer = _Importer(cache, reader, has_input=_has_input(cache))
        cache.grow(file.n_products)
        for bucket, rows in file.buckets(cache.buckets):
            importer.add(bucket, rows, holds_raw_answers=file.holds_raw_answers)
        of_cache = tuple(cache.notices)
    _warn_of_unknown_models(settings, file, observer)
    return ImportResult(
        rows=file.rows,
        blanks=file.blanks,
        answers=importer.n_answers,
        products=importer.n_products,
        unchanged=importer.n_unchanged,
        behind_others=0 if replace else importer.behind_others,
        warnings=(
            *of_cache,
            *_conflicts(importer.conflicts),
            *importer.unknown_products.notices(),
            *_unknown_attributes(reader.unknown_attributes(file.attributes)),
            *importer.off_list.notices(),
            *importer.unreadable.notices(),
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
        first_row: On which row of the file.
    """

    kind: Kind
    noun: str
    template: str
    count: int = 0
    first: str = ""
    first_row: int = 0

    def add(self, count: int, row: int, where: str) -> None:
        """Count more, the first of which stands on this row."""
        self.count += count
        if not self.first or row < self.first_row:
            self.first = where
            self.first_row = row

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


def _conflicts(count: int) -> Iterator[Notice]:
    if count:
        rows = quantity(count, "row")
        text = f"{rows} contradicted an earlier row of the file; the last one counts"
        yield Notice("import_conflict", text)


def _unknown_attributes(rows_of_attribute: Counter[str]) -> Iterator[Notice]:
    if rows_of_attribute:
        rows = quantity(sum(rows_of_attribute.values()), "row")
        first = next(iter(rows_of_attribute))
        text = (
            f"{rows} about attributes not in the config, the first '{first}'; import again once"
            " they are"
        )
        groups = tuple((ALL, name) for name in rows_of_attribute)
        yield Notice("import_unknown_attribute", text, groups=groups)


def _has_input(cache: WritableCache) -> bool:
    """Whether the cache has seen an input, so that a product in none may be a slip."""
    for bucket in range(cache.buckets):
        newest_row = pc.max(cache.products(bucket).column("row")).as_py()
        if newest_row:
            return True
    return False


def _unknown_products() -> Occurrences:
    """Most often ids that are spelt in another way."""
    template = "{quantity} of the file in no input so far, the first {first}; kept all the same"
    return Occurrences("import_unknown_product", "product", template)


def _off_list() -> Occurrences:
    template = "{quantity} not allowed by the config, no vote; the first {first}"
    return Occurrences("import_off_list", "value", template)


def _unreadable() -> Occurrences:
    template = "{quantity} not understood, no vote; the first {first}"
    return Occurrences("import_unreadable", "value", template)


@dataclass
class _Importer:
    """Takes the answers of a file into the cache, bucket by bucket, and counts what they hold.

    Attributes:
        cache: The cache.
        reader: Reads the rows of the file.
        has_input: Whether the cache has seen an input.
        n_answers: Answers written.
        n_unchanged: Answers that stood there already.
        n_products: Products that the written ones are about.
        behind_others: Answers that stand behind one that was paid for.
        conflicts: Rows that contradict an earlier one.
        unknown_products: Products that are in no input.
        off_list: Values that their attribute does not allow.
        unreadable: Values that cannot be understood.
    """

    cache: WritableCache
    reader: AnswerReader
    has_input: bool
    n_answers: int = 0
    n_unchanged: int = 0
    n_products: int = 0
    behind_others: int = 0
    conflicts: int = 0
    unknown_products: Occurrences = field(default_factory=_unknown_products)
    off_list: Occurrences = field(default_factory=_off_list)
    unreadable: Occurrences = field(default_factory=_unreadable)

    def add(self, bucket: int, rows: pa.Table, *, holds_raw_answers: bool) -> None:
        """Write what does not stand there already.

        Args:
            bucket: Number of the bucket.
            rows: The rows of the file about its products.
            holds_raw_answers: Whether a row is an answer.
        """
        read = self.reader.read_raw if holds_raw_answers else self.reader.read_values
        imported = read(rows)
        self.conflicts += imported.conflicts
        self._count_odd_votes(imported)
        self._add_products(bucket, rows)
        cached_answers = self.cache.answers(bucket)
        self.behind_others += count_behind_others(imported.answers, cached_answers)
        unchanged = unchanged_answers(imported.answers, cached_answers, self.reader.source)
        self.n_unchanged += int(unchanged.sum())
        new_answers = imported.answers.filter(pa.array(~unchanged))
        if new_answers.num_rows == 0:
            return
        self.n_answers += new_answers.num_rows
        self.n_products += pc.count_distinct(new_answers.column("product_id")).as_py()
        self.cache.add_answers(bucket, cached_answers, new_answers)

    def _count_odd_votes(self, imported: ImportedAnswers) -> None:
        for state, occurrences in (("off_list", self.off_list), ("unreadable", self.unreadable)):
            first = imported.first_odd_votes.get(state)
            if first is not None:
                value = "the"
                if first.spelling:
                    value = f"'{first.spelling[:LETTERS_SHOWN]}' as"
                where = f"{value} {first.attribute} of product '{first.product_id}'"
                occurrences.add(
                    imported.odd_votes[state],
                    row=first.row,
                    where=where,
                )

    def _add_products(self, bucket: int, rows: pa.Table) -> None:
        """Give the cache the products that it does not know yet."""
        products = as_products(rows)
        cached_products = self.cache.products(bucket)
        ids = products.column("product_id")
        if self.has_input:
            self._count_unknown_products(ids, cached_products, rows)
        cached_ids = cached_products.column("product_id")
        is_cached = pc.is_in(ids, value_set=cached_ids)
        new_products = products.filter(pc.invert(is_cached))
        self.cache.put_products(bucket, new_products)

    def _count_unknown_products(
        self, ids: pa.ChunkedArray, cached_products: pa.Table, rows: pa.Table
    ) -> None:
        is_from_input = pc.greater(cached_products.column("row"), 0)
        from_input = cached_products.filter(is_from_input)
        input_ids = from_input.column("product_id")
        is_known = pc.is_in(ids, value_set=input_ids)
        unknown_ids = ids.filter(pc.invert(is_known))
        if len(unknown_ids) == 0:
            return
        first_id = unknown_ids[0].as_py()
        place = pc.index(rows.column("product_id"), first_id)
        first_row = rows.column("row")[place.as_py()]
        self.unknown_products.add(
            len(unknown_ids),
            row=first_row.as_py(),
            where=f"'{first_id}'",
        )

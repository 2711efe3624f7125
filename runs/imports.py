"""`attrx import`: answers from elsewhere into the cache."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from ..configs.settings import Settings
from ..extraction.cache import WritableCache, open_for_writing
from ..extraction.coverage import Asked
from ..extraction.events import Observer
from ..extraction.imports import IMPORTED, Imported, as_answers, as_products, read_answers_file

ANSWERS_A_COMMIT = 5000


@dataclass(frozen=True)
class ImportResult:
    """What an import did.

    Attributes:
        rows: Rows of the file.
        answers: Answers written to the cache.
        products: Products they are about.
        unknown_models: Models of the file that the config does not name; their answers are kept all the same.
        conflicts: Rows that contradicted an earlier row of the file; the last one won.
        behind_paid: Answers that stand behind one that was paid for.
    """

    rows: int
    answers: int
    products: int
    unknown_models: tuple[str, ...]
    conflicts: int
    behind_paid: int


def import_answers(settings: Settings, path: Path, observer: Observer, *, replace: bool = False) -> ImportResult:
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
    asked = Asked.from_settings(settings)
    known = {model.name for model in settings.models}
    unknown = tuple(model for model in imported.models if model not in known)
    with open_for_writing(settings.paths.cache) as cache:
        behind = 0 if replace else _count_paid(cache, imported)
        _add_products(cache, imported)
        _add_answers(cache, imported, asked, replace=replace)
    if unknown:
        observer.warning(f"not in the config, and not counted until they are: {', '.join(unknown)}")
    return ImportResult(imported.rows, len(imported.raw), len(imported.products), unknown, imported.conflicts, behind)


def _add_products(cache: WritableCache, imported: Imported) -> None:
    cache.make_room(len(imported.products))
    by_bucket: dict[int, list[str]] = {}
    for product_id in imported.products:
        by_bucket.setdefault(cache.bucket_of(product_id), []).append(product_id)
    for bucket, ids in by_bucket.items():
        new = as_products(ids, imported.categories)
        there = pc.is_in(new.column("product_id"), value_set=cache.products(bucket).column("product_id"))
        cache.put_products(bucket, new.filter(pc.invert(there)))


def _add_answers(cache: WritableCache, imported: Imported, asked: Asked, *, replace: bool) -> None:
    batch = []
    for answer in as_answers(imported, asked, replace=replace):
        batch.append(answer)
        if len(batch) == ANSWERS_A_COMMIT:
            cache.commit(batch)
            batch = []
    cache.commit(batch)


def _count_paid(cache: WritableCache, imported: Imported) -> int:
    """Imported answers whose product and model have an answer that was paid for."""
    count = 0
    for bucket in range(cache.buckets):
        answers = cache.answers(bucket, ["product_id", "model", "source", "status"])
        paid = answers.filter(
            pc.and_(pc.not_equal(answers.column("source"), IMPORTED), pc.equal(answers.column("status"), "answered"))
        )
        pairs: pa.Table = paid.select(["product_id", "model"]).group_by(["product_id", "model"]).aggregate([])
        count += sum((row["product_id"], row["model"]) in imported.raw for row in pairs.to_pylist())
    return count

"""`attrx cache info | export | prune`."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ..configs.errors import ConfigError, InputError
from ..configs.notices import Notice
from ..configs.settings import Settings
from ..configs.suggestions import did_you_mean
from ..extraction.cache.answers_cache import AnswersCache
from ..extraction.cache.schema import ANSWERS, PRODUCTS
from ..extraction.cache.writable_cache import WritableCache, open_for_writing
from ..extraction.inputs.formats import check_file
from ..extraction.inputs.spool_writer import spool_products
from ..outputs.cell_tables import rows_of_products
from ..outputs.files import make_folder, write_csv, write_parquet

LONGEST_HEADER = 10_000


@dataclass(frozen=True)
class CacheInfo:
    """What a cache holds.

    Attributes:
        folder: The cache folder.
        buckets: Number of buckets.
        products: Products known.
        answers: Rows of answers, shared and imported ones included.
        by_model: (model, source) -> answers.
        bytes: Size of all its files.
    """

    folder: Path
    buckets: int
    products: int
    answers: int
    by_model: dict[tuple[str, str], int]
    bytes: int


@dataclass(frozen=True)
class Removal:
    """What `prune` removed, or would remove.

    Attributes:
        products: Products.
        answers: Answers.
        requests: Requests that wait in batches.
        notices: What was found and mended as the cache was opened.
    """

    products: int
    answers: int
    requests: int = 0
    notices: tuple[Notice, ...] = ()


def info(settings: Settings) -> CacheInfo:
    """Count what the cache holds.

    Raises:
        CacheError: The cache is broken.
    """
    cache = AnswersCache(settings.paths.cache)
    products, answers = 0, 0
    by_model: Counter[tuple[str, str]] = Counter()
    for bucket in range(cache.buckets):
        products += cache.products(bucket).num_rows
        bucket_answers = cache.answers(bucket, ["model", "source"])
        answers += bucket_answers.num_rows
        counts = bucket_answers.group_by(["model", "source"]).aggregate([([], "count_all")])
        for row in counts.to_pylist():
            by_model[row["model"], row["source"]] += row["count_all"]
    files = [path for path in cache.folder.rglob("*") if path.is_file()]
    return CacheInfo(
        folder=cache.folder,
        buckets=cache.buckets,
        products=products,
        answers=answers,
        by_model=dict(sorted(by_model.items())),
        bytes=sum(path.stat().st_size for path in files),
    )


def export(settings: Settings, folder: Path, *, file_format: str = "parquet") -> list[Path]:
    """Write the cache as plain files: `products`, `answers`, and `votes`.

    `votes` has one row per answer and attribute.

    Args:
        settings: The configuration.
        folder: Where to write; made if it is not there.
        file_format: parquet or csv.

    Returns:
        The files written.

    Raises:
        CacheError: The cache is broken.
        InputError: A catalog, an answers file or a run's output stands where an export would go.
    """
    cache = AnswersCache(settings.paths.cache)
    make_folder(folder)
    for name, columns in _columns_of_exports().items():
        _check_place(folder / f"{name}.{file_format}", columns)
    write = write_csv if file_format == "csv" else write_parquet
    buckets = range(cache.buckets)
    tables = {
        "products": map(_plain_products, map(cache.products, buckets)),
        "answers": map(_plain_answers, map(cache.answers, buckets)),
        "votes": map(_plain_votes, map(cache.answers, buckets)),
    }
    files = []
    for name, tables_of_buckets in tables.items():
        path = folder / f"{name}.{file_format}"
        write(path, tables_of_buckets)
        files.append(path)
    return files


def _columns_of_exports() -> dict[str, list[str]]:
    """Each table that is exported, and its columns."""
    products, answers = PRODUCTS.empty_table(), ANSWERS.empty_table()
    return {
        "products": _plain_products(products).column_names,
        "answers": _plain_answers(answers).column_names,
        "votes": _plain_votes(answers).column_names,
    }


def _check_place(path: Path, columns: Sequence[str]) -> None:
    """Make sure that what stands where a table is exported to is an earlier export."""
    if path.exists() and _columns_of(path) != columns:
        raise InputError(
            f"{path}: is no earlier export, and would be replaced by one",
            hint="Name another folder.",
        )


def _columns_of(path: Path) -> list[str]:
    """The columns of a table; none where it is none of attrx's."""
    try:
        if path.suffix == ".parquet":
            return list(pq.read_schema(path).names)
        with path.open(encoding="utf-8") as file:
            return next(csv.reader([file.readline(LONGEST_HEADER)]), [])
    except (OSError, UnicodeDecodeError, pa.ArrowException):
        return []


def prune(
    settings: Settings,
    *,
    keep_products: Path | None,
    drop_models: Sequence[str] = (),
    dry_run: bool = False,
) -> Removal:
    """Remove what is no longer wanted; raw answers cannot be had back.

    Args:
        settings: The configuration.
        keep_products: A products file; products that are not in it go, with their answers. None =
            keep all.
        drop_models: Names of models whose answers go, and whose batches are not waited for any
            longer.
        dry_run: Only count.

    Raises:
        ConfigError: Neither products nor models were named, or a model that is neither in the cache
            nor in the config.
        InputError: The products file cannot be used, or holds none.
        CacheLocked: Another run holds the cache.
    """
    if keep_products is None and not drop_models:
        raise ConfigError(
            "nothing to prune", hint="Name --keep-products FILE or --drop-model NAME."
        )
    if keep_products is not None:
        check_file(keep_products)
    with open_for_writing(settings.paths.cache, settings.paths.cache_permissions) as cache:
        _check_models(cache, settings, drop_models)
        ids = None if keep_products is None else _read_ids(keep_products, settings, cache)
        products, answers, requests = 0, 0, 0
        for bucket in range(cache.buckets):
            removal = _prune_bucket(cache, bucket, ids, drop_models, dry_run)
            products += removal.products
            answers += removal.answers
        for batch in list(cache.batches()):
            if batch.model in drop_models:
                requests += batch.requests
                if not dry_run:
                    cache.ledger.forget(batch.tag)
        return Removal(products, answers, requests, tuple(cache.notices))


def _check_models(cache: WritableCache, settings: Settings, names: Sequence[str]) -> None:
    """A mistyped name would drop nothing, and leave the user in the belief that it did."""
    if not names:
        return
    model_names = {model.name for model in settings.models}
    model_names.update(batch.model for batch in cache.batches())
    for bucket in range(cache.buckets):
        answers = cache.answers(bucket, ["model"])
        model_names.update(pc.unique(answers.column("model")).to_pylist())
    for name in names:
        if name not in model_names:
            raise ConfigError(
                f"--drop-model: no model '{name}' in the cache or in the config",
                hint=did_you_mean(name, model_names) or f"Known: {', '.join(sorted(model_names))}.",
            )


def _read_ids(path: Path, settings: Settings, cache: WritableCache) -> pa.Array:
    with spool_products(path, settings, cache.folder, limit=None, extra=()) as spool:
        columns = []
        for _, products in spool.buckets(1):
            columns.append(products.column("product_id"))
        ids = pa.chunked_array(columns, pa.string())
        return ids.combine_chunks()


def _prune_bucket(
    cache: WritableCache,
    bucket: int,
    ids: pa.Array | None,
    drop_models: Sequence[str],
    dry_run: bool,
) -> Removal:
    """Keep the products with these ids (None = all), and the answers to them of other models."""
    old_products = cache.products(bucket)
    old_answers = cache.answers(bucket)
    products = old_products
    answers = old_answers
    if ids is not None:
        products = rows_of_products(products, ids)
        answers = rows_of_products(answers, ids)
    if drop_models:
        names = pa.array(drop_models, pa.string())
        is_dropped = pc.is_in(answers.column("model"), value_set=names)
        answers = answers.filter(pc.invert(is_dropped))
    if not dry_run:
        cache.replace(bucket, products, answers)
    return Removal(
        old_products.num_rows - products.num_rows, old_answers.num_rows - answers.num_rows
    )


def _plain_products(products: pa.Table) -> pa.Table:
    texts = []
    for fields in products.column("fields").to_pylist():
        texts_of_product = [field["text"] for field in fields]
        texts.append(" | ".join(texts_of_product))
    table = products.select(["product_id", "category"])
    return table.append_column("text", pa.array(texts, pa.string()))


def _plain_answers(answers: pa.Table) -> pa.Table:
    """The answers without their votes, digests as text."""
    table = answers.drop_columns("votes")
    for index, column in enumerate(table.schema):
        if pa.types.is_fixed_size_binary(column.type):
            texts = []
            for digest in table.column(index).to_pylist():
                texts.append(None if digest is None else digest.hex())
            hex_column = pa.array(texts, pa.string())
            table = table.set_column(index, column.name, hex_column)
    return table


def _plain_votes(answers: pa.Table) -> pa.Table:
    """One row per answer and attribute."""
    lists = answers.column("votes").combine_chunks()
    votes = pc.list_flatten(lists)
    answer_of_vote = pc.list_parent_indices(lists)
    columns = ["answered_ns", "product_id", "model", "source"]
    table = answers.select(columns).take(answer_of_vote)
    for name in ("attribute", "state", "value", "spelling", "probability"):
        table = table.append_column(name, votes.field(name))
    return table

"""`attrx cache info | export | prune`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from ..configs.errors import ConfigError
from ..configs.settings import Settings
from ..configs.suggestions import did_you_mean
from ..extraction.cache.answers_cache import AnswersCache
from ..extraction.cache.writable_cache import WritableCache, open_for_writing
from ..extraction.inputs.formats import check_file
from ..extraction.inputs.spool_writer import spool_products
from ..outputs.files import write_csv, write_parquet


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
class Pruned:
    """What `prune` removed: products, answers, and requests that wait in batches."""

    products: int
    answers: int
    waiting: int = 0


def info(settings: Settings) -> CacheInfo:
    """Count what the cache holds.

    Raises:
        CacheError: The cache is broken.
    """
    cache = AnswersCache(settings.paths.cache)
    products, answers, by_model = 0, 0, dict[tuple[str, str], int]()
    for bucket in range(cache.buckets):
        products += cache.products(bucket).num_rows
        kept = cache.answers(bucket, ["model", "source"])
        answers += kept.num_rows
        counts = kept.group_by(["model", "source"]).aggregate([([], "count_all")])
        for row in counts.to_pylist():
            key = (row["model"], row["source"])
            by_model[key] = by_model.get(key, 0) + row["count_all"]
    size = sum(path.stat().st_size for path in cache.folder.rglob("*") if path.is_file())
    return CacheInfo(
        cache.folder, cache.buckets, products, answers, dict(sorted(by_model.items())), size
    )


def export(settings: Settings, folder: Path, *, file_format: str = "parquet") -> list[Path]:
    """Write the cache as plain files: `products` and `answers`, and `votes` with one row per answer and attribute.

    Args:
        settings: The configuration.
        folder: Where to write; made if it is not there.
        file_format: parquet or csv.

    Returns:
        The files written.

    Raises:
        CacheError: The cache is broken.
    """
    cache = AnswersCache(settings.paths.cache)
    folder.mkdir(parents=True, exist_ok=True)
    write = write_csv if file_format == "csv" else write_parquet
    written = []
    for name, tables in (
        ("products", (_plain_products(cache.products(bucket)) for bucket in range(cache.buckets))),
        ("answers", (_plain_answers(cache.answers(bucket)) for bucket in range(cache.buckets))),
        ("votes", (_plain_votes(cache.answers(bucket)) for bucket in range(cache.buckets))),
    ):
        path = folder / f"{name}.{file_format}"
        write(path, tables)
        written.append(path)
    return written


def prune(
    settings: Settings,
    *,
    keep_products: Path | None,
    drop_models: Sequence[str] = (),
    dry_run: bool = False,
) -> Pruned:
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
    with open_for_writing(settings.paths.cache) as cache:
        _check_models(cache, settings, drop_models)
        keep = None if keep_products is None else _ids(keep_products, settings, cache)
        removed = [
            _prune(cache, bucket, keep, drop_models, dry_run) for bucket in range(cache.buckets)
        ]
        batches = [batch for batch in cache.batches() if batch.model in drop_models]
        for batch in batches if not dry_run else ():
            cache.ledger.forget(batch.tag)
    products, answers = (
        sum(each.products for each in removed),
        sum(each.answers for each in removed),
    )
    return Pruned(products, answers, sum(batch.requests for batch in batches))


def _check_models(cache: WritableCache, settings: Settings, names: Sequence[str]) -> None:
    """A mistyped name would drop nothing, and leave the user in the belief that it did."""
    if not names:
        return
    known = {model.name for model in settings.models} | {batch.model for batch in cache.batches()}
    for bucket in range(cache.buckets):
        known.update(pc.unique(cache.answers(bucket, ["model"]).column("model")).to_pylist())
    for name in names:
        if name not in known:
            raise ConfigError(
                f"--drop-model: no model '{name}' in the cache or in the config",
                hint=did_you_mean(name, known) or f"Known: {', '.join(sorted(known))}.",
            )


def _ids(path: Path, settings: Settings, cache: WritableCache) -> pa.Array:
    with spool_products(path, settings, cache.folder, limit=None, extra=()) as spool:
        tables = [table.column("product_id") for _, table in spool.buckets(1)]
        return pa.chunked_array(tables, pa.string()).combine_chunks()


def _prune(
    cache: WritableCache,
    bucket: int,
    keep: pa.Array | None,
    drop_models: Sequence[str],
    dry_run: bool,
) -> Pruned:
    products, answers = cache.products(bucket), cache.answers(bucket)
    kept_products, kept_answers = products, answers
    if keep is not None:
        kept_products = products.filter(pc.is_in(products.column("product_id"), value_set=keep))
        kept_answers = answers.filter(pc.is_in(answers.column("product_id"), value_set=keep))
    if drop_models:
        dropped = pc.is_in(
            kept_answers.column("model"), value_set=pa.array(drop_models, pa.string())
        )
        kept_answers = kept_answers.filter(pc.invert(dropped))
    if not dry_run:
        cache.replace(bucket, kept_products, kept_answers)
    return Pruned(
        products.num_rows - kept_products.num_rows, answers.num_rows - kept_answers.num_rows
    )


def _plain_products(products: pa.Table) -> pa.Table:
    texts = [
        " | ".join(field["text"] for field in fields)
        for fields in products.column("fields").to_pylist()
    ]
    return products.select(["product_id", "category"]).append_column(
        "text", pa.array(texts, pa.string())
    )


def _plain_answers(answers: pa.Table) -> pa.Table:
    return _hex(answers.drop_columns("votes"))


def _plain_votes(answers: pa.Table) -> pa.Table:
    lists = answers.column("votes").combine_chunks()
    votes = pc.list_flatten(lists)
    about = answers.select(["answered_ns", "product_id", "model", "source"]).take(
        pc.list_parent_indices(lists)
    )
    for name in ("attribute", "state", "value", "spelling", "probability"):
        about = about.append_column(name, votes.field(name))
    return about


def _hex(table: pa.Table) -> pa.Table:
    """Digests as text."""
    for index, field in enumerate(table.schema):
        if pa.types.is_fixed_size_binary(field.type):
            text = [
                None if value is None else value.hex() for value in table.column(index).to_pylist()
            ]
            table = table.set_column(index, field.name, pa.array(text, pa.string()))
    return table

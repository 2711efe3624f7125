"""All that a cache holds, read from the first byte to the last (`attrx cache verify`)."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ...configs.errors import CacheError
from .bucket_files import BucketFile, look_into
from .digests import id_hash
from .file_seals import FileSeal, seal_of
from .gold_draws import draw_paths
from .journal import Journal
from .journal_rescue import find_journal_damage
from .manifest import Manifest, manifest_path
from .manifest_loading import load_manifest
from .parquet_files import open_parquet

MOST_READINGS = 3
"""Of a file that another process may be replacing meanwhile."""


@dataclass(frozen=True)
class FileCheck:
    """What was found out about one file.

    Attributes:
        part: What it belongs to: products, answers, gold, journal or manifest.
        path: The file.
        rows: Rows that it holds; 0 where it cannot be read.
        size_bytes: Its size.
        problem: What is wrong with it; empty where nothing is.
    """

    part: str
    path: Path
    rows: int = 0
    size_bytes: int = 0
    problem: str = ""


def verify_folder(folder: Path) -> Iterator[FileCheck]:
    """Read every file of a cache, and compare it with what the manifest knows of it.

    Yields:
        One entry per file.

    Raises:
        CacheError: A newer attrx wrote the cache.
    """
    loaded = load_manifest(folder)
    yield FileCheck("manifest", manifest_path(folder), 1, problem=loaded.problem)
    for name in sorted(loaded.manifest.files):
        yield check_file_of_bucket(folder, name, loaded.manifest)
    known_names = {*loaded.manifest.files, *loaded.manifest.retired}
    for file in sorted(look_into(folder, known_names).files):
        if file.name not in known_names:
            yield FileCheck(file.kind, folder / file.name, problem="the manifest does not name it")
    for path in draw_paths(folder):
        yield _check_pages("gold", path)
    yield from _check_journal(folder / "journal.sqlite")


def check_file_of_bucket(folder: Path, name: str, manifest: Manifest) -> FileCheck:
    """Read a file of a bucket, again where another process has replaced it meanwhile."""
    file = BucketFile.of_name(name)
    if file is None:
        raise ValueError(name)
    for _ in range(MOST_READINGS):
        check = _check_once(folder, file, manifest)
        if not check.problem:
            return check
        manifest_now = load_manifest(folder).manifest
        if manifest_now == manifest or name not in manifest_now.files:
            break
        manifest = manifest_now
    return check


def _check_once(folder: Path, file: BucketFile, manifest: Manifest) -> FileCheck:
    path = folder / file.name
    if not path.is_file():
        problem = "" if manifest.may_be_absent(file.name) else "missing"
        return FileCheck(file.kind, path, problem=problem)
    check = _check_pages(file.kind, path)
    if check.problem:
        return check
    problem = _seal_problem(path, check.rows, manifest.seals(file.name))
    problem = problem or _row_problem(path, file)
    return FileCheck(file.kind, path, check.rows, check.size_bytes, problem)


def _check_pages(part: str, path: Path) -> FileCheck:
    """Read all pages of a file, with their checksums."""
    rows = 0
    size_bytes = path.stat().st_size
    try:
        with open_parquet(path) as file:
            for batch in _row_groups(file):
                rows += batch.num_rows
    except (CacheError, FileNotFoundError) as error:
        problem = error.message if isinstance(error, CacheError) else "missing"
        return FileCheck(part, path, 0, size_bytes, problem.removeprefix(f"{path}: "))
    return FileCheck(part, path, rows, size_bytes)


def _row_groups(file: pq.ParquetFile, columns: list[str] | None = None) -> Iterator[pa.Table]:
    for number in range(file.metadata.num_row_groups):
        yield file.read_row_group(number, columns=columns)


def _seal_problem(path: Path, rows: int, seals: tuple[FileSeal, ...]) -> str:
    if not seals or seal_of(path, rows) in seals:
        return ""
    return "damaged: it is not the file that the manifest knows"


def _row_problem(path: Path, file: BucketFile) -> str:
    """Whether a row lies in the wrong bucket, or two answers have one time."""
    columns = ["product_id"] if file.kind == "products" else ["product_id", "answered_ns"]
    times = []
    with open_parquet(path) as parquet:
        for rows in _row_groups(parquet, columns):
            if _has_strangers(rows, file):
                return "damaged: it holds products of another bucket"
            if file.kind == "answers":
                times.append(rows.column("answered_ns").to_numpy())
    if times and len(np.unique(np.concatenate(times))) < sum(map(len, times)):
        return "damaged: it holds an answer twice"
    return ""


def _has_strangers(rows: pa.Table, file: BucketFile) -> bool:
    """Whether a product of another bucket is among the rows."""
    mask = file.buckets - 1
    ids = pc.unique(rows.column("product_id"))
    buckets = {id_hash(product_id) & mask for product_id in ids.to_pylist()}
    return bool(buckets - {file.bucket})


def _check_journal(path: Path) -> Iterator[FileCheck]:
    size_bytes = path.stat().st_size if path.exists() else 0
    rows = 0
    try:
        problem = find_journal_damage(path, "ro")
        if not problem and path.exists():
            with contextlib.closing(Journal(path, readonly=True)) as journal:
                rows = sum(journal.read(bucket).num_rows for bucket in journal.buckets())
    except (CacheError, ValueError, pa.ArrowException) as error:
        problem = str(error)
    if problem or path.exists():
        yield FileCheck("journal", path, rows, size_bytes, problem and f"damaged: {problem}")

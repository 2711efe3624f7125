"""A damaged cache made whole of what can be read of it (`attrx cache repair`).

The damaged file is kept aside first, and then replaced by one with the rows that were rescued: a
process that dies in between leaves a cache that can be repaired again.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ...configs.wording import quantity
from ..storage.atomic_write import replacing
from ..storage.disk_errors import disk_error
from .aside import place_aside
from .bucket_files import BucketFile
from .file_seals import seal_of
from .manifest import Manifest, write_manifest
from .parquet_files import write_pages
from .rescue import Rescue, rescue_rows
from .verification import check_file_of_bucket


@dataclass(frozen=True)
class RepairedFile:
    """What became of a damaged file.

    Attributes:
        kind: products or answers.
        name: Its path from the cache folder on.
        problem: What was wrong with it.
        rescued_rows: Rows that are in the cache again.
        lost_rows: Rows that are not; None where nobody knows how many there were.
        blanked_rows: Rescued rows that lack a part, such as the raw text.
        kept_in: Where the damaged file lies now; None where it is gone.
    """

    kind: str
    name: str
    problem: str
    rescued_rows: int
    lost_rows: int | None
    blanked_rows: int
    kept_in: Path | None

    def describe(self) -> str:
        """What became of it, in words."""
        noun = "product" if self.kind == "products" else "answer"
        parts = [f"{quantity(self.rescued_rows, noun)} rescued"]
        if self.lost_rows is None:
            parts.append("nobody knows how many lost")
        else:
            parts.append(f"{self.lost_rows:,} lost")
        if self.blanked_rows:
            parts.append(f"{self.blanked_rows:,} of them without a part, such as the raw text")
        text = f"{self.name} ({self.problem}): {', '.join(parts)}"
        return text if self.kept_in is None else f"{text}; the damaged file lies in {self.kept_in}"


def repair_files(folder: Path, manifest: Manifest) -> Iterator[tuple[RepairedFile, Manifest]]:
    """Read all files that the manifest names, and replace those that are damaged.

    Args:
        folder: The cache folder, locked.
        manifest: Its manifest; nothing is pending in it.

    Yields:
        What became of each damaged file, and the manifest since.

    Raises:
        CacheError: The disk is full or not writable.
    """
    for name in sorted(manifest.files):
        check = check_file_of_bucket(folder, name, manifest)
        if check.problem:
            repaired_file, manifest = _repair(folder, name, check.problem, manifest)
            yield repaired_file, manifest


def _repair(
    folder: Path, name: str, problem: str, manifest: Manifest
) -> tuple[RepairedFile, Manifest]:
    file = BucketFile.of_name(name)
    if file is None:
        raise ValueError(name)
    path = folder / name
    rescue = rescue_rows(path, file.kind)
    seal = manifest.files[name]
    rows = rescue.rows if seal is None else seal.rows
    kept_in = _keep_copy(folder, path)
    with replacing(path, like_folder=True) as temporary:
        write_pages(temporary, rescue.table, file.metadata())
        new_manifest = manifest.with_file(name, seal_of(temporary, rescue.table.num_rows))
        write_manifest(folder, new_manifest)
    repaired_file = RepairedFile(
        kind=file.kind,
        name=name,
        problem=problem,
        rescued_rows=rescue.table.num_rows,
        lost_rows=_lost_rows(rescue, rows),
        blanked_rows=rescue.blanked_rows,
        kept_in=kept_in,
    )
    return repaired_file, new_manifest


def _lost_rows(rescue: Rescue, rows: int | None) -> int | None:
    return None if rows is None else max(rows - rescue.table.num_rows, 0)


def _keep_copy(folder: Path, path: Path) -> Path | None:
    """Give a damaged file a second name among what is set aside; None where it is gone."""
    if not path.is_file():
        return None
    place = place_aside(folder, path)
    try:
        _link(path, place)
    except OSError as error:
        raise disk_error(place, error) from error
    return place


def _link(path: Path, place: Path) -> None:
    try:
        os.link(path, place)
    except OSError:  # a file system without links
        shutil.copyfile(path, place)

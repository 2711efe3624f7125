"""The files of a cache's buckets: their names, what each says of itself, and which ones lie there.

A file of a bucket names its kind, its bucket and the number of buckets, in its name and again in
its Parquet metadata. What lies beside them and does not do that is not attrx's, and is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from .schema import ANSWERS, LAYOUT_VERSION, PRODUCTS

SCHEMAS = {"products": PRODUCTS, "answers": ANSWERS}
"""Kind -> schema; the files of a kind lie in the folder of its name."""
KINDS = tuple(SCHEMAS)
VOTES = "votes"
"""The folder of what is made from these files, and is in no manifest."""
MOST_BUCKETS = 1 << 16
"""More than any catalog needs: what says otherwise is damaged."""
_NAME = re.compile(r"(\d{5,})-of-(\d{5,})\.parquet")


@dataclass(frozen=True, slots=True, order=True)
class BucketFile:
    """One file of one bucket.

    Attributes:
        kind: products or answers.
        bucket: Number of the bucket.
        buckets: Number of all buckets, a power of two.
    """

    kind: str
    bucket: int
    buckets: int

    @property
    def name(self) -> str:
        """The path from the cache folder on, as the manifest has it."""
        return f"{self.kind}/{self.bucket:05d}-of-{self.buckets:05d}.parquet"

    def metadata(self) -> dict[str, str]:
        """What the file says of itself in its Parquet metadata."""
        return {
            "attrx.layout": str(LAYOUT_VERSION),
            "attrx.kind": self.kind,
            "attrx.bucket": str(self.bucket),
            "attrx.buckets": str(self.buckets),
        }

    @classmethod
    def of_name(cls, name: str) -> BucketFile | None:
        """The file with this path from the cache folder on; None where no such file exists."""
        kind, _, base = name.partition("/")
        match = _NAME.fullmatch(base)
        if kind not in SCHEMAS or match is None:
            return None
        bucket, buckets = int(match[1]), int(match[2])
        file = cls(kind, bucket, buckets)
        is_real = is_bucket_count(buckets) and bucket < buckets and file.name == name
        return file if is_real else None


def is_bucket_count(number: object) -> bool:
    """Whether a cache can have so many buckets: a power of two, up to `MOST_BUCKETS`."""
    if type(number) is not int or not 1 <= number <= MOST_BUCKETS:
        return False
    return number & (number - 1) == 0


def files_of(buckets: int) -> Iterator[BucketFile]:
    """All files of a cache with so many buckets."""
    for kind in KINDS:
        for bucket in range(buckets):
            yield BucketFile(kind, bucket, buckets)


@dataclass(frozen=True)
class FolderContents:
    """What lies in the folders of the buckets.

    Attributes:
        files: Files of buckets, of whatever number of buckets, damaged ones included.
        strange: Paths of what attrx has not written.
    """

    files: frozenset[BucketFile]
    strange: tuple[Path, ...]

    def bucket_counts(self) -> set[int]:
        """The numbers of buckets that there are files of."""
        return {file.buckets for file in self.files}

    def missing(self, buckets: int) -> list[BucketFile]:
        """What a cache with so many buckets lacks.

        A catalog that fits one bucket may have no answers yet; growing makes all files.
        """
        return [file for file in files_of(buckets) if file not in self.files]


def look_into(folder: Path, known_names: Collection[str] = ()) -> FolderContents:
    """Tell attrx's files from others, in a cache folder that need not exist.

    Args:
        folder: The cache folder.
        known_names: Files that are attrx's, and need no look.
    """
    files: list[BucketFile] = []
    strange: list[Path] = []
    for path in _entries(folder / kind for kind in KINDS):
        file = BucketFile.of_name(f"{path.parent.name}/{path.name}")
        if file is not None and (file.name in known_names or is_own(path, file)):
            files.append(file)
        elif not is_scratch(path):
            strange.append(path)
    return FolderContents(frozenset(files), tuple(strange))


def _entries(folders: Iterable[Path]) -> Iterator[Path]:
    for folder in folders:
        if folder.is_dir():
            yield from sorted(folder.iterdir())


def is_scratch(path: Path) -> bool:
    """Whether a file was left half written by a process that died."""
    return bool(_NAME.match(path.name)) and path.name.endswith(".tmp")


def is_own(path: Path, file: BucketFile) -> bool:
    """Whether attrx wrote a file that has the name of one of its own.

    One that cannot be read counts as attrx's: it may be damaged. One that can be, and says that it
    is another, or has other columns, is not.
    """
    if path.is_symlink() or not path.is_file():
        return False
    try:
        metadata = pq.read_metadata(path)
        columns = set(metadata.schema.to_arrow_schema().names)
    except (OSError, pa.ArrowException):
        return True
    marks = metadata.metadata or {}
    for key, value in file.metadata().items():
        mark = marks.get(key.encode())
        if key != "attrx.layout" and mark is not None and mark != value.encode():
            return False
    return columns.issuperset(_required_columns(file.kind))


def _required_columns(kind: str) -> list[str]:
    return [field.name for field in SCHEMAS[kind] if not field.nullable]


def layout_of(path: Path) -> int:
    """The layout version that a file names; 1 where it names none, or cannot be read."""
    try:
        marks = pq.read_metadata(path).metadata or {}
        return int(marks.get(b"attrx.layout", b"1"))
    except (OSError, ValueError, pa.ArrowException):
        return 1

"""Seals: by which a file of the cache is known to be the one that attrx wrote."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

DIGEST_BYTES = 16
_TAIL_BYTES = 8
"""At the end of a Parquet file: the length of its footer in 4 bytes, and PAR1."""


@dataclass(frozen=True, slots=True)
class FileSeal:
    """What a file is known by.

    The pages of a Parquet file have checksums of their own, and its footer has none. So the footer
    has a digest here, which is looked at before each reading, and the whole file another, which
    `attrx cache verify` looks at.

    Attributes:
        rows: Number of rows.
        size_bytes: Size.
        footer: Digest of the footer, in hex.
        digest: Digest of the whole file, in hex.
    """

    rows: int
    size_bytes: int
    footer: str
    digest: str

    def to_json(self) -> dict[str, Any]:
        """The fields as the manifest has them."""
        return {
            "rows": self.rows,
            "bytes": self.size_bytes,
            "footer": self.footer,
            "digest": self.digest,
        }

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> FileSeal:
        """The seal that the manifest has.

        Raises:
            KeyError: A field is missing.
            ValueError: A field is none.
        """
        rows, size_bytes = int(fields["rows"]), int(fields["bytes"])
        return cls(rows, size_bytes, str(fields["footer"]), str(fields["digest"]))


def seal_of(path: Path, rows: int) -> FileSeal:
    """The seal of a Parquet file as it stands on the disk."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, _blake2b).hexdigest()
    with pa.OSFile(str(path)) as source:
        return FileSeal(rows, source.size(), footer_digest(source), digest)


def footer_digest(source: pa.NativeFile) -> str:
    """The digest of the footer of an open Parquet file; empty where it has none."""
    size = source.size()
    tail = source.read_at(_TAIL_BYTES, max(size - _TAIL_BYTES, 0))
    footer_bytes = int.from_bytes(tail[:4], "little") + _TAIL_BYTES
    if footer_bytes > size or not tail.endswith(b"PAR1"):
        return ""
    footer = source.read_at(footer_bytes, size - footer_bytes)
    return _blake2b(footer).hexdigest()


def _blake2b(data: bytes = b"") -> hashlib.blake2b:
    return hashlib.blake2b(data, digest_size=DIGEST_BYTES)

"""Which files belong to which run: `run.json` holds a digest of each, and readers compare."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

DIGEST_BYTES = 16
SHEETS = frozenset({"review.csv", "review.xlsx"})
"""Files that people fill in: they are theirs to change."""
_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class FileDigest:
    """What tells a file from another.

    Attributes:
        bytes: Its size.
        blake2b: BLAKE2b of its bytes, 16 bytes, as hexadecimal digits.
    """

    bytes: int
    blake2b: str


def digest_of(path: Path) -> FileDigest:
    """The digest of a file."""
    digest = hashlib.blake2b(digest_size=DIGEST_BYTES)
    size = 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
            size += len(chunk)
    return FileDigest(size, digest.hexdigest())


def digests_of(folder: Path, names: Iterable[str]) -> dict[str, FileDigest]:
    """The digests of those files of a run that are there already, sheets left out."""
    digests = {}
    for name in names:
        path = folder / name
        if name not in SHEETS and path.exists():
            digests[name] = digest_of(path)
    return digests


def is_of_run(path: Path, run: Mapping[str, Any]) -> bool:
    """Whether a file is the one that a run wrote; true where its `run.json` does not tell.

    Args:
        path: The file.
        run: The content of `run.json`.
    """
    digests = run.get("digests")
    expected = digests.get(path.name) if isinstance(digests, dict) else None
    if not isinstance(expected, dict):
        return True
    if path.stat().st_size != expected.get("bytes"):
        return False
    return digest_of(path).blake2b == expected.get("blake2b")


def was_changed(path: Path) -> bool:
    """Whether somebody changed an output since the run wrote it of which `run.json` tells."""
    try:
        run = orjson.loads((path.parent / "run.json").read_bytes())
        return isinstance(run, dict) and not is_of_run(path, run)
    except (OSError, ValueError):
        return False

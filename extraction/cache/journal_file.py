"""The file of the journal: how it is opened, and what its errors mean."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from ...configs.errors import CacheDamaged, CacheError
from ..storage.disk_errors import sqlite_hint
from ..storage.sqlite_reading import reading_mode

DAMAGE_CODES = frozenset([sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT])
"""Of errors that say that a file is not what SQLite wrote."""


def connect(path: Path, mode: str = "rw") -> sqlite3.Connection:
    """Open an SQLite file that is there; a text that is damaged is read as what it is.

    Args:
        path: The file.
        mode: Of SQLite's URIs: rw or ro.
    """
    uri_mode = reading_mode(path) if mode == "ro" else mode
    uri = f"file:{_uri_path(path)}?mode={uri_mode}"
    db = sqlite3.connect(uri, uri=True, check_same_thread=False, timeout=30)
    db.text_factory = _as_text
    return db


def _as_text(content: bytes) -> str:
    return content.decode("utf-8", "surrogateescape")


def _uri_path(path: Path) -> str:
    """The path as SQLite's URIs have it."""
    return str(path.absolute()).replace("%", "%25").replace("?", "%3f").replace("#", "%23")


def journal_error(path: Path, error: sqlite3.Error) -> CacheError:
    """An error of SQLite as one of attrx."""
    code = getattr(error, "sqlite_errorcode", None) or 0
    if code & 0xFF in DAMAGE_CODES:
        return CacheDamaged(f"{path}: {error}")
    return CacheError(f"{path}: {error}", hint=sqlite_hint(code))

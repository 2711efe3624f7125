"""Where the real LLM answers lie that some tests read; they are not part of the repository."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


def data_dir() -> Path:
    """The data folder: `$ATTRX_DATA`, or one beside the checkout; the test is skipped without."""
    beside = Path(__file__).resolve().parents[3] / "shared" / "data"
    folder = Path(os.environ.get("ATTRX_DATA") or beside)
    if not folder.is_dir():
        pytest.skip(f"no real answers in {folder}; set ATTRX_DATA to their folder")
    return folder

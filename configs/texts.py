"""How two texts of a config are compared."""

from __future__ import annotations

import unicodedata


def comparable(text: str) -> str:
    """The form in which two spellings of one value are equal: NFKC, casefolded, single spaces, trimmed."""
    return " ".join(unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold()).split())

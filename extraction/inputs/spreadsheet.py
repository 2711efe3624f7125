"""Texts that a spreadsheet would run: how CSV files carry them, and how they are read back."""

from __future__ import annotations

import re
from typing import Final

# Blanks and signs that nobody sees; spreadsheets skip some of them before they look for a formula.
_SKIPPED: Final = (
    r"\x00-\x20\x7f-\xa0\xad" + "\u061c\u1680\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff"
)
# The full-width signs run where Excel is Chinese, Japanese or Korean.
FORMULA: Final = f"^'*([{_SKIPPED}]*[=+\\-@＝＋－＠]|[\\t\\r\\n])"
"""For Python's `re` and for Arrow, whose expressions know less.

A text that has an apostrophe before a formula gets another one, so that each comes back as it was.
"""
NUMBER: Final = rf"^[{_SKIPPED}]*[+\-]?(\d+([.,]\d+)*|[.,]\d+)([eE][+\-]?\d+)?$"
"""Likewise."""


def spreadsheet_safe(text: str) -> str:
    """The text as it is written to CSV: with an apostrophe before what would run as a formula."""
    if not text or text[0].isalnum():
        return text  # as most texts are
    is_formula = re.match(FORMULA, text) and not re.fullmatch(NUMBER, text)
    return f"'{text}" if is_formula else text


def from_spreadsheet(text: str) -> str:
    """Undo `spreadsheet_safe`."""
    if text.startswith("'") and spreadsheet_safe(text[1:]) == text:
        return text[1:]
    return text

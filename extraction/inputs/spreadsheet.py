"""Texts that a spreadsheet would run: how CSV files carry them, and how they are read back."""

from __future__ import annotations

import re

FORMULA = r"^[=+\-@\t\r]"
NUMBER = r"^[+\-]?(\d+([.,]\d+)*|[.,]\d+)([eE][+\-]?\d+)?$"


def spreadsheet_safe(text: str) -> str:
    """The text as it is written to CSV: with an apostrophe before what would run as a formula."""
    is_formula = re.match(FORMULA, text) and not re.match(NUMBER, text)
    return f"'{text}" if is_formula else text


def from_spreadsheet(text: str) -> str:
    """Undo `spreadsheet_safe`."""
    if text.startswith("'") and spreadsheet_safe(text[1:]) == text:
        return text[1:]
    return text

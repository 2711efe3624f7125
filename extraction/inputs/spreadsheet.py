"""Texts that a spreadsheet would run: how CSV files carry them, and how they are read back."""

from __future__ import annotations

import re

FORMULA = r"^[=+\-@\t\r]"
NUMBER = r"^[+\-]?(\d+([.,]\d+)*|[.,]\d+)([eE][+\-]?\d+)?$"


def spreadsheet_safe(text: str) -> str:
    """The text as it is written to CSV."""
    return f"'{text}" if re.match(FORMULA, text) and not re.match(NUMBER, text) else text


def from_spreadsheet(text: str) -> str:
    """Undo `spreadsheet_safe`."""
    return text[1:] if text.startswith("'") and spreadsheet_safe(text[1:]) == text else text

"""Numbers as people read them, and text of others made fit to be shown."""

from __future__ import annotations

import re

from ...configs.characters import CONTROLS, HIDDEN_CHARACTERS, LONE_SURROGATES

_UNSEEN = re.compile(f"[{CONTROLS}{HIDDEN_CHARACTERS}{LONE_SURROGATES}]")
# Controls of ASCII have pictures of their own.
_CONTROL_PICTURES = {code: chr(0x2400 + code) for code in range(0x20)} | {
    ord(sign): " " for sign in "\t\n\r"
}


def visible(text: str) -> str:
    """The text with a sign for each character that is not seen, or acts on what is around it."""
    return _UNSEEN.sub("�", text.translate(_CONTROL_PICTURES))


def shorten(text: str, longest: int) -> str:
    """The text, cut where it grows long."""
    if len(text) <= longest:
        return text
    return f"{text[: longest - 1].rstrip()}…"


def fraction(value: float | None, decimals: int = 3) -> str:
    """A fraction; a dash where there is none."""
    return "–" if value is None else f"{value:.{decimals}f}"


def percent(value: float | None) -> str:
    """87 %; a dash where there is none."""
    return "–" if value is None else f"{value:.0%}".replace("%", " %")

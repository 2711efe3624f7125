"""Numbers as people read them, and text of others made fit to be shown."""

from __future__ import annotations

import re

from ...configs.characters import CONTROLS, HIDDEN_CHARACTERS, LONE_SURROGATES

_UNKNOWN = "unknown"
_UNSEEN = re.compile(f"[{CONTROLS}{HIDDEN_CHARACTERS}{LONE_SURROGATES}]")
# Controls of ASCII have pictures of their own.
_CONTROL_PICTURES = {code: chr(0x2400 + code) for code in range(0x20)} | {
    ord(sign): " " for sign in "\t\n\r"
}


def visible(text: str) -> str:
    """The text with a visible sign in place of each character that is not seen, or that acts on what is around it."""
    return _UNSEEN.sub("�", text.translate(_CONTROL_PICTURES))


def shortened(text: str, longest: int) -> str:
    """The text, cut where it grows long."""
    return text if len(text) <= longest else f"{text[: longest - 1].rstrip()}…"


def count(number: int) -> str:
    """12,345."""
    return f"{number:,}"


def counted(number: int, noun: str) -> str:
    """`1 row`, `1,200 rows`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def fraction(value: float | None, decimals: int = 3) -> str:
    """A fraction; a dash where there is none."""
    return "–" if value is None else f"{value:.{decimals}f}"


def percent(value: float | None) -> str:
    """87 %; a dash where there is none."""
    return "–" if value is None else f"{value:.0%}".replace("%", " %")


def cost(usd: float | None) -> str:
    """A cost in USD; an unknown one is never shown as 0."""
    if usd is None:
        return _UNKNOWN
    return f"${usd:,.2f}" if usd >= 0.10 or usd == 0 else f"${usd:,.4f}"

"""Text of others (products, models, vendors) made safe to print, and numbers as people read them."""

from __future__ import annotations

import re

from ..configs.characters import CONTROLS, HIDDEN_CHARACTERS

# Escape sequences first, as a whole; then every other character that would act or not be seen.
_ESCAPES = re.compile(
    r"\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)?|[@-_])|\x9b[0-?]*[ -/]*[@-~]"
)
_REMOVED = re.compile(rf"(?![\t\n])[{CONTROLS}{HIDDEN_CHARACTERS}]")
_UNKNOWN = "unknown"


def printable(text: str) -> str:
    """The text without anything that a terminal would act on; line breaks and tabs become spaces."""
    return " ".join(printable_lines(text).split("\n")).replace("\t", " ")


def printable_lines(text: str) -> str:
    """Like `printable`, with its line breaks kept: for messages of several lines."""
    plain = _REMOVED.sub("", _ESCAPES.sub("", text.replace("\r\n", "\n").replace("\r", "\n")))
    return plain.encode("utf-8", "replace").decode("utf-8")


def count(number: int) -> str:
    """12,345."""
    return f"{number:,}"


def counted(number: int, noun: str) -> str:
    """`1 row`, `1,200 rows`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def fraction(value: float | None) -> str:
    """A share or rate with three decimals; blank where there is none."""
    return "" if value is None else f"{value:.3f}"


def cost(usd: float | None) -> str:
    """A cost in USD; an unknown one is never printed as 0."""
    if usd is None:
        return _UNKNOWN
    return f"${usd:,.2f}" if usd >= 0.10 or usd == 0 else f"${usd:,.4f}"


def size(count_of_bytes: int) -> str:
    """Bytes in KiB, MiB or GiB."""
    value = float(count_of_bytes)
    for unit in ("bytes", "KiB", "MiB"):
        if value < 1024:
            return f"{value:,.0f} {unit}" if unit == "bytes" else f"{value:,.1f} {unit}"
        value /= 1024
    return f"{value:,.1f} GiB"


def duration(seconds: float | None) -> str:
    """How long something takes, to two places: `2 h 05 min`; blank where that is not known."""
    if seconds is None:
        return ""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02} min"

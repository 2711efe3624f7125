"""Text of others (products, models, vendors) made safe to print; numbers as people read them."""

from __future__ import annotations

import re

from ..configs.characters import CONTROLS, HIDDEN_CHARACTERS

# Escape sequences first, as a whole; then every other character that would act or not be seen.
_ESCAPES = re.compile(
    r"\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)?|[@-_])|\x9b[0-?]*[ -/]*[@-~]"
)
_UNPRINTABLE = re.compile(rf"(?![\t\n])[{CONTROLS}{HIDDEN_CHARACTERS}]")


def printable(text: str) -> str:
    """The text without what a terminal would act on; line breaks and tabs become spaces."""
    return " ".join(printable_lines(text).split("\n")).replace("\t", " ")


def printable_lines(text: str) -> str:
    """Like `printable`, with its line breaks kept: for messages of several lines."""
    one_line_break = text.replace("\r\n", "\n").replace("\r", "\n")
    without_escapes = _ESCAPES.sub("", one_line_break)
    plain = _UNPRINTABLE.sub("", without_escapes)
    return plain.encode("utf-8", "replace").decode("utf-8")


def fraction(value: float | None) -> str:
    """A share or rate with three decimals; blank where there is none."""
    return "" if value is None else f"{value:.3f}"


def size(n_bytes: int) -> str:
    """Bytes in KiB, MiB or GiB."""
    if n_bytes < 1024:
        return f"{n_bytes:,} bytes"
    kib = n_bytes / 1024
    mib = kib / 1024
    if mib < 1:
        return f"{kib:,.1f} KiB"
    if mib < 1024:
        return f"{mib:,.1f} MiB"
    return f"{mib / 1024:,.1f} GiB"


def duration(seconds: float | None) -> str:
    """How long something takes, to two places: `2 h 05 min`; blank where that is not known."""
    if seconds is None:
        return ""
    minutes, seconds_over = divmod(round(seconds), 60)
    hours, minutes_over = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes_over:02} min"
    if minutes:
        return f"{minutes} min {seconds_over:02} s"
    return f"{seconds_over} s"

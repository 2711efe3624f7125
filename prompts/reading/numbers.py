"""Numbers with units, as people and models write them.

`1,234.5 g`, `1.234,5`, `2 lbs`, `1/2 inch`, `1 1/2"`, `16-Ounce` and `250 grams (8.8 oz)` can be
read; a range, a product (`2 x 100 g`) or two numbers cannot, since no single number is meant.
"""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass
from typing import Final

_VULGAR: Final = re.compile(r"(?<=\d)(?=[¼½¾⅐-⅞])")
_SUPERSCRIPT: Final = re.compile(r"\d[⁰¹²³⁴-⁹]")
_SIGNS: Final = str.maketrans(
    {"⁄": "/", "−": "-", "’": "'", "′": "'", "″": '"', "“": '"', "”": '"'}
)
_ABOUT: Final = re.compile(
    r"(?:approximately|approx\.?|about|around|circa|ca\.?|[~≈])\s*", re.IGNORECASE
)
_REMARK: Final = re.compile(r"\s*\([^()]*\)\s*$")
_NUMBER: Final = re.compile(
    r"(?P<sign>[-+]?)\s?"
    r"(?:(?P<whole>\d{1,9})(?:\s|-)(?P<over>\d{1,9})/(?P<under>\d{1,9})"
    r"|(?P<top>\d{1,9})\s?/\s?(?P<bottom>\d{1,9})"
    r"|(?P<decimal>(?:\d{1,3}(?:[ ']\d{3})+(?!\d)|\d[\d.,]*|[.,]\d+)(?:[.,]\d+)?)(?P<exponent>e[-+]?\d{1,3})?)",
    re.IGNORECASE,
)
_THOUSANDS: Final = {
    ",": re.compile(r"[1-9]\d{0,2}(?:,\d{3})+"),
    ".": re.compile(r"[1-9]\d{0,2}(?:\.\d{3}){2,}"),
}
_UNIT: Final = re.compile(r"""(?:[^\W\d_]|[ .%°'"/µ]|(?<=\w)[23])*""")
_LONGEST: Final = 80


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number and the unit written behind it.

    Attributes:
        number: Finite.
        unit: As written, trimmed; empty where there was none.
    """

    number: float
    unit: str


def read_quantity(text: str) -> Quantity | None:
    """Read one number and its unit; None where the text is anything else."""
    if len(text) > _LONGEST or _SUPERSCRIPT.search(text):
        return None
    # NFKC makes `1½` into `11/2`, hence the space.
    text = unicodedata.normalize("NFKC", _VULGAR.sub(" ", text)).translate(_SIGNS).strip()
    text = _ABOUT.sub("", text, count=1) if _ABOUT.match(text) else text
    found = _NUMBER.match(text)
    number = _value(found) if found else None
    if found is None or number is None or not math.isfinite(number):
        return None
    unit = _REMARK.sub("", text[found.end() :]).strip()
    unit = unit[1:].lstrip() if unit[:1] == "-" and unit[1:2].isalpha() else unit
    return Quantity(number, unit.rstrip(".,;")) if _UNIT.fullmatch(unit) else None


def twelve_digits(number: float) -> str:
    """The number as text with 12 significant digits: equal numbers are equal texts."""
    return f"{number + 0.0:.12g}".replace("-0", "0") if number == 0 else f"{number:.12g}"


def _value(found: re.Match[str]) -> float | None:
    sign = -1.0 if found["sign"] == "-" else 1.0
    if found["under"] is not None:
        under = int(found["under"])
        return sign * (int(found["whole"]) + int(found["over"]) / under) if under else None
    if found["bottom"] is not None:
        bottom = int(found["bottom"])
        return sign * int(found["top"]) / bottom if bottom else None
    plain = _decimal(re.sub("[ ']", "", found["decimal"]))
    return None if plain is None else sign * float(plain + (found["exponent"] or ""))


def _decimal(text: str) -> str | None:
    """Decide which of `.` and `,` groups thousands: the last one that occurs does not, if both occur.

    A single comma before exactly three digits groups them, as in English and in JSON no number has
    one; a single point never does.
    """
    text = text.rstrip(".,")
    point = (
        max(text, key=lambda sign: text.rfind(sign) if sign in ".," else -1)
        if set(text) & {".", ","}
        else ""
    )
    other = {".": ",", ",": "."}.get(point, "")
    if other and other in text:
        whole, _, rest = text.rpartition(point)
        grouped = re.fullmatch(rf"\d{{1,3}}(?:{re.escape(other)}\d{{3}})+", whole)
        return f"{whole.replace(other, '')}.{rest}" if grouped else None
    if point and _THOUSANDS[point].fullmatch(text):
        return text.replace(point, "")
    return text.replace(",", ".") if text.count(point or ".") <= 1 else None

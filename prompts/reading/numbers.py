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
    r"|(?P<decimal>(?:\d{1,3}(?:[ ']\d{3})+(?!\d)|\d[\d.,]*|[.,]\d+)(?:[.,]\d+)?)"
    r"(?P<exponent>e[-+]?\d{1,3})?)",
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
    text = _without_about(text)
    match = _NUMBER.match(text)
    if match is None:
        return None
    number = _value(match)
    if number is None or not math.isfinite(number):
        return None
    unit = _read_unit(text[match.end() :])
    return None if unit is None else Quantity(number, unit)


def _without_about(text: str) -> str:
    """The text in plain digits and signs, without an `approximately` in front."""
    # NFKC makes `1½` into `11/2`, hence the space.
    spaced_text = _VULGAR.sub(" ", text)
    plain_text = unicodedata.normalize("NFKC", spaced_text).translate(_SIGNS).strip()
    about = _ABOUT.match(plain_text)
    return plain_text[about.end() :] if about else plain_text


def _read_unit(text: str) -> str | None:
    """The unit behind a number, empty where there is none; None where more than a unit follows."""
    unit = _REMARK.sub("", text).strip()
    # A hyphen as in `16-Ounce`, not a minus.
    behind_hyphen = unit.removeprefix("-")
    if behind_hyphen[:1].isalpha():
        unit = behind_hyphen
    return unit.rstrip(".,;") if _UNIT.fullmatch(unit) else None


def twelve_digits(number: float) -> str:
    """The number as text with 12 significant digits: equal numbers are equal texts."""
    if number == 0:
        return "0"
    return f"{number:.12g}"


def _value(match: re.Match[str]) -> float | None:
    """The number that `_NUMBER` matched; None where it is none after all."""
    sign = -1.0 if match["sign"] == "-" else 1.0
    if match["under"] is not None:
        return _fraction(sign, match["whole"], match["over"], match["under"])
    if match["bottom"] is not None:
        return _fraction(sign, "0", match["top"], match["bottom"])
    digits = re.sub("[ ']", "", match["decimal"])
    decimal = _decimal(digits)
    if decimal is None:
        return None
    exponent = match["exponent"] or ""
    return sign * float(decimal + exponent)


def _fraction(sign: float, whole: str, numerator: str, denominator: str) -> float | None:
    divisor = int(denominator)
    if divisor == 0:
        return None
    return sign * (int(whole) + int(numerator) / divisor)


def _decimal(text: str) -> str | None:
    """The number with a point for its decimals and nothing between its thousands.

    Of `.` and `,`, the last one that occurs does not group thousands, if both occur. A single comma
    before exactly three digits groups them, as in English and in JSON no number has one; a single
    point never does.
    """
    text = text.rstrip(".,")
    point_at = max(text.rfind("."), text.rfind(","))
    if point_at < 0:
        return text
    point = text[point_at]
    separator = "," if point == "." else "."
    if separator in text:
        whole, _, decimals = text.rpartition(point)
        thousands = rf"\d{{1,3}}(?:{re.escape(separator)}\d{{3}})+"
        if re.fullmatch(thousands, whole) is None:
            return None
        return f"{whole.replace(separator, '')}.{decimals}"
    if _THOUSANDS[point].fullmatch(text):
        return text.replace(point, "")
    if text.count(point) > 1:
        return None
    return text.replace(",", ".")

"""Numbers with units, as people and models write them.

`1,234.5 g`, `1.234,5`, `2 lbs`, `1/2 inch`, `1 1/2"`, `16-Ounce` and `250 grams (8.8 oz)` can be
read; a range, a product (`2 x 100 g`) or two numbers cannot, since no single number is meant.
Whether `1.250` and `1,250` are more than a thousand is for the language of the texts to say.
"""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from ...configs.languages import DecimalSign

_VULGAR: Final = re.compile(r"(?<=\d)(?=[¼½¾⅐-⅞])")
_SUPERSCRIPT: Final = re.compile(r"\d[⁰¹²³⁴-⁹]")
_SIGNS: Final = str.maketrans(
    {
        "⁄": "/", "−": "-", "’": "'", "‘": "'", "ʼ": "'", "´": "'", "`": "'", "′": "'",
        "″": '"', "“": '"', "”": '"', "٫": ".", "٬": "'",
    }
)  # fmt: skip
_ABOUT: Final = re.compile(
    r"(?:approximately|approx\.?|about|around|circa|ca\.?|[~≈]|etwa|rund|ungef[äa]hr|environ"
    r"|env\.?|aprox\.?|aproximadamente|unos|unas|ongeveer|około|ok\.|cerca de|yaklaşık|c\.ca"
    r"|約|约|大约|약)\s*",
    re.IGNORECASE,
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
_GROUPS: Final = {
    ",": re.compile(r"[1-9]\d{0,2}(?:,\d{3})+"),
    ".": re.compile(r"[1-9]\d{0,2}(?:\.\d{3})+"),
}
_SIGNS_OF_DECIMALS: Final = {"point": ".", "comma": ","}
_DIGIT: Final = re.compile(r"\d")
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


def read_quantity(text: str, decimal_sign: DecimalSign = "point") -> Quantity | None:
    """Read one number and its unit; None where the text is anything else.

    Args:
        text: The text.
        decimal_sign: What stands before decimals where the number itself does not tell.
    """
    if len(text) > _LONGEST or _SUPERSCRIPT.search(text):
        return None
    text = _without_about(text)
    match = _NUMBER.match(text)
    if match is None:
        return None
    number = _value(match, decimal_sign)
    if number is None or not math.isfinite(number):
        return None
    unit = _read_unit(text[match.end() :])
    return None if unit is None else Quantity(number, unit)


def _without_about(text: str) -> str:
    """The text in plain digits and signs, without an `approximately` in front."""
    # NFKC makes `1½` into `11/2`, hence the space.
    spaced_text = _VULGAR.sub(" ", text).translate(_SIGNS)
    plain_text = unicodedata.normalize("NFKC", spaced_text).translate(_SIGNS).strip()
    if not plain_text.isascii():
        plain_text = _DIGIT.sub(_ascii_digit, plain_text)
    about = _ABOUT.match(plain_text)
    return plain_text[about.end() :] if about else plain_text


def _ascii_digit(digit: re.Match[str]) -> str:
    return str(int(digit[0]))


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


def _value(match: re.Match[str], decimal_sign: DecimalSign) -> float | None:
    """The number that `_NUMBER` matched; None where it is none after all."""
    sign = -1.0 if match["sign"] == "-" else 1.0
    if match["under"] is not None:
        return _fraction(sign, match["whole"], match["over"], match["under"])
    if match["bottom"] is not None:
        return _fraction(sign, "0", match["top"], match["bottom"])
    digits = re.sub("[ ']", "", match["decimal"])
    exponent = match["exponent"] or ""
    # Only programs write exponents.
    decimal = _decimal(digits, "point" if exponent else decimal_sign)
    if decimal is None:
        return None
    return sign * float(decimal + exponent)


def _fraction(sign: float, whole: str, numerator: str, denominator: str) -> float | None:
    divisor = int(denominator)
    if divisor == 0:
        return None
    return sign * (int(whole) + int(numerator) / divisor)


def _decimal(text: str, decimal_sign: DecimalSign) -> str | None:
    """The number with a point for its decimals and nothing between its thousands.

    Of `.` and `,`, the last one that occurs does not group thousands, if both occur. One that
    occurs twice does. One that occurs once, before exactly three digits, is what the language
    makes it; elsewhere it stands before decimals.
    """
    text = text.rstrip(".,")
    sign = text[max(text.rfind("."), text.rfind(","))] if re.search("[.,]", text) else ""
    if not sign:
        return text
    other_sign = "," if sign == "." else "."
    if other_sign in text:
        whole, _, decimals = text.rpartition(sign)
        thousands = rf"\d{{1,3}}(?:{re.escape(other_sign)}\d{{3}})+"
        if re.fullmatch(thousands, whole) is None:
            return None
        return f"{whole.replace(other_sign, '')}.{decimals}"
    occurrences = text.count(sign)
    if _GROUPS[sign].fullmatch(text):
        if occurrences == 1 and decimal_sign == "unsure":
            return None
        if occurrences > 1 or _SIGNS_OF_DECIMALS[decimal_sign] != sign:
            return text.replace(sign, "")
    return None if occurrences > 1 else text.replace(",", ".")

"""How two spellings of one text are made equal."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_APOSTROPHES: Final = str.maketrans("‘’‛ʼ´", "'''''")
_EDGES: Final = " \t\"'`“”„«»*_.,;:!()[]{}<>"
_BULLET: Final = re.compile(r"^[-–•]\s+")
_SEPARATORS: Final = re.compile(r"[\W_]+")


def storable(text: str) -> str:
    """The text without lone surrogates, halves of a JSON escape that was cut in two: no UTF-8 file can hold them."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def normalised(text: str) -> str:
    """NFKC, single spaces, casefolded: the form in which open values are compared (DESIGN, section 7)."""
    if text.isascii():
        return " ".join(text.casefold().split())
    # Casefolding can undo the composition, so that it is done again (Unicode, section 3.13, D145).
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return " ".join(folded.split())


def matched(text: str) -> str:
    """The normalised text with all apostrophes alike: the form in which listed values are looked up."""
    return normalised(text).translate(_APOSTROPHES)


def bare(text: str) -> str:
    """A `matched` text without list bullet, quotes, brackets, Markdown emphasis and punctuation around it.

    Signs that tell values apart stay: `A+` and `A-` are not `A`, and a single `-` is not empty.
    """
    return _BULLET.sub("", text.strip(_EDGES)).strip(_EDGES)


def key(name: str) -> str:
    """An attribute's name as models vary it: `Age group`, `age_group`, `ageGroup` and `AGE-GROUP` are one key."""
    return _SEPARATORS.sub("", normalised(name))


def forms(text: str) -> tuple[str, str, str]:
    """The forms in which a text is looked up among listed values: as it is, `matched`, `bare`."""
    folded = matched(text)
    return text, folded, bare(folded)

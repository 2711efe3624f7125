"""The normal form of a text: in which spellings of one value, or of one name, are equal.

Votes are counted in it, so that every folder has to use the same one.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_APOSTROPHES: Final = str.maketrans("‘’‛ʼ´", "'''''")
_EDGES: Final = " \t\"'`“”„«»*_.,;:!()[]{}<>"
_BULLET: Final = re.compile(r"^[-–•]\s+")
_SEPARATORS: Final = re.compile(r"[\W_]+")


def normal_form(text: str) -> str:
    """NFKC, casefolded, single spaces: the form in which open values are compared.

    The contract: docs/design.md#votes.
    """
    if text.isascii():
        folded_text = text.casefold()
    else:
        composed_text = unicodedata.normalize("NFKC", text)
        # Casefolding can undo the composition, so that it is done again (Unicode 3.13, D145).
        folded_text = unicodedata.normalize("NFKC", composed_text.casefold())
    return " ".join(folded_text.split())


def lookup_form(text: str) -> str:
    """The normal form with all apostrophes alike: the form in which listed values are looked up."""
    return normal_form(text).translate(_APOSTROPHES)


def bare_form(folded_text: str) -> str:
    """A `lookup_form` without list bullet, quotes, brackets, emphasis and punctuation around it.

    Signs that tell values apart stay: `A+` and `A-` are not `A`, and a single `-` is not empty.
    """
    return _BULLET.sub("", folded_text.strip(_EDGES)).strip(_EDGES)


def lookup_forms(text: str) -> tuple[str, str, str]:
    """The forms in which a text is looked up, the most faithful first: as it is, folded, bare."""
    folded_text = lookup_form(text)
    return text, folded_text, bare_form(folded_text)


def name_key(name: str) -> str:
    """A name as models vary it: `Age group`, `age_group`, `ageGroup`, `AGE-GROUP` are one key."""
    return _SEPARATORS.sub("", normal_form(name))

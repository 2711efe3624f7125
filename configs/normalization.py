"""How two texts of a config are compared."""

from __future__ import annotations

import re
import unicodedata

_APOSTROPHES = str.maketrans("‘’‛ʼ´", "'''''")
_SEPARATORS = re.compile(r"[\W_]+")


def comparable(text: str) -> str:
    """The form in which two spellings of a value are equal: NFKC, casefold, single spaces, apostrophes alike."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return " ".join(folded.split()).translate(_APOSTROPHES)


def comparable_name(name: str) -> str:
    """The form in which two names of attributes are equal in an answer: `Age group` and `age_group` are one."""
    return _SEPARATORS.sub("", comparable(name)) or name

"""Which encoding a text file is in, where nobody says so.

Between the single-byte encodings of Latin scripts the bytes themselves decide nothing: Café in
cp1252 is valid cp1250 and cp1257 too. There the most common of them is taken, and what it makes of
the file is shown to the user. Polish in cp1250 tells itself: its letters would be signs in the
middle of words.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from dataclasses import dataclass

import charset_normalizer

LATIN, LATIN_WITHOUT_HOLES = "cp1252", "latin-1"
CENTRAL_EUROPE = "cp1250"
BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WIDE = ["utf_16", "utf_16_be", "utf_16_le", "utf_32", "utf_32_be", "utf_32_le"]
CHARACTERS_SHOWN = 20
"""On either side of the first character that is not ASCII."""
_WORD = re.compile(r"[^\W\d_]{2,}")
_SIGN_IN_WORD = re.compile(r"[^\W\d_][¹³¿][^\W\d_]|\b£[^\W\d_]{2}|[^\W\d_]{2}[¿Ÿ]\b")
"""ą, ł, ż, Ł and ź of cp1250, as cp1252 has them."""
_AROUND = re.compile(
    rf"[^\r\n]{{0,{CHARACTERS_SHOWN}}}?[^\x00-\x7f][^\r\n]{{0,{CHARACTERS_SHOWN}}}"
)


@dataclass(frozen=True)
class Encoding:
    """The encoding of a file.

    Attributes:
        name: As Python knows it.
        sample: Where it was guessed, a piece of the text that shows whether the guess is right.
    """

    name: str
    sample: str | None = None


def detect_encoding(start: bytes) -> Encoding:
    """What a byte order mark says; else UTF-8 if it is that; else a guess.

    Args:
        start: The first bytes of a file; they may end within a character.
    """
    for bom, name in BOMS:
        if start.startswith(bom):
            return Encoding(name)
    if _decodes(start, "utf-8"):
        return Encoding("utf-8")
    name = _guess(start)
    return Encoding(name, _sample(start.decode(name, "replace")))


def _guess(start: bytes) -> str:
    """What charset_normalizer guesses where another script proves it, else Western Europe's."""
    # A table in UTF-16 or UTF-32 has separators, and with them NULs.
    exclusion = None if b"\x00" in start else _WIDE
    matches = charset_normalizer.from_bytes(
        start, preemptive_behaviour=False, cp_exclusion=exclusion
    )
    best = matches.best()
    if best is not None and _is_of_another_script(start.decode(best.encoding, "replace")):
        return best.encoding
    if not _decodes(start, LATIN):
        return LATIN_WITHOUT_HOLES
    is_polish = _SIGN_IN_WORD.search(start.decode(LATIN, "ignore")) is not None
    return CENTRAL_EUROPE if is_polish else LATIN


def _is_of_another_script(text: str) -> bool:
    """Whether the words that are not ASCII are mostly of letters that are not Latin.

    Cyrillic or Chinese words are that from end to end. In a wrong guess single letters of them
    stand inside Latin words, such as crиme for crème.
    """
    latin_letters = 0
    other_letters = 0
    for word in set(_WORD.findall(text)):
        if word.isascii():
            continue
        latin_letters_of_word = sum(map(_is_latin, word))
        latin_letters += latin_letters_of_word
        other_letters += len(word) - latin_letters_of_word
    return other_letters > latin_letters


def _is_latin(letter: str) -> bool:
    if letter.isascii():
        return True
    return unicodedata.name(letter, "").startswith(("LATIN", "FEMININE", "MASCULINE"))


def _decodes(start: bytes, name: str) -> bool:
    try:
        codecs.getincrementaldecoder(name)().decode(start)
    except UnicodeDecodeError:
        return False
    return True


def _sample(text: str) -> str | None:
    """What its line says around the first character that is not ASCII."""
    match = _AROUND.search(text)
    return match and match.group().strip()

"""The normal form of a text: in which spellings of one value, or of one name, are equal.

Votes are counted in it, so that every folder has to use the same one.
"""

from __future__ import annotations

import html
import re
import unicodedata
from typing import Final

from .characters import INVISIBLE

_APOSTROPHES: Final = str.maketrans("‘’‛ʼ´", "'''''")
_EDGES: Final = " \t\"'`“”„«»*_.,;:!()[]{}<>"
_BULLET: Final = re.compile(r"^[-–•]\s+")
_SEPARATORS: Final = re.compile(r"[\W_]+")
_MOST_FOLDINGS: Final = 8


_INVISIBLE: Final = re.compile(rf"[{INVISIBLE}\u00ad]")
_APOSTROPHE_SIGNS: Final = "‘’‚‛ʹʻʼˈ´`′＇"
_QUOTE_SIGNS: Final = "“”„‟«»″‶〃＂"
_DASH_SIGNS: Final = "‐‑‒–—―⁃−﹘﹣－"
_FOLDED_SIGNS: Final = str.maketrans(
    dict.fromkeys(_APOSTROPHE_SIGNS, "'")
    | dict.fromkeys(_QUOTE_SIGNS, '"')
    | dict.fromkeys(_DASH_SIGNS, "-")
)
# Before NFKC, which makes `tm` of the sign, so that `Nike™` would be `niketm`.
_LEGAL_SIGN: Final = re.compile(
    r"<su[bp]>|</su[bp]>"
    r"|[®©™℠℗ⓇⓡⒸⓒ🄫🄬🅪🅫🅬]\ufe0f?|ᵀᴹ|ˢᴹ"
    r"|[(\[](?:r|tm|c|sm|reg\.?)[)\]]"
    r"|\^(?:tm|r)\b",
    re.IGNORECASE,
)
_GLUED_TRADEMARK: Final = re.compile(r"(?<=[a-zß-öø-ÿ])TM\b")
_HYPHEN_BETWEEN_SPACES: Final = re.compile(r"(?<=\S) +- +(?=\S)")
_HYPHEN_AT_LETTER: Final = re.compile(r"(?<=[^\W\d_])-(?=\w)|(?<=\w)-(?=[^\W\d_])")
_ZEROS_BEHIND_POINT: Final = re.compile(r"(?<![\w.,])(\d+)[.,]0{1,2}(?![\w.,]*\d)")
_DECIMAL: Final = re.compile(r"([-+]?)(\d*)[.,](\d+)")
_PLAIN_WORDS: Final = re.compile(r"[A-Za-z]+(?: [A-Za-z]+)*")
_BULLET_AT_WORD: Final = re.compile(r"^- +(?=[^\W\d_])")
_PUNCTUATION: Final = ".,;:!?。、，．！？；：…*_¡¿·•"
_OUTER_SIGNS: Final = f"{_PUNCTUATION} "
# Behind a digit, a quote is the sign of inches, feet or minutes.
_QUOTE_BEHIND_WORD: Final = re.compile(r"(?<!\d)\s*['\"]$")
_BRACKETS: Final = {
    "(": ")", "[": "]", "{": "}", "<": ">", '"': '"', "'": "'",
    "「": "」", "『": "』", "【": "】", "《": "》", "〈": "〉", "〔": "〕",
}  # fmt: skip


def normal_form(text: str) -> str:
    """NFKC, casefolded, single spaces."""
    if text.isascii():
        folded_text = text.casefold()
    else:
        composed_text = unicodedata.normalize("NFKC", text)
        # Casefolding can undo the composition, so that it is done again (Unicode 3.13, D145).
        folded_text = unicodedata.normalize("NFKC", composed_text.casefold())
    return " ".join(folded_text.split())


def value_form(text: str) -> str:
    """The form in which open values are compared: the contract is docs/design.md#votes.

    Spellings that no shop would list as two values are one: `Levi’s.` and `Levi's`, `LEGO®` and
    `LEGO`, `Coca‑Cola` and `Coca Cola`, `10.0` and `10`. Where nothing would be left, it is the
    `normal_form`.
    """
    if _PLAIN_WORDS.fullmatch(text) and "TM" not in text:
        return text.casefold()
    folded_text = normal_form(text)
    return _fold_all(text) or _fold_all(folded_text) or folded_text


def _fold_all(text: str) -> str:
    """Fold until nothing changes; what one round uncovers is for the next."""
    form = text
    for _ in range(_MOST_FOLDINGS):
        folded_form = _fold_value(form)
        if folded_form == form:
            break
        form = folded_form
    return form


def _fold_value(text: str) -> str:
    """One round of `value_form`."""
    if "&" in text:
        text = html.unescape(text)
    if not text.isascii():
        text = _INVISIBLE.sub("", text)
    text = _LEGAL_SIGN.sub("", text.translate(_FOLDED_SIGNS))
    form = normal_form(_GLUED_TRADEMARK.sub("", text)).translate(_FOLDED_SIGNS)
    form = _HYPHEN_BETWEEN_SPACES.sub("-", form)
    form = _HYPHEN_AT_LETTER.sub(" ", form)
    form = _ZEROS_BEHIND_POINT.sub(r"\1", _without_marks_around(form))
    return _plain_decimal(form)


def _without_marks_around(form: str) -> str:
    """Without punctuation at the ends, and without brackets or quotes around the whole."""
    form = form.rstrip(_OUTER_SIGNS)
    content = form.lstrip(_OUTER_SIGNS)
    content = _BULLET_AT_WORD.sub("", content)
    # A point before digits is no punctuation.
    starts_with_digit = content[:1].isdigit()
    if starts_with_digit and form.endswith(f".{content}"):
        content = f".{content}"
    content = _without_brackets(content)
    return _QUOTE_BEHIND_WORD.sub("", content)


def _without_brackets(text: str) -> str:
    opening = text[:1]
    closing = _BRACKETS.get(opening)
    if closing is None or len(text) < 2:
        return text
    is_around_whole = text.find(closing, 1) == len(text) - 1
    if not is_around_whole:
        return text
    content = text[1:-1]
    return content.strip()


def _plain_decimal(form: str) -> str:
    """A form that is one decimal number without zeros that say nothing: `7,50` is `7.5`."""
    match = _DECIMAL.fullmatch(form)
    # Before three digits, the sign may be one of thousands.
    if match is None or (len(match[3]) == 3 and match[2].lstrip("0")):
        return form
    decimals = match[3].rstrip("0")
    whole = match[1] + (match[2] or "0")
    return f"{whole}.{decimals}" if decimals else whole


def lookup_form(text: str) -> str:
    """The normal form with all apostrophes alike: the form in which listed values are looked up."""
    return normal_form(text).translate(_APOSTROPHES)


def bare_form(folded_text: str) -> str:
    """A `lookup_form` without list bullet, quotes, brackets, emphasis and punctuation around it.

    Signs that tell values apart stay: `A+` and `A-` are not `A`, and a single `-` is not empty.
    """
    return _BULLET.sub("", folded_text.strip(_EDGES)).strip(_EDGES)


def lookup_forms(text: str) -> tuple[str, str, str, str]:
    """The forms in which a text is looked up, the most faithful first.

    As it is, folded, bare, and as open values are compared.
    """
    folded_text = lookup_form(text)
    return text, folded_text, bare_form(folded_text), value_form(text)


def name_key(name: str) -> str:
    """A name as models vary it: `Age group`, `age_group`, `ageGroup`, `AGE-GROUP` are one key."""
    return _SEPARATORS.sub("", normal_form(name))

r"""Characters that a reader does not see, or that act on the text around them.

Texts of products, models and vendors come from strangers, and a character that nobody sees can hide
an instruction, a link or a second value. Each constant is the inside of a regular expression's
brackets, so that whoever shows or sends a text can put together what it does not let through:
prompts remove it, terminals as well, and pages put a sign in its place.

Joiners (U+200C, U+200D) and the variation selectors U+FE00 to U+FE0F are in none of them: Persian,
Indic scripts and emoji are misspelt without.
"""

from __future__ import annotations

from typing import Final

CONTROLS: Final = r"\x00-\x1f\x7f-\x9f"
"""C0, DEL and C1, tab and line breaks among them (Unicode's general category Cc)."""

DIRECTION_MARKS: Final = r"\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
"""Marks that turn the reading direction (Unicode's property Bidi_Control)."""

LINE_SEPARATORS: Final = r"\u2028\u2029"
"""Breaks of lines and paragraphs that editors and parsers do not agree on."""

INVISIBLE: Final = (
    r"\u200b\u2060-\u2065\u206a-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff\U000e0000-\U000e0fff"
)
"""Signs without width or glyph, and the tag letters, in which whole instructions can be hidden."""

LONE_SURROGATES: Final = r"\ud800-\udfff"
"""Halves of pairs, which no UTF-8 file can hold."""

HIDDEN_CHARACTERS: Final = f"{DIRECTION_MARKS}{LINE_SEPARATORS}{INVISIBLE}"
"""All that is not seen and is no control character."""


def replace_lone_surrogates(text: str) -> str:
    """Make a text fit for a UTF-8 file: pairs of surrogates are joined, lone ones become U+FFFD.

    Models cut JSON escapes in two, and half a pair is what is left.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text

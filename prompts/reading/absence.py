"""How models say that a product's text does not tell: n/a in its many spellings.

A phrase counts only when it is the whole answer. So `NA-KD`, `None Such` and `Unknown Mortal
Orchestra` stay values.
"""

from __future__ import annotations

import re
from typing import Final

from .absence_phrases import EASTERN_ASIAN, LISTED_ONLY, PHRASES, WORDS

# What a text is not: `not specified`, `none found`.
_PARTICIPLES: Final = (
    r"(?:available|specified|mentioned|provided|stated|given|found|known|listed|disclosed|indicated"
    r"|applicable|shown|determined|determinable|clear|defined|reported|identified|identifiable"
    r"|visible)"
)
_SPEECH_PARTICIPLES: Final = r"(?:mentioned|specified|stated|provided|given|listed|indicated)"
_SPEECH_VERBS: Final = r"(?:mention|specify|state|provide|indicate|list|say|tell|give)"
_THOUGHT_VERBS: Final = (
    r"(?:determine|infer|identify|find|tell|say|extract|deduce|determined|inferred|identified"
    r"|found)"
)
_INFORMATION: Final = r"(?:information|info|data|details?|mention|value|answer)"
_PLACE: Final = r"(?: (?:in|by|from|on|within|here|anywhere)\b.{0,120})?"
_REST: Final = r"\b.{0,120}"
_NO: Final = r"(?:there (?:is|are) )?no"
_PHRASES: Final = (
    rf"not (?:\w+ly |been )?{_PARTICIPLES}(?: or {_PARTICIPLES})?{_PLACE}",
    rf"none {_PARTICIPLES}{_PLACE}",
    rf"(?:\w+ ){{0,3}}(?:is|are|was|were) (?:not {_PARTICIPLES}|unknown|unspecified){_PLACE}",
    rf"{_NO} (?:\w+ )?{_INFORMATION}"
    rf"(?: (?:is |was )?{_PARTICIPLES}{_PLACE}| (?:of|on|about){_REST})?",
    rf"{_NO} (?:\w+ ){{1,3}}(?:is |was )?{_SPEECH_PARTICIPLES}{_PLACE}",
    rf"(?:\w+ ){{1,4}}(?:does|do|did)(?: not|n't) (?:\w+ly )?{_SPEECH_VERBS}{_REST}",
    r"(?:i )?(?:cannot|can not|can't|could not|couldn't|unable to)(?: be)? (?:\w+ly )?"
    rf"{_THOUGHT_VERBS}{_REST}",
    rf"(?:insufficient|not enough) {_INFORMATION}{_REST}",
)
_CERTAIN: Final = rf"(?:n ?[/\\] ?a|n\.a|{'|'.join(_PHRASES)})"
_WORD: Final = r"(?:na|none|null|unknown|unspecified|undefined|-+|–|—|\?+)"
_REMARK: Final = r"(?:(?: ?[:;,(（、，]| [-–—]|\. |。).{0,200})?"

_WHOLE_ANSWER: Final = re.compile(
    rf"(?:(?:{_CERTAIN}|{WORDS}|{PHRASES}|{EASTERN_ASIAN}){_REMARK}"
    rf"|{_WORD}(?: ?\((?:{_CERTAIN}|{PHRASES})\)?)?|)",
    re.DOTALL,
)
_WHOLE_ANSWER_FROM_LIST: Final = re.compile(
    r"nan|nil|empty|blank|missing|absent|tbd|unclear|indeterminate|undetermined"
    rf"|none of (?:the above|these|them|the options|the values)|{LISTED_ONLY}"
)
_IN_SENTENCE: Final = re.compile(
    rf"(?<!\w)(?:{_CERTAIN}|unknown|unspecified|{PHRASES})(?!\w)|(?:{EASTERN_ASIAN})$"
)
_LONGEST: Final = 300
_TURKISH_I: Final = "i\u0307"
"""What casefolding makes of the Turkish capital with a dot."""


def is_absent(text: str, *, listed: bool) -> bool:
    """Whether a `bare_form` says n/a.

    Args:
        text: As `bare_form` leaves it; the empty text says n/a.
        listed: Whether the attribute allows only listed values or numbers. Then words that could be
            somebody's brand (`Nil`, `Blank`) say n/a as well.
    """
    if len(text) > _LONGEST:
        return False
    text = text.replace(_TURKISH_I, "i")
    if _WHOLE_ANSWER.fullmatch(text) is not None:
        return True
    return listed and _WHOLE_ANSWER_FROM_LIST.fullmatch(text) is not None


def mentions_absence(sentence: str) -> bool:
    """Whether a sentence, as `lookup_form` leaves it, says that the text does not tell."""
    return _IN_SENTENCE.search(sentence) is not None

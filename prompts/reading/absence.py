"""How models say that a product's text does not tell: n/a in its many spellings.

A phrase counts only when it is the whole answer. So `NA-KD`, `None Such` and `Unknown Mortal
Orchestra` stay values.
"""

from __future__ import annotations

import re
from typing import Final

_LOOKED: Final = (
    r"(?:available|specified|mentioned|provided|stated|given|found|known|listed|disclosed|indicated|applicable|shown|"
    r"determined|determinable|clear|defined|reported|identified|identifiable|visible)"
)
_TOLD: Final = r"(?:mentioned|specified|stated|provided|given|listed|indicated)"
_TELL: Final = r"(?:mention|specify|state|provide|indicate|list|say|tell|give)"
_DETERMINE: Final = r"(?:determine|infer|identify|find|tell|say|extract|deduce|determined|inferred|identified|found)"
_INFORMATION: Final = r"(?:information|info|data|details?|mention|value|answer)"
_WHERE: Final = r"(?: (?:in|by|from|on|within|here|anywhere)\b.{0,120})?"
_REST: Final = r"\b.{0,120}"
_PHRASES: Final = (
    rf"not (?:\w+ly |been )?{_LOOKED}(?: or {_LOOKED})?{_WHERE}",
    rf"none {_LOOKED}{_WHERE}",
    rf"(?:\w+ ){{0,3}}(?:is|are|was|were) (?:not {_LOOKED}|unknown|unspecified){_WHERE}",
    rf"(?:there (?:is|are) )?no (?:\w+ )?{_INFORMATION}(?: (?:is |was )?{_LOOKED}{_WHERE}| (?:of|on|about){_REST})?",
    rf"(?:there (?:is|are) )?no (?:\w+ ){{1,3}}(?:is |was )?{_TOLD}{_WHERE}",
    rf"(?:\w+ ){{1,4}}(?:does|do|did)(?: not|n't) (?:\w+ly )?{_TELL}{_REST}",
    rf"(?:i )?(?:cannot|can not|can't|could not|couldn't|unable to)(?: be)? (?:\w+ly )?{_DETERMINE}{_REST}",
    rf"(?:insufficient|not enough) {_INFORMATION}{_REST}",
)
_CERTAIN: Final = rf"(?:n ?[/\\] ?a|n\.a|{'|'.join(_PHRASES)})"
_WORD: Final = r"(?:na|none|null|unknown|unspecified|undefined|-+|–|—|\?+)"
_REMARK: Final = r"(?:(?: ?[:;,(]| [-–—]|\. ).{0,200})?"

_ANY: Final = re.compile(rf"(?:{_CERTAIN}{_REMARK}|{_WORD}(?: ?\({_CERTAIN}\)?)?|)", re.DOTALL)
_WHERE_LISTED: Final = re.compile(
    r"nan|nil|empty|blank|missing|absent|tbd|unclear|indeterminate|undetermined"
    r"|none of (?:the above|these|them|the options|the values)"
)
_SAID: Final = re.compile(rf"(?<!\w)(?:{_CERTAIN}|unknown|unspecified)(?!\w)")
_LONGEST: Final = 300


def is_absent(text: str, *, listed: bool) -> bool:
    """Whether a `bare_form` says n/a.

    Args:
        text: As `bare_form` leaves it; the empty text says n/a.
        listed: Whether the attribute allows only listed values or numbers. Then words that could be
            somebody's brand (`Nil`, `Blank`) say n/a as well.
    """
    if len(text) > _LONGEST:
        return False
    return _ANY.fullmatch(text) is not None or (
        listed and _WHERE_LISTED.fullmatch(text) is not None
    )


def mentions_absence(sentence: str) -> bool:
    """Whether a `lookup_form` says somewhere that the text does not tell."""
    return _SAID.search(sentence) is not None

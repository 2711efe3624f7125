"""Marks with which chat models tell whose turn it is, found also where they are disguised.

A tokenizer makes one token of a mark such as `<|im_end|>`, and a text that holds it ends its own
turn. The families here are those of the chat templates that models are published with. A mark is
found in the *plain form* of a text: without characters that nobody sees, and with full-width and
mathematical letters as the common ones. Joiners, selectors and soft hyphens so stay where a
language needs them, and hide nothing.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import chain
from typing import Final

UNSEEN: Final = (
    r"\xad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200c\u200d\u3164\ufe00-\ufe0f\uffa0"
    r"\ufff0-\ufff8"
    r"\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
)
"""The inside of a regular expression's brackets: characters that are not seen and may be needed.

Default_Ignorable_Code_Point of Unicode 16, without what `remove_hidden` takes out anyway.
"""

LOOKALIKES: Final = {
    "<": "‹",
    "＜": "‹",
    "﹤": "‹",
    ">": "›",
    "＞": "›",
    "﹥": "›",
    "[": "［",
    "]": "］",
    "#": "＃",
}
"""The first sign of a mark -> what stands in its place; others are no mark to any tokenizer."""

# Each alternative is what follows the first sign; case counts only where `(?-i:` says so.
_AFTER_ANGLE: Final = "|".join(
    (
        r"\s*(?:/\s*)?product",  # the fence itself
        r"\|",  # ChatML, Llama 3, Phi, Command, Granite, GLM, Kimi, gpt-oss; full-width in DeepSeek
        r"/?[\w▁./-]{1,40}\|>",  # Gemma 4
        r"/?[a-z]+(?:_[a-z0-9]+)+>",  # Gemma 3, StarCoder, Baichuan, InternLM, Nemotron, tool calls
        r"/?(?:seed|minimax|antml|mask|tool|dsml):\w+",  # Seed, MiniMax, Claude, ERNIE
        r"</?SYS>>",  # Llama 2
        r"/?think",
        r"/?(?:s|bos|eos|pad|unk|mask|cls|sep|sop|eop|eod|eot|eom|eoh|eoa|bom|unused\d+)>",
        r"/?(?:image|img|video|audio)>",  # where a processor puts pictures
        r"/?(?:thought|answer|response|reasoning|reflection|scratchpad|observation)>",
        r"/?(?:role|system|user|human|assistant|bot|tools?|functions?|instructions?)>",
        r"(?:function|parameter)=|invoke\s+name=",
    )
)
_AFTER_BRACKET: Final = "|".join(
    (
        r"/?\s*(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS)\s*\]",  # Mistral
        r"(?-i:/?[A-Z]+(?:_[A-Z0-9]+)+\])",
        r"(?-i:/?(?:THINK|ARGS|IMG|PREFIX|MIDDLE|SUFFIX|AUDIO|TRANSCRIBE|SYS)\])",
        r"(?-i:(?:gMASK|sMASK|BOS|EOS|EOT)\])",  # GLM, EXAONE
        r"\s*\|\s*/?\w+\s*\|\s*\]",  # EXAONE
        r"unused\d+\]",  # Pangu
        r"round\s+\d+\]\s*(?:user|assistant|system)",  # LongCat
        r"e~\[",  # MiniMax
    )
)
_AFTER_OTHERS: Final = "|".join(
    (
        r"\](?=~!?b[\[\]])",  # MiniMax
        # Falcon
        r">(?=>(?-i:TITLE|ABSTRACT|INTRODUCTION|SUMMARY|COMMENT|ANSWER|QUESTION|DOMAIN)<<)",
        r"\#(?=\#\#\s*(?:instruction|input|response|human|user|assistant|system)s?\s*:)",  # Alpaca
    )
)
_MARK: Final = re.compile(
    f"<(?={_AFTER_ANGLE})|\\[(?={_AFTER_BRACKET})|{_AFTER_OTHERS}", re.IGNORECASE
)
_ASCII_OPENERS: Final = ("<", "[", ">>", "]~", "##")  # each ASCII mark has one of them
# A first sign, and after it as much as can be a mark: ASCII, and what has a plain form.
_CANDIDATE: Final = re.compile(
    f"[{re.escape(''.join(LOOKALIKES))}]"
    rf"(?=([\x00-\x7f▁{UNSEEN}\u2000-\u214f\ufe00-\uffff\U0001d400-\U0001d7ff]{{2,160}}))"
)


# Where unseen signs are, letters as formulas have them, and small and full-width forms.
_WITH_PLAIN_FORM: Final = (
    range(0xA0, 0x100),
    range(0x34F, 0x350),
    range(0x115F, 0x1161),
    range(0x17B4, 0x1810),
    range(0x2000, 0x2150),
    range(0x3164, 0x3165),
    range(0xFE00, 0x10000),
    range(0x1BCA0, 0x1BCA4),
    range(0x1D173, 0x1D17B),
    range(0x1D400, 0x1D800),
)


def _plain_signs() -> dict[int, str | None]:
    """Each sign that is not its own plain form -> that form; None where nobody sees it."""
    unseen = re.compile(f"[{UNSEEN}]")
    signs: dict[int, str | None] = {}
    for code in chain.from_iterable(_WITH_PLAIN_FORM):
        sign = chr(code)
        plain = unicodedata.normalize("NFKC", sign)
        if unseen.match(sign):
            signs[code] = None
        elif plain != sign and plain.isascii() and len(plain) == 1:
            signs[code] = plain
    return signs


_PLAIN_SIGNS: Final = _plain_signs()


def replace_marks(text: str) -> str:
    """The text with the first sign of each mark replaced by one that looks like it."""
    if not text.isascii():
        return _CANDIDATE.sub(_judge, text)
    if any(opener in text for opener in _ASCII_OPENERS):
        return _MARK.sub(lambda mark: LOOKALIKES[mark[0]], text)
    return text


def _judge(candidate: re.Match[str]) -> str:
    """What stands for a first sign: itself, unless a mark begins with it."""
    sign, rest = candidate[0], candidate[1]
    plain = (sign + rest).translate(_PLAIN_SIGNS)
    return LOOKALIKES[sign] if _MARK.match(plain) else sign

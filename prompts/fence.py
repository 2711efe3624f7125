"""The product's text as data that cannot pass for anything else.

Texts of a catalog come from strangers. They enter a prompt as JSON between `<product>` and `</product>`: quotes and
line breaks are escaped, so that no text ends its field, and whatever could end the fence or a turn of the conversation
(the tags themselves, the control marks of chat models such as `<|im_end|>` or `[/INST]`) has its first sign written as
a JSON escape, which no tokenizer takes for the mark. Invisible and control characters are removed. Nothing else is
changed, and nothing is cut off.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Final

FENCE_VERSION: Final = 1
"""Goes up when the same product would enter the prompt differently."""

OPEN: Final = "<product>"
CLOSE: Final = "</product>"

# Controls but tab and line feed; marks that turn the direction of text; lone surrogates and noncharacters, which no
# UTF-8 body can carry; and the invisible tag letters, in which whole instructions can be hidden.
_INVISIBLE: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e0fff]"
)
_MARK: Final = re.compile(
    r"[<＜](?=\s*/?\s*product|\||｜|/?s>|</?SYS>>|/?(?:start|end)_of_turn|/?think|eos>|bos>|/s>)"
    r"|\[(?=/?\s*(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS)\s*\])",
    re.IGNORECASE,
)
_ESCAPED: Final = {"<": "\\u003c", "＜": "\\uff1c", "[": "\\u005b"}


def visible(text: str) -> str:
    """The text without control and invisible characters; carriage returns become line feeds."""
    # Most texts are clean, and this tells it several times faster than the pattern.
    if text.replace("\n", " ").isprintable():
        return text
    return _INVISIBLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def fenced(fields: Iterable[tuple[str, str]]) -> str:
    """A product's fields between the marks.

    Args:
        fields: (column name, text) pairs in the order of the prompt.
    """
    data = json.dumps({visible(name): visible(text) for name, text in fields}, ensure_ascii=False)
    if any(sign in data for sign in _ESCAPED):
        data = _MARK.sub(lambda mark: _ESCAPED[mark[0]], data)
    return f"{OPEN}\n{data}\n{CLOSE}"

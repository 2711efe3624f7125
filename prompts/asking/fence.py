"""The product's text as data that cannot pass for anything else.

Texts of a catalog come from strangers. They enter a prompt as they are, one field after the other,
between `<product>` and `</product>`. Only what could end the fence or a turn of the conversation
(the tags themselves, the control marks of chat models such as `<|im_end|>` or `[/INST]`) has its
first sign replaced by one that looks like it, which no tokenizer takes for the mark. Invisible and
control characters are removed. Nothing else is changed, and nothing is cut off: models copy what
they read, so a text that was escaped would come back escaped.

The fence may learn new marks without asking old products again: `identifying_text` is a text as
the first fence showed it, as long as today's shows the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from ...configs.characters import CONTROLS, HIDDEN_CHARACTERS, LONE_SURROGATES
from .chat_marks import UNSEEN, replace_marks

FENCE_VERSION: Final = 1
"""The first fence, which is part of every attribute's digest.

It stays: what later ones show differently tells in `identifying_text`, product by product.
"""

OPEN: Final = "<product>"
CLOSE: Final = "</product>"

# All that hides or turns text, but tab and line feed. Of the characters that a language or an emoji
# needs there are two in a row (a selector and a joiner); three and more only carry what is hidden.
_HIDDEN_CHARACTER: Final = re.compile(
    rf"(?![\t\n])[{CONTROLS}{HIDDEN_CHARACTERS}{LONE_SURROGATES}]|[{UNSEEN}]{{3,}}"
)
# Those of the latter that Python counts as printable.
_PRINTABLE: Final = "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0" + "".join(
    map(chr, range(0xFE00, 0xFE10))
)
_MARK_OF_FIRST_FENCE: Final = re.compile(
    r"[<＜](?=\s*(?:/\s*)?product|\||｜|/?s>|</?SYS>>|/?(?:start|end)_of_turn|/?think|eos>|bos>|/s>)"
    r"|\[(?=/?\s*(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS)\s*\])",
    re.IGNORECASE,
)
_LOOKALIKE: Final = {"<": "‹", "＜": "‹", "[": "［"}


_OPENER: Final = re.compile(r"[<\[>\]#]")


def remove_hidden(text: str) -> str:
    """The text without control and invisible characters; carriage returns become line feeds."""
    # Most texts are clean, and this tells it several times faster than the pattern.
    is_printable = text.replace("\n", " ").isprintable()
    if is_printable and (text.isascii() or not any(sign in text for sign in _PRINTABLE)):
        return text
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return _HIDDEN_CHARACTER.sub("", lines)


def fence(fields: Iterable[tuple[str, str]]) -> str:
    """A product's fields between the marks.

    Args:
        fields: (column name, text) pairs in the order of the prompt.
    """
    lines = []
    for name, text in fields:
        lines.append(f"{remove_hidden(name)}: {remove_hidden(text)}")
    data = _without_marks("\n".join(lines))
    return f"{OPEN}\n{data}\n{CLOSE}"


def identifying_text(text: str) -> str:
    """What two texts have in common that are shown alike, and by which the cache knows a text.

    It is the text without hidden characters. Only where the first fence would let a mark pass is it
    the text as it is shown now: its product, and no other, is asked again.
    """
    if text.isascii() and text.isprintable() and _OPENER.search(text) is None:
        return text  # as most texts are, and most names of columns
    visible_text = remove_hidden(text)
    shown_first = _first_fence(visible_text)
    shown_now = replace_marks(shown_first)
    return visible_text if shown_now == shown_first else shown_now


def _without_marks(data: str) -> str:
    return replace_marks(_first_fence(data))


def _first_fence(data: str) -> str:
    if not any(sign in data for sign in _LOOKALIKE):
        return data
    return _MARK_OF_FIRST_FENCE.sub(_lookalike, data)


def _lookalike(mark: re.Match[str]) -> str:
    return _LOOKALIKE[mark[0]]

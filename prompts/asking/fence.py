"""The product's text as data that cannot pass for anything else.

Texts of a catalog come from strangers. They enter a prompt as they are, one field after the other,
between `<product>` and `</product>`. Only what could end the fence or a turn of the conversation
(the tags themselves, the control marks of chat models such as `<|im_end|>` or `[/INST]`) has its
first sign replaced by one that looks like it, which no tokenizer takes for the mark. Invisible and
control characters are removed. Nothing else is changed, and nothing is cut off: models copy what
they read, so a text that was escaped would come back escaped.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from ...configs.characters import CONTROLS, HIDDEN_CHARACTERS, LONE_SURROGATES

FENCE_VERSION: Final = 1
"""Goes up when the same product would enter the prompt differently."""

OPEN: Final = "<product>"
CLOSE: Final = "</product>"

# All that hides or turns text, but tab and line feed. U+061C came into the table of characters
# later: to remove it as well needs a new version of the fence, which asks every product again.
_HIDDEN_CHARACTER: Final = re.compile(
    rf"(?![\t\n\u061c])[{CONTROLS}{HIDDEN_CHARACTERS}{LONE_SURROGATES}]"
)
_MARK: Final = re.compile(
    r"[<＜](?=\s*/?\s*product|\||｜|/?s>|</?SYS>>|/?(?:start|end)_of_turn|/?think|eos>|bos>|/s>)"
    r"|\[(?=/?\s*(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS)\s*\])",
    re.IGNORECASE,
)
_LOOKALIKE: Final = {"<": "‹", "＜": "‹", "[": "［"}


def remove_hidden(text: str) -> str:
    """The text without control and invisible characters; carriage returns become line feeds."""
    # Most texts are clean, and this tells it several times faster than the pattern.
    if text.replace("\n", " ").isprintable():
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
    data = "\n".join(lines)
    if any(sign in data for sign in _LOOKALIKE):
        data = _MARK.sub(_lookalike, data)
    return f"{OPEN}\n{data}\n{CLOSE}"


def _lookalike(mark: re.Match[str]) -> str:
    return _LOOKALIKE[mark[0]]

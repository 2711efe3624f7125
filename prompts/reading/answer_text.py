"""The answer proper: the text without the model's thoughts, tags, and turns that it made up."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final

from ...configs.characters import replace_lone_surrogates

_LONGEST: Final = 100_000
_THOUGHT_END: Final = re.compile(
    r"</(?:think|thinking|thought|reasoning|reflection|scratchpad)>|\[/THINK\]"
    r"|<\|channel\|>\s*final\s*<\|message\|>",
    re.IGNORECASE,
)
_THOUGHT_START: Final = re.compile(
    r"<(?:think|thinking|thought|reasoning|reflection|scratchpad)>|\[THINK\]", re.IGNORECASE
)
_ANSWER_TAG: Final = re.compile(r"<(/?)(?:answer|output|result)>", re.IGNORECASE)
_CHAT_MARK: Final = re.compile(
    r"<\|[\w ]{1,40}\|>|</?s>|<(?:end|start)_of_turn>|^[ \t]*```\w*[ \t]*$", re.MULTILINE
)
_NEXT_TURN: Final = re.compile(
    r"<product>|<\|(?:im_start|user|start_header_id)\|?>|<start_of_turn>|\[INST\]"
    r"|^[ \t#*>_-]{0,20}(?:user|human|product)[*_]{0,3}:",
    re.IGNORECASE | re.MULTILINE,
)


def answer_proper(raw: str) -> str:
    """The answer without what the model thought before it; of a very long one, both its ends."""
    text = replace_lone_surrogates(raw).lstrip("\ufeff \n")
    text = _without_thoughts(text)
    if len(text) > _LONGEST:
        half = _LONGEST // 2
        beginning = text[:half]
        end = text[-half:]
        text = f"{beginning}\n{end}"
    return _inside_answer_tag(text).strip()


def without_chat_marks(text: str) -> str:
    """The text without marks of the chat's turns and of blocks of code."""
    return _CHAT_MARK.sub("", text).strip()


def starts_next_turn(text: str) -> bool:
    """Whether the model goes on with a turn that is not its own: the next product, the user."""
    return _NEXT_TURN.search(text) is not None


def _without_thoughts(text: str) -> str:
    ends = list(_THOUGHT_END.finditer(text))
    if ends:
        last_end = ends[-1].end()
        text = text[last_end:]
    start = _THOUGHT_START.search(text)
    # A thought that never ends was cut off before the answer.
    return text[: start.start()] if start else text


def _inside_answer_tag(text: str) -> str:
    """What the last `<answer>` tag holds; the whole text where there is none."""
    tags = list(_ANSWER_TAG.finditer(text))
    pairs = list(pairwise(tags))
    for opening, closing in reversed(pairs):
        is_pair = not opening[1] and closing[1]
        if is_pair:
            return text[opening.end() : closing.start()]
    return text

"""The answer proper: the text without the model's thoughts and tags."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from ...configs.characters import replace_lone_surrogates

_LONGEST: Final = 100_000
_THOUGHT_NAME: Final = (
    r"(?:seed:)?(?:think|thinking|thoughts?|reason|reasoning|reflection|scratchpad|analysis)"
)
_THOUGHT_END: Final = re.compile(
    rf"</{_THOUGHT_NAME}>|\[/THINK\]|<\|(?:/think|end_of_thought|END_THINKING)\|>|◁/think▷|<unused95>"
    r"|<\|channel\|>\s*final\s*<\|message\|>"
    # What is left of the marks of channels where a server takes them out.
    r"|(?<=[\w.!?:\"})])assistantfinal(?=\s*[\w{\[\"*])",
    re.IGNORECASE,
)
_THOUGHT_START: Final = re.compile(
    rf"<{_THOUGHT_NAME}>|\[THINK\]|<\|(?:think|begin_of_thought|START_THINKING)\|>|◁think▷"
    r"|<unused94>",
    re.IGNORECASE,
)
_ANSWER_TAG: Final = re.compile(r"<(/?)(?:answer|output|result)>", re.IGNORECASE)
_CHAT_MARK: Final = re.compile(
    r"<\|[\w ]{1,40}\|>|</?s>|<(?:end|start)_of_turn>|^[ \t]*```\w*[ \t]*$", re.MULTILINE
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


def _without_thoughts(text: str) -> str:
    ends = list(_THOUGHT_END.finditer(text))
    if ends:
        rest = text[ends[-1].end() :]
        # A model may think about its answer after it, too.
        text = rest if rest.strip() else _outside_thoughts(text, ends)
    start = _THOUGHT_START.search(text)
    if start is None:
        return text
    before = text[: start.start()]
    answer_tag = _ANSWER_TAG.search(text, start.end())
    if not before.strip() and answer_tag is not None and not answer_tag[1]:
        return text[answer_tag.start() :]
    # A thought that never ends was cut off before the answer.
    return before


def _outside_thoughts(text: str, ends: Sequence[re.Match[str]]) -> str:
    """What stands outside thoughts; a closing mark alone may stand behind an object."""
    first_start = _THOUGHT_START.search(text, 0, ends[0].start())
    if first_start is None:
        before = text[: ends[0].start()].strip()
        return before if before.startswith("{") and before.endswith("}") else ""
    pieces = []
    position = 0
    for end in ends:
        start = _THOUGHT_START.search(text, position, end.start())
        if start is not None:
            pieces.append(text[position : start.start()])
        position = end.end()
    return "".join(pieces)


def _inside_answer_tag(text: str) -> str:
    """What the last `<answer>` tag holds; the whole text where there is none."""
    tags = list(_ANSWER_TAG.finditer(text))
    pairs = list(pairwise(tags))
    for opening, closing in reversed(pairs):
        is_pair = not opening[1] and closing[1]
        if is_pair:
            return text[opening.end() : closing.start()]
    return text

"""Answers inside something else: a JSON text within JSON, the parts of a message, a tool call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from ...configs.normalization import name_key
from .answer_keys import ANSWER_KEYS, ATTRIBUTE_KEYS, find_answer
from .json_objects import find_objects, strict_json

_TEXT_KEYS: Final = frozenset(
    {
        *ANSWER_KEYS,
        "text",
        "content",
        "contents",
        "message",
        "messages",
        "parts",
        "choices",
        "candidates",
        "arguments",
        "parameters",
        "input",
        "function",
        "toolcalls",
        "completion",
        "generatedtext",
        "outputtext",
        "reply",
        "data",
        "json",
        "final",
        "body",
    }
)
"""Keys (as `name_key` leaves them) under which a message or a wrapper holds the answer."""

_THOUGHTS: Final = frozenset(
    {"thinking", "reasoning", "redactedthinking", "reasoningcontent", "thought", "thoughts",
     "analysis", "explanation", "scratchpad"}
)  # fmt: skip
_DEEPEST: Final = 6


def is_thought(part: Mapping[str, Any]) -> bool:
    """Whether a part of a message holds thoughts, and not the answer."""
    if part.get("thought") is True:
        return True
    kind = part.get("type") or part.get("channel")
    return isinstance(kind, str) and name_key(kind) in _THOUGHTS


def is_thoughts_key(name: str) -> bool:
    """Whether a key of a message holds thoughts."""
    return name_key(name) in _THOUGHTS


def embedded_json(text: str) -> list[Any]:
    """The JSON that a text within an answer is, if it is some: one value, or several objects."""
    text = text.strip()
    if text[:1] not in ("{", "["):
        return []
    for spelling in (text, text.replace('\\"', '"')):
        try:
            return [strict_json(spelling)]
        except ValueError:
            continue
    return [json_object.content for json_object in find_objects(text)]


def wrapped_text(content: Any) -> str:
    """The text that a message or a wrapper holds, its parts put together, without thoughts."""
    return "\n".join(_texts(content, 0))


def _texts(content: Any, depth: int) -> Iterator[str]:
    if isinstance(content, str):
        yield content
    elif depth > _DEEPEST:
        return
    elif isinstance(content, list):
        for part in content:
            if isinstance(part, dict | str):
                yield from _texts(part, depth + 1)
    elif isinstance(content, dict) and not (is_thought(content) or _is_pair(content)):
        for name, value in content.items():
            if name_key(name) in _TEXT_KEYS and not is_thoughts_key(name):
                yield from _texts(value, depth + 1)


def _is_pair(content: Mapping[str, Any]) -> bool:
    """Whether an object gives a value to something that it names: not to what was asked."""
    return bool(ATTRIBUTE_KEYS & set(map(name_key, content)) and find_answer(content))

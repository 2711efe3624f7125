"""Where an answer stands in a response: in its text, in a tool call, or among the thoughts."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import Any

import orjson

from ..protocol import Reply, Request

# Parts of a content that are no answer.
_THOUGHTS = ("thinking", "reasoning", "redacted")
# Thoughts may be long, and what is wanted is their end.
_LONGEST_END = 40_000


def joined_text(content: Any) -> str:
    """A content as text: a string, nothing, an object, or a list of parts, without thoughts."""
    if isinstance(content, str):
        return content
    if isinstance(content, Mapping):
        if isinstance(content.get("parts"), list):
            return joined_text(content["parts"])
        return _part_text(content) or _as_json(content)
    if isinstance(content, list):
        parts = [part if isinstance(part, str) else _part_text(part) for part in content]
        return "".join(parts)
    return ""


def _part_text(part: Any) -> str:
    """The text of a part; empty for thoughts, images and the like."""
    if not isinstance(part, Mapping) or _is_thought(part):
        return ""
    text = part.get("text")
    if isinstance(text, Mapping):  # as OpenAI's assistants have it
        text = text.get("value")
    if isinstance(text, str):
        return text
    for key in ("json", "input", "arguments"):
        if part.get(key):
            return arguments_text(part[key])
    return ""


def _is_thought(part: Mapping[str, Any]) -> bool:
    kind = str(part.get("type") or "").lower()
    return bool(part.get("thought")) or kind.startswith(_THOUGHTS)


def thoughts_text(message: Mapping[str, Any]) -> str:
    """The thoughts beside an answer, under the names that servers give them."""
    for key in ("reasoning_content", "reasoning", "thinking"):
        if message.get(key):
            return joined_text(message[key])
    return ""


def arguments_text(arguments: Any) -> str:
    """The arguments of a tool call as JSON; some servers send them as a text, some as they are."""
    return arguments if isinstance(arguments, str) else _as_json(arguments)


def with_calls(text: str, calls: list[str]) -> str:
    """The answer where there may be tool calls: they count unless the text holds an object.

    Args:
        text: The text beside them.
        calls: The arguments of each call, as JSON.
    """
    calls = [call for call in calls if call.strip() not in ("", "{}", "null")]
    if not calls or "{" in text:
        return text
    objects = [_object(call) for call in calls]
    if len(calls) > 1 and all(objects):
        merged: dict[str, Any] = {}
        for each in objects:
            merged |= each
        return _as_json(merged)
    return calls[0]


def completed(reply: Reply, request: Request | None = None) -> Reply:
    """A reply whose answer stands among the thoughts, with it; one without a word is `empty`.

    Args:
        reply: The reply as it was read.
        request: What was asked; None where that is not known any more.
    """
    if reply.text.strip() or reply.finish != "stop":
        return reply
    answer = _last_object(reply.thoughts, _keys_of(request))
    if answer:
        return replace(reply, text=answer)
    return replace(reply, finish="empty")


def _keys_of(request: Request | None) -> frozenset[str]:
    """The keys that an answer has; empty where that is not known."""
    if request is None:
        return frozenset()
    names = [attribute.name for attribute in request.attributes]
    properties = (request.json_schema or {}).get("properties", {})
    return frozenset([*names, *properties])


def _last_object(text: str, keys: Collection[str]) -> str:
    """The last JSON object in a text that has one of these keys, if any are given."""
    answer = ""
    for candidate in _objects(text[-_LONGEST_END:]):
        if not keys or any(key in candidate for key in keys):
            answer = _as_json(candidate)
    return answer


def _objects(text: str) -> Iterator[dict[str, Any]]:
    """The JSON objects in a text, outermost ones only."""
    decoder = json.JSONDecoder()
    place = text.find("{")
    while place >= 0:
        try:
            candidate, end = decoder.raw_decode(text, place)
        except (ValueError, RecursionError):
            end = place + 1
        else:
            yield candidate
        place = text.find("{", end)


def _object(text: str) -> dict[str, Any]:
    """The JSON object that a text is; empty where it is none."""
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}


def _as_json(value: Any) -> str:
    try:
        return orjson.dumps(value).decode()
    except (TypeError, orjson.JSONEncodeError):  # numbers of more than 64 bits
        return json.dumps(value, ensure_ascii=False)

"""JSON objects anywhere in a text: strict ones, repaired ones, and what is whole of truncated ones.

The work is bounded: a text is parsed strictly by C code, looked through for the ends of at most
three broken objects, and repaired (by json_repair, whose time can grow with the square of the
length) only where it is short.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

TRUNCATION_MARK: Final = "\x00cut"
"""Stands in a list for the parts that are missing because the answer was truncated."""

_MOST_STARTS: Final = 64
_MOST_BROKEN_OBJECTS: Final = 3
_LONGEST_REPAIR: Final = 4000
_DEEPEST: Final = 64
_STRUCTURE: Final = re.compile(r"""["'“{}\[\],:]""")
_REST_OF_STRING: Final = {
    opening: re.compile(rf"(?:[^{closing}\\]++|\\.)*+{closing}", re.DOTALL)
    for opening, closing in (('"', '"'), ("'", "'"), ("“", "”"))
}
# A list that is open has lost parts.
_CLOSERS: Final = {"{": "}", "[": f", {json.dumps(TRUNCATION_MARK)}]"}
_AFTER_STRING: Final = re.compile(r"""[ \t]*(?:[,:;}\]"\r\n]|\Z)""")
# Group 1: an escape that stays (`\\xe9` is none of JSON's, but json_repair reads it); 2: one that
# JSON does not know.
_ESCAPE: Final = re.compile(r"""(\\["\\/bfnrtux])|\\(.)|(?:")""", re.DOTALL)
_TUPLE: Final = re.compile(
    r"""([:,\[]\s{0,9})\(((?:\s{0,9}(?:"(?:[^"\\]|\\.){0,200}"|[\d.]{1,20})\s{0,9},?){1,8})\)""",
    re.DOTALL,
)
_OBJECT_START: Final = re.compile(r"""\{\s{0,200}(?:["'“}{]|[\w -]{1,100}:|\Z)""")


class JsonNumber(str):
    """A number of JSON as it is spelt: its point is a point in every language."""

    __slots__ = ()


_STRICT: Final = json.JSONDecoder(
    # Numbers keep their spelling; Python writes a missing number as NaN.
    parse_float=JsonNumber,
    parse_int=JsonNumber,
    parse_constant=lambda name: None if name == "NaN" else name,
    # Models write line breaks into texts.
    strict=False,
)


@dataclass(frozen=True, slots=True)
class JsonObject:
    """One object in a text.

    Attributes:
        content: The object.
        start: Where it starts in the text.
        end: Where it ends.
        is_certain: Whether it is JSON as it stands, or was up to the point where the text was
            truncated; not a guess.
    """

    content: dict[str, Any]
    start: int
    end: int
    is_certain: bool


def strict_json(text: str) -> Any:
    """Parse a text that is JSON and nothing else, numbers as they are spelt.

    Raises:
        ValueError: It is not.
    """
    try:
        return _STRICT.decode(text)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def find_objects(text: str) -> Iterator[JsonObject]:
    """Find the outermost objects of a text, in order."""
    position = 0
    broken_objects = 0
    for _ in range(_MOST_STARTS):
        opening = _OBJECT_START.search(text, position)
        if opening is None:
            return
        start = opening.start()
        json_object = _strict_at(text, start)
        if json_object is None and broken_objects < _MOST_BROKEN_OBJECTS:
            broken_objects += 1
            json_object = _broken_at(text, start)
        if json_object is None:
            position = start + 1
        else:
            yield json_object
            position = json_object.end


def _strict_at(text: str, start: int) -> JsonObject | None:
    try:
        content, end = _STRICT.raw_decode(text, start)
    except (ValueError, RecursionError):
        return None
    return JsonObject(content, start, end, is_certain=True)


def _broken_at(text: str, start: int) -> JsonObject | None:
    """Read an object that is not JSON as it stands; None where nothing can be made of it."""
    extent = _measure(text, start, len(text))
    if extent is None:
        return None
    try:
        content = _STRICT.decode(_with_lists(extent.complete(text)))
        return JsonObject(content, start, extent.end, is_certain=True)
    except (ValueError, RecursionError):
        pass
    if extent.end - start > _LONGEST_REPAIR:
        extent = _measure(text, start, start + _LONGEST_REPAIR)
        if extent is None:
            return None
    content = _repair(_with_lists(extent.complete(text)))
    if not isinstance(content, dict) or not content:
        return None
    return JsonObject(content, start, extent.end, is_certain=False)


def _with_lists(text: str) -> str:
    """The text with lists for Python's tuples."""
    return _TUPLE.sub(r"\1[\2]", text) if "(" in text else text


def _repair(text: str) -> Any:
    from json_repair import repair_json  # noqa: PLC0415 - needed for few answers

    try:
        return repair_json(text, return_objects=True, skip_json_loads=True)
    except Exception:  # a guesser fed with anything; whatever it stumbles over cannot be read
        return None


@dataclass(slots=True)
class _Extent:
    """Where an object ends, and where it was last whole.

    Attributes:
        start: Its first sign.
        end: Behind its last sign, or the end of the text.
        is_truncated: Whether the text ends before the object does.
        whole_end: Up to where all members are whole, while it is open.
        closers: What would close it there.
        openers: The brackets that are open.
        strings: Where its strings start and end, quotes included.
    """

    start: int
    end: int
    is_truncated: bool = True
    whole_end: int = 0
    closers: str = ""
    openers: list[str] = field(default_factory=list)
    strings: list[tuple[int, int]] = field(default_factory=list)

    def add_string(self, opening: int, end: int, sign_before: str) -> None:
        """Take in a string, and what stood before it."""
        self.strings.append((opening, end))
        if sign_before == ":" and self._is_in_object():
            self._mark_whole(end)

    def add_sign(self, sign: str, end: int, sign_before: str) -> None:
        """Take in a bracket, comma or colon, and what stood before it."""
        if sign in "{[":
            self.openers.append(sign)
        elif sign in "}]":
            self._close(sign, end)
        elif sign == "," and sign_before != "," and self._is_in_object():
            self._mark_whole(end - 1)

    def _close(self, sign: str, end: int) -> None:
        self.openers.pop()
        if not self.openers:
            self.end = end
            self.is_truncated = False
        elif sign == "}" or self._is_in_object():
            self._mark_whole(end)

    def _is_in_object(self) -> bool:
        """Whether the innermost bracket that is open is an object's."""
        return self.openers[-1] == "{"

    def _mark_whole(self, position: int) -> None:
        """All members up to here are whole."""
        self.whole_end = position
        self.closers = ""
        for opener in reversed(self.openers):
            self.closers += _CLOSERS[opener]

    def complete(self, text: str) -> str:
        """The object with its strings in JSON's quotes.

        If it was truncated, it is closed behind its last whole member.
        """
        if not self.is_truncated:
            return self._with_json_quotes(text, self.end)
        if not self.whole_end:
            return "{}"
        return self._with_json_quotes(text, self.whole_end) + self.closers

    def _with_json_quotes(self, text: str, end: int) -> str:
        pieces = []
        position = self.start
        for opening, closing in self.strings:
            if closing > end:
                break
            pieces.append(text[position:opening])
            pieces.append(_requote(text[opening:closing]))
            position = closing
        pieces.append(text[position:end])
        return "".join(pieces)


def _measure(text: str, start: int, stop: int) -> _Extent | None:
    """Find the end of the object that starts here, or the last point up to which it is whole.

    None if it is nested too deeply. A member is whole when its closing quote or bracket, or a comma
    behind it, has been seen: `{"a": 12` may have been `{"a": 120}`. A list among the members is
    whole only with its bracket.
    """
    extent = _Extent(start, stop)
    position = start
    sign_before = ""
    while extent.is_truncated:
        match = _STRUCTURE.search(text, position, stop)
        if match is None:
            break
        sign = match[0]
        position = match.end()
        if sign not in _REST_OF_STRING:
            extent.add_sign(sign, position, sign_before)
            sign_before = sign
        # An apostrophe opens a string only where one can start.
        elif sign != "'" or sign_before in ("{", "[", ",", ":"):
            end = _string_end(text, position, stop, sign)
            if end is None:
                break
            extent.add_string(match.start(), end, sign_before)
            position = end
            sign_before = '"'
        if len(extent.openers) > _DEEPEST:
            return None
    return extent


def _requote(string: str) -> str:
    """A string between JSON's quotes: inner quotes escaped, needless escapes dropped."""
    inner = _ESCAPE.sub(_unescape, string[1:-1])
    return f'"{inner}"'


def _unescape(escape: re.Match[str]) -> str:
    """An escape of JSON as it is, another one without its backslash, and a bare quote escaped."""
    return escape[1] or escape[2] or '\\"'


def _string_end(text: str, position: int, stop: int, opening: str) -> int | None:
    """Behind the closing quote of the string that starts here; None if it was truncated.

    An inner quote that was not escaped (`5" pipe`) is told by what follows it.
    """
    while rest := _REST_OF_STRING[opening].match(text, position, stop):
        position = rest.end()
        if _AFTER_STRING.match(text, position, stop):
            return position
    return None

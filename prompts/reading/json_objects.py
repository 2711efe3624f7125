"""JSON objects anywhere in a text: strict ones, repaired ones, and what is whole of ones that were cut off.

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

CUT: Final = "\x00cut"
"""Stands in a list for the parts that are missing because the answer was cut off."""

_MOST_STARTS: Final = 64
_MOST_BROKEN: Final = 3
_LONGEST_REPAIRED: Final = 4000
_DEEPEST: Final = 64
_STRUCTURE: Final = re.compile(r"""["'“{}\[\],:]""")
_REST_OF_STRING: Final = {
    opening: re.compile(rf"(?:[^{closing}\\]++|\\.)*+{closing}", re.DOTALL)
    for opening, closing in (('"', '"'), ("'", "'"), ("“", "”"))
}
_AFTER_STRING: Final = re.compile(r"""[ \t]*(?:[,:;}\]"\r\n]|\Z)""")
# Group 1: an escape that stays (`\\xe9` is none of JSON's, but json_repair reads it); 2: one that
# JSON does not know.
_ESCAPE: Final = re.compile(r"""(\\["\\/bfnrtux])|\\(.)|(?:")""", re.DOTALL)
_OBJECT: Final = re.compile(r"""\{\s{0,200}(?:["'“}{]|[\w -]{1,100}:|\Z)""")

_STRICT: Final = json.JSONDecoder(
    # Numbers keep their spelling; Python writes a missing number as NaN.
    parse_float=str,
    parse_int=str,
    parse_constant=lambda name: None if name == "NaN" else name,
    # Models write line breaks into texts.
    strict=False,
)


@dataclass(frozen=True, slots=True)
class Found:
    """One object found in a text.

    Attributes:
        content: The object.
        start: Where it starts in the text.
        end: Where it ends.
        whole: Whether it is JSON as it stands, or was up to the point where the text was cut off;
            not a guess.
    """

    content: dict[str, Any]
    start: int
    end: int
    whole: bool


def strict_json(text: str) -> Any:
    """Parse a text that is JSON and nothing else, numbers as they are spelt.

    Raises:
        ValueError: It is not.
    """
    try:
        return _STRICT.decode(text)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def objects(text: str) -> Iterator[Found]:
    """Find the outermost objects of a text, in order."""
    position = 0
    broken = 0
    for _ in range(_MOST_STARTS):
        opening = _OBJECT.search(text, position)
        if opening is None:
            return
        found = _strict_at(text, opening.start())
        if found is None and broken < _MOST_BROKEN:
            broken += 1
            found = _broken_at(text, opening.start())
        if found is not None:
            yield found
        position = opening.start() + 1 if found is None else found.end


def _strict_at(text: str, start: int) -> Found | None:
    try:
        content, end = _STRICT.raw_decode(text, start)
    except (ValueError, RecursionError):
        return None
    return Found(content, start, end, whole=True)


def _broken_at(text: str, start: int) -> Found | None:
    """Read an object that is not JSON as it stands; None where nothing can be made of it."""
    extent = _extent(text, start, len(text))
    if extent is None:
        return None
    try:
        return Found(_STRICT.decode(extent.completed(text)), start, extent.end, whole=True)
    except (ValueError, RecursionError):
        pass
    if extent.end - start > _LONGEST_REPAIRED:
        extent = _extent(text, start, start + _LONGEST_REPAIRED)
    content = None if extent is None else _repaired(extent.completed(text))
    return (
        Found(content, start, extent.end, whole=False)
        if extent and isinstance(content, dict) and content
        else None
    )


def _repaired(text: str) -> Any:
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
        cut: Whether the text ends before the object does.
        whole: Up to where all members are whole, while it is open.
        closers: What would close it there.
        strings: Where its strings start and end, quotes included.
    """

    start: int
    end: int = 0
    cut: bool = False
    whole: int = 0
    closers: str = ""
    stack: list[str] = field(default_factory=list)
    strings: list[tuple[int, int]] = field(default_factory=list)

    def take_string(self, opening: int, end: int, before: str) -> None:
        """Take in a string, and what stood before it."""
        self.strings.append((opening, end))
        if before == ":" and self.stack[-1] == "{":
            self._mark(end)

    def take_sign(self, sign: str, end: int, before: str) -> None:
        """Take in a bracket, comma or colon, and what stood before it."""
        if sign in "{[":
            self.stack.append(sign)
        elif sign in "}]":
            self.stack.pop()
            if not self.stack:
                self.end, self.cut = end, False
            elif sign == "}" or self.stack[-1] == "{":
                self._mark(end)
        elif sign == "," and self.stack[-1] == "{" and before != ",":
            self._mark(end - 1)

    def _mark(self, position: int) -> None:
        """All that was said up to here is whole."""
        self.whole = position
        # An open list has lost parts, unless it is a list of objects that each speak for
        # themselves.
        self.closers = "".join(
            "}" if opener == "{" else f", {json.dumps(CUT)}]" for opener in reversed(self.stack)
        )

    def completed(self, text: str) -> str:
        """The object with its strings in JSON's quotes, closed behind its last whole member if it was cut off."""
        if self.cut and not self.whole:
            return "{}"
        end = self.whole if self.cut else self.end
        pieces, position = [], self.start
        for opening, closing in self.strings:
            if closing > end:
                break
            pieces += [text[position:opening], _requoted(text[opening:closing])]
            position = closing
        return "".join((*pieces, text[position:end], self.closers if self.cut else ""))


def _extent(text: str, start: int, stop: int) -> _Extent | None:
    """Find the end of the object that starts here, or the last point up to which it is whole.

    None if it is nested too deeply. A member is whole when its closing quote or bracket, or a comma
    behind it, has been
    seen: `{"a": 12` may have been `{"a": 120}`. A list among the members is whole only with its
        bracket.
    """
    extent = _Extent(start, stop, cut=True)
    position, before = start, ""
    while extent.cut and (mark := _STRUCTURE.search(text, position, stop)):
        sign, position = mark[0], mark.end()
        if sign not in _REST_OF_STRING:
            extent.take_sign(sign, position, before)
            before = sign
        # An apostrophe opens a string only where one can start.
        elif sign != "'" or before in ("{", "[", ",", ":"):
            end = _string_end(text, position, stop, sign)
            if end is None:
                break
            extent.take_string(position - 1, end, before)
            position, before = end, '"'
        if len(extent.stack) > _DEEPEST:
            return None
    return extent


def _requoted(string: str) -> str:
    """A string between JSON's quotes, whatever its own are: inner quotes escaped, needless escapes dropped."""
    inner = _ESCAPE.sub(lambda found: found[1] or found[2] or '\\"', string[1:-1])
    return f'"{inner}"'


def _string_end(text: str, position: int, stop: int, opening: str) -> int | None:
    """Behind the closing quote of the string that starts here; None if it was cut off.

    An inner quote that was not escaped (`5" pipe`) is told by what follows it.
    """
    while found := _REST_OF_STRING[opening].match(text, position, stop):
        position = found.end()
        if _AFTER_STRING.match(text, position, stop):
            return position
    return None

"""YAML text -> plain Python data in which every scalar is still text, and the line of every part.

Scalars stay text because the text is what counts: `values: [yes, no]`, `038` and `12:30` are
values, not a bool, an octal number and a number of minutes. The typed settings turn text into
numbers where a field is one; only the `options` of a model, which go to the vendor as they are, are
typed here, by the core schema of YAML 1.2 (section 10.3).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from .errors import ConfigError
from .source import (
    KeyPath,
    Problem,
    Source,
    config_error,
)

try:
    from yaml import CSafeLoader as _SafeLoader
except ImportError:  # PyYAML built without libyaml: the same, slower
    from yaml import SafeLoader as _SafeLoader  # type: ignore[assignment]

_MOST_NODES = 1_000_000
_MOST_LEVELS = 60
_PLAIN_TAGS = {f"tag:yaml.org,2002:{kind}" for kind in ("str", "seq", "map")}
_NULLS = {"", "~", "null", "Null", "NULL"}
_TRUE, _FALSE = {"true", "True", "TRUE"}, {"false", "False", "FALSE"}
_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_TEXT = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_START_HINT = "`attrx init` writes a config to start from."


class _TextLoader(_SafeLoader):
    """Resolves no scalar to anything but text."""

    yaml_implicit_resolvers = {}  # noqa: RUF012 - the name and form are PyYAML's


@dataclass(frozen=True, slots=True)
class Document:
    """A config file as it was read.

    Attributes:
        data: Dicts, lists, texts and None; below the options of a model also bools and numbers.
        source: The file and the lines of its parts.
        problems: Keys written twice, and what else YAML allows but a config cannot hold.
    """

    data: dict[str, Any]
    source: Source
    problems: list[Problem]


def read_document(path: Path) -> Document:
    """Read a YAML file.

    Raises:
        ConfigError: The file is missing, unreadable, not UTF-8, not YAML, empty, or not a mapping.
    """
    source = Source(str(path), path.parent, {})
    root = _compose(_read_text(path, source), source)
    if root is None:
        raise config_error([Problem((), "the file is empty", _START_HINT)], source)
    reader = _Reader()
    if not isinstance(root, MappingNode):
        raise config_error(
            [
                Problem(
                    (), f"expected keys such as 'version', found {_kind(root)}", _START_HINT, line=1
                )
            ],
            source,
        )
    data = reader.read(root, ())
    return Document(data, Source(str(path), path.parent, reader.lines), reader.problems)


def _read_text(path: Path, source: Source) -> str:
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise config_error([Problem((), "there is no such file", _START_HINT)], source) from None
    except IsADirectoryError:
        raise config_error([Problem((), "expected a file, found a folder")], source) from None
    except OSError as error:
        raise config_error(
            [Problem((), f"the file cannot be read: {error.strerror or error}")], source
        ) from None
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise config_error(
            [Problem((), "expected UTF-8, found UTF-16", "Save the file as UTF-8.")], source
        )
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        message = f"expected UTF-8, found the byte 0x{raw[error.start]:02x}"
        raise config_error(
            [Problem((), message, "Save the file as UTF-8.", line=line)], source
        ) from None
    if bad := _NOT_TEXT.search(text):
        line = text.count("\n", 0, bad.start()) + 1
        raise config_error(
            [Problem((), f"expected text, found the character U+{ord(bad[0]):04X}", line=line)],
            source,
        )
    return text


def _compose(text: str, source: Source) -> Node | None:
    try:
        root: Node | None = yaml.compose(text, Loader=_TextLoader)
    except yaml.MarkedYAMLError as error:
        raise _syntax_error(error, text, source) from None
    except RecursionError:
        raise config_error([Problem((), "lists and keys are nested too deeply")], source) from None
    return root


def _syntax_error(error: yaml.MarkedYAMLError, text: str, source: Source) -> ConfigError:
    """The parser's complaint without its excerpt of the file, which could show a key."""
    mark = error.problem_mark or error.context_mark
    number = mark.line + 1 if mark else 1
    lines = text.splitlines()
    written = lines[number - 1] if number <= len(lines) else ""
    if "\t" in written[: len(written) - len(written.lstrip())]:
        return config_error(
            [Problem((), "expected spaces before the key, found a tab", line=number)], source
        )
    hint = (
        "A text that holds ': ' or ' #', or starts with one of @ ` % & * ! { [ > |, needs quotes."
    )
    return config_error(
        [Problem((), f"this is not YAML: {error.problem or error.context}", hint, line=number)],
        source,
    )


def _kind(node: Node) -> str:
    return "a list" if isinstance(node, SequenceNode) else "text"


def _line(node: Node) -> int:
    return int(node.start_mark.line) + 1


@dataclass
class _Reader:
    """Walks the nodes of one file."""

    lines: dict[KeyPath, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    _around: list[Node] = field(default_factory=list)
    _nodes: int = 0

    def read(self, node: Node, path: KeyPath) -> Any:
        """The Python value of a node; what cannot be read is a problem, and None."""
        if self._too_many(node) or self._refused(node, path):
            return None
        if isinstance(node, ScalarNode):
            typed = len(path) > 2 and path[0] == "models" and path[2] == "options"
            return _scalar(node, typed=typed)
        self._around.append(node)
        value = (
            self._mapping(node, path) if isinstance(node, MappingNode) else self._list(node, path)
        )
        self._around.pop()
        return value

    def _too_many(self, node: Node) -> bool:
        """Count a visit; a few lines of anchors and aliases can unfold into billions of them."""
        self._nodes += 1
        if self._nodes == _MOST_NODES + 1:
            self.problems.append(
                Problem((), "anchors (&) and aliases (*) unfold into too much", line=_line(node))
            )
        return self._nodes > _MOST_NODES

    def _refused(self, node: Node, path: KeyPath) -> bool:
        message = ""
        if any(node is outer for outer in self._around):
            message = "an anchor (&) is used inside itself"
        elif node.tag not in _PLAIN_TAGS:
            message = f"a tag ({node.tag.replace('tag:yaml.org,2002:', '!!')}) has no meaning here"
        elif len(self._around) >= _MOST_LEVELS:
            message = "lists and keys are nested too deeply"
        if message:
            self.problems.append(Problem(path, message, line=_line(node)))
        return bool(message)

    def _list(self, node: Node, path: KeyPath) -> list[Any]:
        items = []
        for index, item in enumerate(node.value):
            self.lines[*path, index] = _line(item)
            items.append(self.read(item, (*path, index)))
        return items

    def _mapping(self, node: Node, path: KeyPath) -> dict[str, Any]:
        data = {}
        for key, (line, value) in self._pairs(node, path).items():
            self.lines[*path, key] = line
            data[key] = self.read(value, (*path, key))
        return data

    def _pairs(self, node: Node, path: KeyPath) -> dict[str, tuple[int, Node]]:
        """Key -> line and value; keys merged in with `<<` come first and give way to the mapping's own."""
        merged: dict[str, tuple[int, Node]] = {}
        own: dict[str, tuple[int, Node]] = {}
        for key_node, value in node.value:
            if not isinstance(key_node, ScalarNode) or (not key_node.value and not key_node.style):
                self.problems.append(
                    Problem(path, "expected a key, found none", line=_line(key_node))
                )
                continue
            key, line = key_node.value, _line(key_node)
            if key == "<<" and not key_node.style:
                merged |= self._merged(value, path)
            elif key in own:
                message = (
                    f"the key '{key}' is there twice, in line {own[key][0]} and in line {line}"
                )
                self.problems.append(Problem(path, message, line=line))
            else:
                own[key] = (line, value)
        return merged | own

    def _merged(self, value: Node, path: KeyPath) -> dict[str, tuple[int, Node]]:
        """What `<<: *name` or `<<: [*name, *other]` brings in; of a list, the earlier mapping wins."""
        pairs: dict[str, tuple[int, Node]] = {}
        for node in value.value if isinstance(value, SequenceNode) else [value]:
            if self._too_many(node):
                break
            if not isinstance(node, MappingNode) or any(node is outer for outer in self._around):
                self.problems.append(
                    Problem(path, "expected '<<' to bring in other keys", line=_line(value))
                )
                continue
            self._around.append(node)
            pairs = self._pairs(node, path) | pairs
            self._around.pop()
        return pairs


def _scalar(node: ScalarNode, *, typed: bool) -> Any:
    """The text of a scalar, None for an unquoted null, or its YAML 1.2 core type."""
    text: str = node.value
    if node.style:
        return text
    if text in _NULLS:
        return None
    return _core_type(text) if typed else text


def _core_type(text: str) -> Any:
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    if len(text) > 400:  # Python itself refuses to read very long numbers
        return text
    if _INTEGER.fullmatch(text):
        return int(text, 0) if text[:2] in ("0o", "0x") else int(text)
    return float(text) if _FLOAT.fullmatch(text) else text

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
from .source import KeyPath, Problem, Source, config_error

try:
    from yaml import CSafeLoader as _SafeLoader
except ImportError:  # PyYAML built without libyaml: the same, slower
    from yaml import SafeLoader as _SafeLoader  # type: ignore[assignment]

MOST_BYTES = 4_000_000
"""Of a config; thousands of attributes and values take a tenth of it."""
_MOST_VISITS = 200_000
_MOST_LEVELS = 60
_PLAIN_TAGS = {f"tag:yaml.org,2002:{kind}" for kind in ("str", "seq", "map")}
_NULLS = {"", "~", "null", "Null", "NULL"}
_TRUE = {"true", "True", "TRUE"}
_FALSE = {"false", "False", "FALSE"}
_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_TEXT = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TOO_DEEP = "lists and keys are nested too deeply"
_START_HINT = "`attrx init` writes a config to start from."
_UTF8_HINT = "Save the file as UTF-8."
_QUOTES_HINT = (
    "A text that holds ': ' or ' #', or starts with one of @ ` % & * ! { [ > |, needs quotes."
)

_Pairs = dict[str, tuple[int, Node]]
"""Key -> its line, and the node of its value."""


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
        raise _error(source, "the file is empty", _START_HINT)
    if not isinstance(root, MappingNode):
        message = f"expected keys such as 'version', found {_kind(root)}"
        raise _error(source, message, _START_HINT, line=1)
    reader = _NodeReader()
    data = reader.read(root, ())
    if reader.excess is not None:
        raise config_error([reader.excess], source)
    return Document(data, Source(str(path), path.parent, reader.lines), reader.problems)


def _error(source: Source, message: str, hint: str = "", *, line: int | None = None) -> ConfigError:
    return config_error([Problem((), message, hint, line=line)], source)


def _read_text(path: Path, source: Source) -> str:
    content = _read_bytes(path, source)
    if len(content) > MOST_BYTES:
        message = f"expected at most {MOST_BYTES:,} bytes, found more"
        raise _error(source, message)
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise _error(source, "expected UTF-8, found UTF-16", _UTF8_HINT)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        message = f"expected UTF-8, found the byte 0x{content[error.start]:02x}"
        raise _error(source, message, _UTF8_HINT, line=line) from None
    stray = _NOT_TEXT.search(text)
    if stray is not None:
        line = text.count("\n", 0, stray.start()) + 1
        message = f"expected text, found the character U+{ord(stray[0]):04X}"
        raise _error(source, message, line=line)
    return text


def _read_bytes(path: Path, source: Source) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise _error(source, "there is no such file", _START_HINT) from None
    except IsADirectoryError:
        raise _error(source, "expected a file, found a folder") from None
    except OSError as error:
        message = f"the file cannot be read: {error.strerror or error}"
        raise _error(source, message) from None


def _compose(text: str, source: Source) -> Node | None:
    try:
        root: Node | None = yaml.compose(text, Loader=_TextLoader)
    except yaml.MarkedYAMLError as error:
        raise _syntax_error(error, text, source) from None
    except RecursionError:
        raise _error(source, _TOO_DEEP) from None
    return root


def _syntax_error(error: yaml.MarkedYAMLError, text: str, source: Source) -> ConfigError:
    """The parser's complaint without its excerpt of the file, which could show a key."""
    mark = error.problem_mark or error.context_mark
    number = mark.line + 1 if mark else 1
    lines = text.splitlines()
    line = lines[number - 1] if number <= len(lines) else ""
    indent = line[: len(line) - len(line.lstrip())]
    if "\t" in indent:
        return _error(source, "expected spaces before the key, found a tab", line=number)
    message = f"this is not YAML: {error.problem or error.context}"
    return _error(source, message, _QUOTES_HINT, line=number)


def _kind(node: Node) -> str:
    return "a list" if isinstance(node, SequenceNode) else "text"


def _line(node: Node) -> int:
    return int(node.start_mark.line) + 1


@dataclass
class _NodeReader:
    """Walks the nodes of one file."""

    lines: dict[KeyPath, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    excess: Problem | None = None
    _open_nodes: list[Node] = field(default_factory=list)
    _visits: int = 0

    def read(self, node: Node, path: KeyPath) -> Any:
        """The Python value of a node; what cannot be read is a problem, and None."""
        if self._exceeds_visits(node) or self._has_problem(node, path):
            return None
        if isinstance(node, ScalarNode):
            return _scalar(node, with_types=_is_in_options(path))
        self._open_nodes.append(node)
        read = self._read_mapping if isinstance(node, MappingNode) else self._read_list
        value = read(node, path)
        self._open_nodes.pop()
        return value

    def _exceeds_visits(self, node: Node) -> bool:
        """Count a visit; a few lines of anchors and aliases can unfold into billions of them."""
        self._visits += 1
        if self._visits == _MOST_VISITS + 1:
            message = "keys, anchors (&) and aliases (*) unfold into too much"
            self.excess = Problem((), message, line=_line(node))
        return self._visits > _MOST_VISITS

    def _has_problem(self, node: Node, path: KeyPath) -> bool:
        message = ""
        if self._is_open(node):
            message = "an anchor (&) is used inside itself"
        elif node.tag not in _PLAIN_TAGS:
            tag = node.tag.replace("tag:yaml.org,2002:", "!!")
            message = f"a tag ({tag}) has no meaning here"
        elif len(self._open_nodes) >= _MOST_LEVELS:
            message = _TOO_DEEP
        if message:
            self.problems.append(Problem(path, message, line=_line(node)))
        return bool(message)

    def _is_open(self, node: Node) -> bool:
        """Whether the walk is inside this very node."""
        return any(node is open_node for open_node in self._open_nodes)

    def _read_list(self, node: Node, path: KeyPath) -> list[Any]:
        items = []
        for index, item in enumerate(node.value):
            self.lines[*path, index] = _line(item)
            items.append(self.read(item, (*path, index)))
        return items

    def _read_mapping(self, node: Node, path: KeyPath) -> dict[str, Any]:
        data = {}
        for key, (line, value) in self._pairs(node, path).items():
            self.lines[*path, key] = line
            data[key] = self.read(value, (*path, key))
        return data

    def _pairs(self, node: Node, path: KeyPath) -> _Pairs:
        """Key -> line and value; what `<<` brings in comes first and gives way to its own keys."""
        pairs_from_others: _Pairs = {}
        own: _Pairs = {}
        for key_node, value in node.value:
            line = _line(key_node)
            if _is_no_key(key_node):
                self.problems.append(Problem(path, "expected a key, found none", line=line))
                continue
            key = key_node.value
            if key == "<<" and not key_node.style:
                pairs_from_others |= self._inherited_pairs(value, path)
            elif key in own:
                first_line = own[key][0]
                message = f"the key '{key}' is there twice, in line {first_line} and in line {line}"
                self.problems.append(Problem(path, message, line=line))
            else:
                own[key] = (line, value)
        return pairs_from_others | own

    def _inherited_pairs(self, value: Node, path: KeyPath) -> _Pairs:
        """What `<<: *name` or `<<: [*name, *other]` brings in; of a list, the earlier one wins."""
        pairs: _Pairs = {}
        nodes = value.value if isinstance(value, SequenceNode) else [value]
        for node in nodes:
            if self._exceeds_visits(node):
                break
            if not isinstance(node, MappingNode) or self._is_open(node):
                message = "expected '<<' to bring in other keys"
                self.problems.append(Problem(path, message, line=_line(value)))
                continue
            self._open_nodes.append(node)
            pairs = self._pairs(node, path) | pairs
            self._open_nodes.pop()
        return pairs


def _is_in_options(path: KeyPath) -> bool:
    return len(path) > 2 and path[0] == "models" and path[2] == "options"


def _is_no_key(node: Node) -> bool:
    """Whether a list, a mapping or nothing at all stands where a key belongs."""
    return not isinstance(node, ScalarNode) or (not node.value and not node.style)


def _scalar(node: ScalarNode, *, with_types: bool) -> Any:
    """The text of a scalar, None for an unquoted null, or its YAML 1.2 core type."""
    text: str = node.value
    if node.style:
        return text
    if text in _NULLS:
        return None
    return _core_type(text) if with_types else text


def _core_type(text: str) -> Any:
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    if len(text) > 400:  # Python itself refuses to read very long numbers
        return text
    if _INTEGER.fullmatch(text):
        return int(text, 0) if text[:2] in ("0o", "0x") else int(text)
    return float(text) if _FLOAT.fullmatch(text) else text

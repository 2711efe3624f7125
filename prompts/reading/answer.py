"""Answer text -> votes.

Most answers are the JSON object that was asked for. The rest is looked for in this order: JSON
anywhere in the text, repaired and unwrapped; `Key: value` lines; and, where one attribute was
asked, the answer in words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from ...configs.characters import replace_lone_surrogates
from ...configs.normalization import name_key
from .json_objects import Found, objects, strict_json
from .prose import read_words, refuses, said_in_lines
from .vocabulary import Vocabulary, called_answer
from .vote import Vote

_MOST_READ: Final = 100_000
_DEEPEST_WRAPPER: Final = 4
_NAMING_KEYS: Final = frozenset({"attribute", "attributename", "name", "key", "field", "property"})
_THOUGHT_END: Final = re.compile(
    r"</(?:think|thinking|thought|reasoning|reflection|scratchpad)>|\[/THINK\]|<\|channel\|>\s*final\s*<\|message\|>",
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

Said = dict[str, list[Any]]
"""Attribute name -> what was said about it, in order."""


def read_answer(raw: str, vocabularies: Sequence[Vocabulary]) -> tuple[Vote, ...]:
    """Read a model's answer. Never raises.

    Args:
        raw: The answer as the model gave it.
        vocabularies: Those of the attributes that were asked.

    Returns:
        One vote per asked attribute, in their order. An attribute that a readable answer does not
        speak of is `left_out`; where nothing can be read, all are `refused` or `unreadable`.
    """
    try:
        whole = strict_json(raw)
    except ValueError:
        return _Reader(vocabularies).read_text(raw)
    if isinstance(whole, dict):
        # The answer as it was asked for: nothing to look for.
        names = {vocabulary.attribute for vocabulary in vocabularies}
        if whole.keys() == names:
            return tuple(
                vocabulary.read(whole[vocabulary.attribute]) for vocabulary in vocabularies
            )
    return _Reader(vocabularies).read_json(whole)


class _Reader:
    """Reads one answer about some attributes."""

    def __init__(self, vocabularies: Sequence[Vocabulary]) -> None:
        self._vocabularies = vocabularies
        self._names = {vocabulary.attribute for vocabulary in vocabularies}
        self._keys = _keys(vocabularies)

    def read_json(self, whole: Any) -> tuple[Vote, ...]:
        """Read an answer that is JSON as a whole."""
        if isinstance(whole, str):
            return self.read_text(whole)
        said: Said = {}
        self._gather(whole, said)
        if not said and len(self._vocabularies) == 1:
            (vocabulary,) = self._vocabularies
            answers = _nameless(whole) if isinstance(whole, dict) else [whole]
            if answers:
                return (vocabulary.read(answers[0]),)
        if not said and not isinstance(whole, dict):
            return self._all(Vocabulary.unreadable)
        return self._votes(said)

    def read_text(self, raw: str) -> tuple[Vote, ...]:
        """Read an answer that is not JSON, or not only."""
        text = _answer_proper(raw)
        if not text:
            return self._all(Vocabulary.unreadable)
        said = self._said_in_objects(text)
        if said is None and '\\"' in text:
            said = self._said_in_objects(text.replace('\\"', '"'))
        if said is not None:
            return self._votes(said)
        return self._read_words(_CHAT_MARK.sub("", text).strip())

    def _said_in_objects(self, text: str) -> Said | None:
        """What JSON in the text says; None where there is none to go by.

        Objects side by side are one answer. One that comes later, after words, corrects it; but
        what follows a turn that the model made up, the next product and its answer, does not count.
        """
        said: Said = {}
        nameless: list[Any] = []
        whole = False
        for group in _groups(text):
            told: Said = {}
            for found in group:
                self._gather(found.content, told)
                nameless = _nameless(found.content) or nameless
                whole = whole or found.whole
            said.update(told)
        if not said and nameless and len(self._vocabularies) == 1:
            return {self._vocabularies[0].attribute: nameless}
        return said if said or whole else None

    def _read_words(self, text: str) -> tuple[Vote, ...]:
        said = said_in_lines(text, self._keys) if len(self._vocabularies) > 1 else {}
        if said:
            return tuple(
                read_words(said[vocabulary.attribute], vocabulary)
                if vocabulary.attribute in said
                else Vote(vocabulary.attribute, "left_out")
                for vocabulary in self._vocabularies
            )
        if len(self._vocabularies) == 1:
            return (read_words(text, self._vocabularies[0]),)
        if refuses(text):
            return self._all(lambda vocabulary: Vote(vocabulary.attribute, "refused"))
        return self._all(Vocabulary.unreadable)

    def _gather(self, content: Any, said: Said, depth: int = 0) -> None:
        """Collect what an object, or a list of objects, says about the asked attributes, under wrappers if need be."""
        if isinstance(content, list):
            for part in content:
                if isinstance(part, dict):
                    self._gather(part, said, depth)
            return
        if not isinstance(content, dict):
            return
        told = self._pair(content) or {
            name: value
            for spelt, value in content.items()
            if (name := self._name(spelt)) is not None
        }
        for name, value in told.items():
            said.setdefault(name, []).append(value)
        if not told and depth < _DEEPEST_WRAPPER:
            for value in content.values():
                self._gather(value, said, depth + 1)

    def _pair(self, content: Mapping[str, Any]) -> dict[str, Any] | None:
        """Read `{"attribute": "gender", "value": "male"}`."""
        if len(content) < 2:
            return None
        named = [
            value
            for spelt, value in content.items()
            if name_key(spelt) in _NAMING_KEYS and isinstance(value, str)
        ]
        answers = called_answer(content)
        if not named or not answers:
            return None
        name = self._name(named[0])
        return None if name is None else {name: answers[0]}

    def _name(self, spelt: str) -> str | None:
        """The asked attribute that a key of an answer means."""
        return spelt if spelt in self._names else self._keys.get(name_key(spelt))

    def _votes(self, said: Said) -> tuple[Vote, ...]:
        return tuple(
            _agreed([vocabulary.read(value) for value in said[vocabulary.attribute]], vocabulary)
            if vocabulary.attribute in said
            else Vote(vocabulary.attribute, "left_out")
            for vocabulary in self._vocabularies
        )

    def _all(self, vote: Callable[[Vocabulary], Vote]) -> tuple[Vote, ...]:
        return tuple(vote(vocabulary) for vocabulary in self._vocabularies)


def _agreed(votes: Sequence[Vote], vocabulary: Vocabulary) -> Vote:
    """The one vote of objects side by side; unreadable where they contradict each other."""
    if len({(vote.state, vote.value) for vote in votes}) == 1:
        return votes[-1]
    return vocabulary.unreadable()


def _keys(vocabularies: Sequence[Vocabulary]) -> dict[str, str]:
    """`name_key` of each attribute's name -> the name; a key that two of them share stands for neither."""
    keys = [name_key(vocabulary.attribute) for vocabulary in vocabularies]
    return {
        spelt: vocabulary.attribute
        for vocabulary, spelt in zip(vocabularies, keys, strict=True)
        if spelt and keys.count(spelt) == 1
    }


def _nameless(content: Mapping[str, Any]) -> list[Any]:
    """What an object that names no attribute calls the answer; it can only be about the one that was asked."""
    return (
        [] if any(name_key(spelt) in _NAMING_KEYS for spelt in content) else called_answer(content)
    )


def _groups(text: str) -> Iterator[list[Found]]:
    """The objects of a text, those side by side together, up to where the model makes up a next turn."""
    group: list[Found] = []
    for found in objects(text):
        if group:
            between = text[group[-1].end : found.start]
            if _NEXT_TURN.search(between):
                break
            if re.search(r"\w", between):
                yield group
                group = []
        group.append(found)
    if group:
        yield group


def _answer_proper(raw: str) -> str:
    """The answer without what the model thought before it; of an overlong one, its beginning and end."""
    text = replace_lone_surrogates(raw).lstrip("\ufeff \n")
    ends = list(_THOUGHT_END.finditer(text))
    text = text[ends[-1].end() :] if ends else text
    start = _THOUGHT_START.search(text)
    # A thought that never ends was cut off before the answer.
    text = text[: start.start()] if start else text
    if len(text) > _MOST_READ:
        text = f"{text[: _MOST_READ // 2]}\n{text[-_MOST_READ // 2 :]}"
    return _tagged(text).strip()


def _tagged(text: str) -> str:
    """What the last `<answer>` tag holds; the whole text where there is none."""
    tags = list(_ANSWER_TAG.finditer(text))
    for opening, closing in zip(tags[-2::-1], tags[:0:-1], strict=True):
        if not opening[1] and closing[1]:
            return text[opening.end() : closing.start()]
    return text

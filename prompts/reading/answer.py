"""Answer text -> votes.

Most answers are the JSON object that was asked for, and are read at once. For all others there is
an order of ways to read them, and the first that finds something counts:

1. The whole answer is JSON of another form: a list, a wrapper, other keys.
2. JSON is somewhere in the answer proper, which is the text without the model's thoughts
   (`answer_text`). Objects are repaired if need be (`json_objects`).
3. Where several attributes were asked: `Key: value` lines (`prose.read_lines`).
4. Where one attribute was asked: the answer in words (`prose.read_words`).

JSON gives values to attributes (`named_values`). What a value votes for is up to the attribute's
`Vocabulary`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeVar

from .answer_text import answer_proper, starts_next_turn, without_chat_marks
from .json_objects import JsonObject, find_objects, strict_json
from .named_values import AttributeNames, NamedValues, unnamed_answer
from .prose import is_refusal, read_lines, read_words
from .vocabulary import Vocabulary
from .vote import Vote

Content = TypeVar("Content")
_WORD: Final = re.compile(r"\w")


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
        content = strict_json(raw)
    except ValueError:
        return _AnswerReader(vocabularies).read_text(raw)
    attributes = {vocabulary.attribute for vocabulary in vocabularies}
    if isinstance(content, dict) and content.keys() == attributes:
        # The answer as it was asked for: nothing to look for.
        votes = []
        for vocabulary in vocabularies:
            votes.append(vocabulary.read(content[vocabulary.attribute]))
        return tuple(votes)
    return _AnswerReader(vocabularies).read_json(content)


class _AnswerReader:
    """Reads one answer about some attributes."""

    def __init__(self, vocabularies: Sequence[Vocabulary]) -> None:
        self._vocabularies = vocabularies
        self._only_vocabulary = vocabularies[0] if len(vocabularies) == 1 else None
        self._names = AttributeNames([vocabulary.attribute for vocabulary in vocabularies])

    def read_json(self, content: Any) -> tuple[Vote, ...]:
        """Read an answer that is JSON as a whole."""
        if isinstance(content, str):
            return self.read_text(content)
        values: NamedValues = {}
        self._names.collect(content, values)
        if values:
            return self._votes(values)
        if self._only_vocabulary is not None:
            answers = unnamed_answer(content) if isinstance(content, dict) else [content]
            if answers:
                return (self._only_vocabulary.read(answers[0]),)
        if not isinstance(content, dict):
            return self._all_unreadable()
        return self._votes({})

    def read_text(self, raw: str) -> tuple[Vote, ...]:
        """Read an answer that is not JSON, or not only."""
        text = answer_proper(raw)
        if not text:
            return self._all_unreadable()
        values = self._values_in_objects(text)
        if values is None and '\\"' in text:
            # JSON within a JSON text.
            values = self._values_in_objects(text.replace('\\"', '"'))
        if values is not None:
            return self._votes(values)
        return self._read_words(without_chat_marks(text))

    def _values_in_objects(self, text: str) -> NamedValues | None:
        """What JSON in the text says; None where there is none to go by.

        Objects side by side are one answer. One that comes later, after words, corrects it; but
        what follows a turn that the model made up, the next product and its answer, does not count.
        """
        values: NamedValues = {}
        unnamed_answers: list[Any] = []
        has_certain_object = False
        for group in _groups(text):
            values_of_group: NamedValues = {}
            for json_object in group:
                self._names.collect(json_object.content, values_of_group)
                unnamed_answers = unnamed_answer(json_object.content) or unnamed_answers
                has_certain_object = has_certain_object or json_object.is_certain
            values.update(values_of_group)
        if not values and unnamed_answers and self._only_vocabulary is not None:
            return {self._only_vocabulary.attribute: unnamed_answers}
        return values if values or has_certain_object else None

    def _read_words(self, text: str) -> tuple[Vote, ...]:
        """Read an answer without JSON."""
        if self._only_vocabulary is not None:
            return (read_words(text, self._only_vocabulary),)
        text_by_attribute = read_lines(text, self._names.attribute_by_key)
        if text_by_attribute:
            return self._for_each(text_by_attribute, read_words)
        if is_refusal(text):
            return self._for_all(lambda vocabulary: Vote(vocabulary.attribute, "refused"))
        return self._all_unreadable()

    def _votes(self, values: NamedValues) -> tuple[Vote, ...]:
        return self._for_each(values, _read_values)

    def _for_each(
        self, content: Mapping[str, Content], read: Callable[[Content, Vocabulary], Vote]
    ) -> tuple[Vote, ...]:
        """One vote per attribute: what `read` makes of its content; without any, it is left out."""
        votes = []
        for vocabulary in self._vocabularies:
            attribute = vocabulary.attribute
            if attribute in content:
                votes.append(read(content[attribute], vocabulary))
            else:
                votes.append(Vote(attribute, "left_out"))
        return tuple(votes)

    def _for_all(self, make_vote: Callable[[Vocabulary], Vote]) -> tuple[Vote, ...]:
        return tuple(map(make_vote, self._vocabularies))

    def _all_unreadable(self) -> tuple[Vote, ...]:
        return self._for_all(Vocabulary.unreadable_vote)


def _read_values(values: Sequence[Any], vocabulary: Vocabulary) -> Vote:
    """The one vote of values from several objects; unreadable where they contradict each other."""
    votes = [vocabulary.read(value) for value in values]
    last_vote = votes[-1]
    for vote in votes:
        if vote.state != last_vote.state or vote.value != last_vote.value:
            return vocabulary.unreadable_vote()
    return last_vote


def _groups(text: str) -> Iterator[list[JsonObject]]:
    """The objects of a text, those side by side together, up to a turn that the model made up."""
    group: list[JsonObject] = []
    for json_object in find_objects(text):
        if group:
            end_of_group = group[-1].end
            between = text[end_of_group : json_object.start]
            if starts_next_turn(between):
                break
            if _WORD.search(between):
                yield group
                group = []
        group.append(json_object)
    if group:
        yield group

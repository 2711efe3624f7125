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
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

from .answer_objects import AnswerObjects, read_values
from .answer_text import answer_proper, without_chat_marks
from .json_objects import find_objects, strict_json
from .key_value_lines import read_lines
from .named_values import AttributeNames, NamedValues, unnamed_answer
from .prose import has_statement, is_refusal, read_line, read_words
from .turns import find_next_turn
from .vocabulary import Vocabulary
from .vote import Vote
from .wrappers import wrapped_text

Content = TypeVar("Content")
_TUPLE: Final = re.compile(r"\(([^()]{1,200})\)")
_DEEPEST_TEXT: Final = 2
_MOST_TURNS: Final = 20


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

    def __init__(self, vocabularies: Sequence[Vocabulary], depth: int = 0) -> None:
        self._vocabularies = vocabularies
        self._only_vocabulary = vocabularies[0] if len(vocabularies) == 1 else None
        attributes = [vocabulary.attribute for vocabulary in vocabularies]
        numbers = [vocabulary.attribute for vocabulary in vocabularies if vocabulary.numeric]
        self._names = AttributeNames(attributes, numbers)
        self._objects = AnswerObjects(vocabularies, self._names)
        self._depth = depth

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
            vote = self._only_vocabulary.read(answers[0]) if answers else None
            if vote is not None and not (vote.missing and isinstance(answers[0], str)):
                return (vote,)
            return self._read_wrapped_text(content) or self._votes_or_left_out(vote, content)
        return self._read_wrapped_text(content) or self._votes_or_left_out(None, content)

    def _read_wrapped_text(self, content: Any) -> tuple[Vote, ...] | None:
        """Read the text of a message or wrapper; None where it says nothing usable."""
        text = wrapped_text(content)
        if not text or self._depth >= _DEEPEST_TEXT:
            return None
        votes = _AnswerReader(self._vocabularies, self._depth + 1).read_text(text)
        return None if all(vote.missing for vote in votes) else votes

    def _votes_or_left_out(self, vote: Vote | None, content: Any) -> tuple[Vote, ...]:
        if vote is not None:
            return (vote,)
        return self._votes({}) if isinstance(content, dict) else self._all_unreadable()

    def read_text(self, raw: str) -> tuple[Vote, ...]:
        """Read an answer that is not JSON, or not only."""
        text = answer_proper(raw)
        if not text:
            return self._all_unreadable()
        answer = self._objects.read(text)
        if not answer.values and answer.has_certain_object:
            contents = [json_object.content for json_object in find_objects(text)]
            votes = self._read_wrapped_text(contents)
            if votes is not None:
                return votes
        if not answer.values and '\\"' in text:
            # JSON within a JSON text.
            answer = self._objects.read(text.replace('\\"', '"'))
        if answer.values:
            return self._votes(answer.values)
        if answer.has_certain_object:
            return self._votes({})
        return self._read_words(without_chat_marks(text))

    def _read_words(self, text: str) -> tuple[Vote, ...]:
        """Read an answer without JSON, up to a turn that the model made up."""
        position = 0
        for _ in range(_MOST_TURNS):
            place = find_next_turn(text[position:], self._names.attribute_by_key)
            if place is None:
                break
            start_of_turn = position + place
            first_turn = text[:start_of_turn]
            votes = self._read_turn(first_turn)
            if any(not vote.missing for vote in votes):
                return votes if self._is_answer(first_turn) else self._common_votes(votes, text)
            end_of_line = text.find("\n", start_of_turn)
            if end_of_line < 0:
                break
            position = end_of_line + 1
        return self._read_turn(text)

    def _is_answer(self, text: str) -> bool:
        """Whether words are an answer, and not a heading that could be read as one."""
        vocabulary = self._only_vocabulary
        return vocabulary is None or vocabulary.closed or has_statement(text, vocabulary)

    def _common_votes(self, votes: tuple[Vote, ...], text: str) -> tuple[Vote, ...]:
        """Votes of the beginning of a text, unless the whole text says something else."""
        whole_votes = self._read_turn(text)
        is_contradiction = whole_votes != votes and not whole_votes[0].missing
        return self._all_unreadable() if is_contradiction else votes

    def _read_turn(self, text: str) -> tuple[Vote, ...]:
        """Read words that are all about the product that was asked."""
        text_by_attribute = read_lines(text, self._names)
        if self._only_vocabulary is not None:
            value = text_by_attribute.get(self._only_vocabulary.attribute)
            if isinstance(value, dict):  # its unit stands in a line of its own
                return (self._only_vocabulary.read(value),)
            return (_read_one(text, self._only_vocabulary),)
        if text_by_attribute:
            return self._for_each(text_by_attribute, read_line)
        if is_refusal(text):
            return self._for_all(lambda vocabulary: Vote(vocabulary.attribute, "refused"))
        return self._all_unreadable()

    def _votes(self, values: NamedValues) -> tuple[Vote, ...]:
        return self._for_each(values, read_values)

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


def _read_one(text: str, vocabulary: Vocabulary) -> Vote:
    """Read the answer to a question about one attribute; Python's tuple may hold it."""
    pair = _TUPLE.fullmatch(text.strip())
    if pair is not None:
        try:
            return vocabulary.read(strict_json(f"[{pair[1].replace(chr(39), chr(34))}]"))
        except ValueError:
            pass
    return read_words(text, vocabulary)

"""Which of several JSON objects in one text is the answer (docs/design.md#prompts-and-answers).

Objects side by side are one answer, whose parts must not contradict each other. Between objects
that stand apart, words decide: what follows a turn that the model made up does not count, and what
follows second thoughts does. Without such words the first complete answer counts, if it was
announced as one and is not the end of thoughts; else what two objects say differently is not
understood, since nobody can tell which was meant. The form said back is no answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from .json_objects import JsonObject, find_objects
from .named_values import AttributeNames, NamedValues, unnamed_answer
from .turns import announces_answer, find_next_turn, offers_another, takes_back
from .vocabulary import Vocabulary
from .vote import Vote

_WORD: Final = re.compile(r"\w")


@dataclass(frozen=True, slots=True)
class ObjectsOfAnswer:
    """What the JSON of a text says.

    Attributes:
        values: The values that count.
        has_certain_object: Whether there is JSON in it at all that is no guess.
    """

    values: NamedValues
    has_certain_object: bool


@dataclass(frozen=True, slots=True)
class _Group:
    """Objects side by side.

    Attributes:
        objects: They.
        between: The words since the group before, or since the text's beginning.
    """

    objects: Sequence[JsonObject]
    between: str


class AnswerObjects:
    """Finds the answer among the objects of a text.

    Args:
        vocabularies: Those of the attributes that were asked.
        names: The attributes by name.
    """

    def __init__(self, vocabularies: Sequence[Vocabulary], names: AttributeNames) -> None:
        self._names = names
        self._vocabulary_by_attribute: Mapping[str, Vocabulary] = {
            vocabulary.attribute: vocabulary for vocabulary in vocabularies
        }

    def read(self, text: str) -> ObjectsOfAnswer:
        """What the JSON in a text says."""
        groups = list(_groups(text))
        has_certain_object = False
        for group in groups:
            if any(json_object.is_certain for json_object in group.objects):
                has_certain_object = True
        values = self._choose(groups, self._named_values)
        if not values and len(self._vocabulary_by_attribute) == 1:
            values = self._choose(groups, self._unnamed_values)
        if not values:
            # At most the form said back.
            for group in groups:
                values.update(self._named_values(group))
        return ObjectsOfAnswer(values, has_certain_object)

    def _choose(
        self, groups: Sequence[_Group], read_group: Callable[[_Group], NamedValues]
    ) -> NamedValues:
        """The values of the groups that count."""
        chosen_values: NamedValues = {}
        is_announced = False
        between = ""
        for group in groups:
            between += group.between
            values = self._without_echoes(read_group(group))
            if not values:
                continue
            if not chosen_values:
                chosen_values = values
                is_announced = announces_answer(between)
            elif find_next_turn(between, self._names.attribute_by_key) is not None:
                break
            else:
                self._add(chosen_values, values, between, is_announced=is_announced)
            between = ""
        return chosen_values

    def _add(
        self, chosen_values: NamedValues, values: NamedValues, between: str, *, is_announced: bool
    ) -> None:
        """Take in what a further group says, as the words before it have it."""
        asked_attributes = self._vocabulary_by_attribute.keys()
        is_complete = chosen_values.keys() == asked_attributes
        contradictions = []
        for name in values:
            if self._differ(name, chosen_values, values):
                contradictions.append(name)
        is_draft = not is_announced and (not is_complete or announces_answer(between))
        counts = not contradictions or takes_back(between) or is_draft
        is_settled = is_announced and is_complete
        if counts:
            for name, own_values in values.items():
                if name in contradictions or name not in chosen_values:
                    chosen_values[name] = own_values
        elif not is_settled or offers_another(between):
            for name in contradictions:
                first_values = chosen_values[name]
                chosen_values[name] = [*first_values, *values[name]]

    def _differ(self, name: str, chosen_values: NamedValues, values: NamedValues) -> bool:
        if name not in chosen_values:
            return False
        vocabulary = self._vocabulary_by_attribute[name]
        vote = read_values(chosen_values[name], vocabulary)
        other_vote = read_values(values[name], vocabulary)
        return (vote.state, vote.value) != (other_vote.state, other_vote.value)

    def _named_values(self, group: _Group) -> NamedValues:
        values: NamedValues = {}
        for json_object in group.objects:
            self._names.collect(json_object.content, values)
        return values

    def _unnamed_values(self, group: _Group) -> NamedValues:
        answers: list[Any] = []
        for json_object in group.objects:
            answers = unnamed_answer(json_object.content) or answers
        attribute = next(iter(self._vocabulary_by_attribute))
        return {attribute: answers} if answers else {}

    def _without_echoes(self, values: NamedValues) -> NamedValues:
        """The values that are not the form said back."""
        answers: NamedValues = {}
        for name, own_values in values.items():
            vocabulary = self._vocabulary_by_attribute[name]
            kept_values = [value for value in own_values if not vocabulary.is_echo(value)]
            if kept_values:
                answers[name] = kept_values
        # Where only some values are the form, the object is an answer all the same.
        return {**values, **answers} if answers else {}


def read_values(values: Sequence[Any], vocabulary: Vocabulary) -> Vote:
    """The one vote of values from several objects; unreadable where they contradict each other."""
    own_values = [value for value in values if not vocabulary.is_echo(value)]
    votes = [vocabulary.read(value) for value in own_values or values]
    last_vote = votes[-1]
    for vote in votes:
        if vote.state != last_vote.state or vote.value != last_vote.value:
            return vocabulary.unreadable_vote()
    return last_vote


def _groups(text: str) -> Iterator[_Group]:
    """The objects of a text, those side by side together."""
    objects: list[JsonObject] = []
    between = ""
    position = 0
    for json_object in find_objects(text):
        words = text[position : json_object.start]
        if objects and _WORD.search(words):
            yield _Group(objects, between)
            objects = []
        if not objects:
            between = words
        objects.append(json_object)
        position = json_object.end
    if objects:
        yield _Group(objects, between)

"""Messages -> tokens, in the words of the model's own chat template."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import jinja2

from ...configs.message import Message

_MOST_OPENINGS = 1024


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt in two parts.

    Attributes:
        opening: Tokens of what is the same for all products that are asked the same; may be empty.
        rest: Tokens of what follows: the product, and what the template puts before the answer.
    """

    opening: tuple[int, ...]
    rest: tuple[int, ...]

    @property
    def length(self) -> int:
        """Tokens of both."""
        return len(self.opening) + len(self.rest)

    @property
    def tokens(self) -> tuple[int, ...]:
        """Both in one."""
        return self.opening + self.rest


class Chat:
    """Writes conversations as one model was taught to read them.

    Args:
        tokenizer: A tokenizer of transformers with a chat template.
    """

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        self._disarm = _disarmer(tokenizer.get_added_vocab())
        self._openings: dict[tuple[str, ...], tuple[int, ...]] = {}

    def prompt(self, messages: Sequence[Message]) -> Prompt:
        """The tokens of a conversation, up to where the answer begins."""
        messages = [
            Message(role=turn["role"], content=self._disarm(turn["content"])) for turn in messages
        ]
        tokens = self._tokens(messages)
        opening = self._opening(messages, tokens)
        if tokens[: len(opening)] != opening:
            opening = ()
        return Prompt(opening, tokens[len(opening) :])

    def _opening(self, messages: Sequence[Message], tokens: tuple[int, ...]) -> tuple[int, ...]:
        """The tokens before the last message, which are the same whatever that says.

        Where they end cannot be cut out of the text, because a token may reach across the border.
        So the last message is replaced by others: by one that has nothing in common with it, and by
        one that begins alike.
        """
        key = tuple(part for turn in messages[:-1] for part in (turn["role"], turn["content"]))
        known = self._openings.get(key)
        if known is not None:
            return known
        if len(self._openings) >= _MOST_OPENINGS:
            self._openings.clear()
        last = messages[-1]
        others = [
            Message(role=last["role"], content=content)
            for content in ("0", f"{last['content'][:1]}0")
        ]
        found = tokens[:-1]
        for other in others:
            found = _shared(found, self._tokens([*messages[:-1], other]))
        self._openings[key] = found
        return found

    def _tokens(self, messages: Sequence[Message]) -> tuple[int, ...]:
        try:
            text = self._rendered(messages)
        except jinja2.TemplateError:  # templates without a system turn refuse one
            text = self._rendered(_without_system(messages))
        return tuple(self._tokenizer(text, add_special_tokens=False)["input_ids"])

    def _rendered(self, messages: Sequence[Message]) -> str:
        # Templates that know of thinking leave it out; others do not look at the variable.
        rendered: str = self._tokenizer.apply_chat_template(
            list(messages), tokenize=False, add_generation_prompt=True, enable_thinking=False
        )
        return rendered


def _shared(one: Sequence[int], other: Sequence[int]) -> tuple[int, ...]:
    """What both begin with."""
    pairs = itertools.takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False))
    return tuple(token for token, _ in pairs)


def _without_system(messages: Sequence[Message]) -> list[Message]:
    """The system message's text at the head of the first turn of the user."""
    if len(messages) < 2 or messages[0]["role"] != "system":
        return list(messages)
    system, first, *others = messages
    return [
        Message(role=first["role"], content=f"{system['content']}\n\n{first['content']}"),
        *others,
    ]


def _disarmer(added: Iterable[str]) -> Callable[[str], str]:
    """A function that breaks up, in texts, what the tokenizer would take for the marks of a turn.

    A product's text that says `<|im_end|>` must not end the turn it stands in.
    """
    marks = sorted(
        (mark for mark in added if len(mark) > 1 and mark.strip() == mark), key=len, reverse=True
    )

    def disarm(text: str) -> str:
        for mark in marks:
            if mark in text:
                text = text.replace(mark, f"{mark[:1]} {mark[1:]}")
        return text

    return disarm

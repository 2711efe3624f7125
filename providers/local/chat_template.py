"""Messages -> tokens, in the words of the model's own chat template."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import jinja2

from ...configs.message import Message

_MAX_CACHED_PREFIXES = 1024

Tokens = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class TokenizedPrompt:
    """A prompt in two parts.

    Attributes:
        prefix: Tokens of what is the same for all products that are asked the same; may be empty.
        rest: Tokens of what follows: the product, and what the template puts before the answer.
    """

    prefix: Tokens
    rest: Tokens

    @property
    def length(self) -> int:
        """Tokens of both."""
        return len(self.prefix) + len(self.rest)

    @property
    def tokens(self) -> Tokens:
        """Both in one."""
        return self.prefix + self.rest


class ChatTemplate:
    """Writes conversations as one model was taught to read them.

    Args:
        tokenizer: A tokenizer of transformers with a chat template.
    """

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        self._markers = _find_markers(tokenizer.get_added_vocab())
        self._prefixes: dict[tuple[str, ...], Tokens] = {}

    def tokenize(self, messages: Sequence[Message]) -> TokenizedPrompt:
        """The tokens of a conversation, up to where the answer begins."""
        safe_messages = [self._break_markers(message) for message in messages]
        tokens = self._tokens_of(safe_messages)
        prefix = self._prefix_of(safe_messages, tokens)
        if tokens[: len(prefix)] != prefix:
            prefix = ()
        return TokenizedPrompt(prefix, tokens[len(prefix) :])

    def _break_markers(self, message: Message) -> Message:
        """Break up, in a text, what the tokenizer would take for the marks of a turn.

        A product's text that says `<|im_end|>` must not end the turn it stands in.
        """
        text = message["content"]
        for marker in self._markers:
            text = text.replace(marker, f"{marker[:1]} {marker[1:]}")
        return Message(role=message["role"], content=text)

    def _prefix_of(self, messages: Sequence[Message], tokens: Tokens) -> Tokens:
        """The tokens before the last message, which are the same whatever that says.

        Where they end cannot be cut out of the text, because a token may reach across the border.
        So the last message is replaced by others: by one that has nothing in common with it, and by
        one that begins alike.
        """
        *earlier, last = messages
        key = tuple(part for turn in earlier for part in (turn["role"], turn["content"]))
        cached_prefix = self._prefixes.get(key)
        if cached_prefix is not None:
            return cached_prefix
        if len(self._prefixes) >= _MAX_CACHED_PREFIXES:
            self._prefixes.clear()
        prefix = tokens[:-1]
        for content in ("0", f"{last['content'][:1]}0"):
            other = Message(role=last["role"], content=content)
            prefix = _common_prefix(prefix, self._tokens_of([*earlier, other]))
        self._prefixes[key] = prefix
        return prefix

    def _tokens_of(self, messages: Sequence[Message]) -> Tokens:
        try:
            text = self._render(messages)
        except jinja2.TemplateError:  # templates without a system turn refuse one
            text = self._render(_without_system(messages))
        return tuple(self._tokenizer(text, add_special_tokens=False)["input_ids"])

    def _render(self, messages: Sequence[Message]) -> str:
        # Templates that know of thinking leave it out; others do not look at the variable.
        text: str = self._tokenizer.apply_chat_template(
            list(messages), tokenize=False, add_generation_prompt=True, enable_thinking=False
        )
        return text


def _common_prefix(one: Tokens, other: Tokens) -> Tokens:
    """What both begin with."""
    length = 0
    for token, other_token in zip(one, other, strict=False):
        if token != other_token:
            break
        length += 1
    return one[:length]


def _without_system(messages: Sequence[Message]) -> list[Message]:
    """The system message's text at the head of the first turn of the user."""
    if len(messages) < 2 or messages[0]["role"] != "system":
        return list(messages)
    system, first, *others = messages
    content = f"{system['content']}\n\n{first['content']}"
    return [Message(role=first["role"], content=content), *others]


def _find_markers(special_tokens: Iterable[str]) -> list[str]:
    """The texts with which a tokenizer marks turns, the longest first."""
    markers = []
    for text in special_tokens:
        has_spaces_around = text.strip() != text
        if len(text) > 1 and not has_spaces_around:
            markers.append(text)
    return sorted(markers, key=len, reverse=True)

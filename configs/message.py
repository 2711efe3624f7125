"""One turn of a conversation: prompts write it, providers send it."""

from __future__ import annotations

from typing import Literal, TypedDict


class Message(TypedDict):
    """One turn of the conversation."""

    role: Literal["system", "user", "assistant"]
    content: str

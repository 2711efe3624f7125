"""The states of a vote: what became of one model's answer on one cell, and which of them count."""

from __future__ import annotations

from typing import Literal, get_args

VoteState = Literal["value", "absent", "left_out", "off_list", "unreadable", "refused"]
"""What an answer says about a cell: a value, n/a, or why there is neither."""

USABLE_STATES = ("value", "absent")
"""The states that count as a vote; all others are a missing vote, and why."""

STATES: tuple[str, ...] = (*get_args(VoteState), "failed", "not_asked")
"""All states of a cell, in the order by which arrays number them: without an answer, the request
failed, or none was sent yet."""


def is_usable(state: str) -> bool:
    """Whether a vote in this state counts as one."""
    return state in USABLE_STATES

"""The vote: what a model's answer says about one cell."""

from __future__ import annotations

from dataclasses import dataclass

from ...configs.vote_states import VoteState, is_usable


@dataclass(frozen=True, slots=True)
class Vote:
    """What one answer says about one attribute.

    Attributes:
        attribute: Name of the attribute.
        state: `value`; `absent` (the model looked and says n/a); or why there is no usable vote
            (*missing*): the answer does not speak of the attribute (`left_out`), names a value or
            unit that is not allowed (`off_list`), cannot be understood (`unreadable`), or declines
            to answer (`refused`).
        value: What is counted: the canonical value of a closed attribute; of an open one, the text
            folded (`value_form`) or the number as 12 significant digits in the attribute's unit.
            None unless `state` is `value`.
        spelling: The model's own words, trimmed; None where it said nothing that could be told
            apart.
    """

    attribute: str
    state: VoteState
    value: str | None = None
    spelling: str | None = None

    @property
    def missing(self) -> bool:
        """Whether the cell got no usable vote from this answer."""
        return not is_usable(self.state)

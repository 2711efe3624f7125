"""Which cached answers are good enough, and which cells are asked again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .coverage import FAILED, UNUSABLE

BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class ReaskPolicy:
    """Which cached answers are good enough.

    Attributes:
        retry_failed: Ask again where a finished answer gave no usable vote.
        refresh: Ask again what is cached.
        since_ns: When that was ordered, where several calls carry it out: what was answered since
            then is not asked again. In UTC, like `answered_ns`.
    """

    retry_failed: bool = False
    refresh: bool = False
    since_ns: int | None = None

    @property
    def again(self) -> bool:
        """Whether asking again was ordered."""
        return self.retry_failed or self.refresh

    def to_ask(self, state: npt.NDArray[np.int8]) -> BoolArray:
        """Which cells with these states are to be asked."""
        if self.refresh:
            return np.ones(state.shape, bool)
        again = state <= FAILED
        return again | (state == UNUSABLE) if self.retry_failed else again

"""Which cached answers are good enough, and which cells are asked again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .arrow_arrays import BoolArray
from .coverage import NO_ANSWER, NO_VOTE


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
    def asks_again(self) -> bool:
        """Whether asking again was ordered."""
        return self.retry_failed or self.refresh

    def to_ask(self, states: npt.NDArray[np.int8]) -> BoolArray:
        """Which cells are to be asked.

        Args:
            states: [n_products, n_models, n_attributes], as `Selection.states` gives them.

        Returns:
            [n_products, n_models, n_attributes] bool.
        """
        if self.refresh:
            return np.ones(states.shape, bool)
        return states <= (NO_VOTE if self.retry_failed else NO_ANSWER)

"""Which cached answers are good enough, and which cells are asked again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

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
        since_ns: Digest of a model -> when that was ordered: what it has answered since then is not
            asked again. In UTC, like `answered_ns`.
    """

    retry_failed: bool = False
    refresh: bool = False
    since_ns: Mapping[bytes, int] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """What the cache calls such an order."""
        return "refresh" if self.refresh else "retry_failed"

    @property
    def asks_again(self) -> bool:
        """Whether asking again was ordered."""
        return self.retry_failed or self.refresh

    def to_ask(self, states: npt.NDArray[np.int8]) -> BoolArray:
        """Which cells are to be asked.

        Args:
            states: [n_cells, n_models], as `Selection.states` gives them.

        Returns:
            [n_cells, n_models] bool.
        """
        if self.refresh:
            return np.ones(states.shape, bool)
        return states <= (NO_VOTE if self.retry_failed else NO_ANSWER)

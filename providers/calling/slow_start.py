"""Caution with an account whose limits are not known: a slow start, and holding still while it refuses everything."""

from __future__ import annotations

import math
import random

_FIRST_ROOM = 8
_RAMP_S = 0.25
# So many 429s in a row, of requests sent after the first of them and for so long, and the account
# is left alone.
_REFUSALS_IN_A_ROW = 8
_REFUSALS_FOR_S = 0.25
_FIRST_HOLD_S = 0.1
_LONGEST_OWN_HOLD_S = 5.0
_LONGEST_HOLD_S = 120.0


class SlowStart:
    """How many requests may be in flight before any limit is known: few, more with each answer and as time passes.

    Args:
        most: Most requests in flight, ever.

    Attributes:
        ramp_at: When there will be twice as much room.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._room = min(_FIRST_ROOM, most)
        self.ramp_at = -math.inf

    def room(self, now: float) -> int:
        """Requests that may be in flight now."""
        if self._room < self._most and now >= self.ramp_at:
            if self.ramp_at > -math.inf:
                self._room = min(2 * self._room, self._most)
            self.ramp_at = now + _RAMP_S
        return self._room

    def widen(self) -> None:
        """Something was answered."""
        self._room = min(self._room + 1, self._most)

    def finish(self) -> None:
        """The rate is known, and takes over."""
        self._room = self._most

    def narrow(self, accepted: int) -> None:
        """Stop at what the account has accepted; from now on only answers widen it."""
        self._room = max(1, min(self._room, accepted))
        self.ramp_at = math.inf


class Cooldown:
    """Leaves an account alone that refuses everything, and then tries it with one request at a time.

    Attributes:
        until: Nothing starts before this time.
        probing: Whether that one request is on its way.
    """

    def __init__(self) -> None:
        self.until = -math.inf
        self.probing = False
        self._since = math.inf
        self._in_a_row = 0
        self._holds = 0

    def begin(self) -> None:
        """A request starts."""
        self.probing = self._holds > 0

    def lift(self) -> None:
        """Something was answered."""
        self._since, self._in_a_row, self._holds = math.inf, 0, 0

    def refuse(
        self, now: float, began_at: float, retry_after_s: float | None, *, ever_let_through: bool
    ) -> bool:
        """Count a 429; with too many in a row, hold for as long as the vendor asks, or longer each time.

        Args:
            now: The present time.
            began_at: When the refused request was sent.
            retry_after_s: How long the vendor asks to wait, if it does.
            ever_let_through: Whether the account ever let anything through; where it did not, one
                429 is too many.

        Returns:
            Whether a hold begins.
        """
        self._since = min(self._since, now)
        self._in_a_row += began_at >= self._since
        too_many = self._in_a_row >= _REFUSALS_IN_A_ROW and now - self._since >= _REFUSALS_FOR_S
        if self.until > now or not (too_many or self._holds or not ever_let_through):
            return False
        self._holds += 1
        own_s = min(_FIRST_HOLD_S * 2 ** min(self._holds, 10), _LONGEST_OWN_HOLD_S)
        asked_s = own_s if retry_after_s is None else max(0.0, min(retry_after_s, _LONGEST_HOLD_S))
        self.until = now + asked_s * random.uniform(1.0, 1.1)  # noqa: S311  jitter
        return True

"""A slow start where limits are not known, and a cooldown while an account refuses everything."""

from __future__ import annotations

import math
import random

_FIRST_SLOTS = 8
_RAMP_S = 0.25
# So many 429s in a row, of requests sent after the first of them and for so long, and the account
# is left alone.
_REFUSALS_IN_A_ROW = 8
_REFUSALS_FOR_S = 0.25
# So many failures in a row of a server that is down, and the account is left alone too.
_OUTAGES_IN_A_ROW = 20
_FIRST_COOLDOWN_S = 0.1
_LONGEST_OWN_COOLDOWN_S = 5.0
_LONGEST_COOLDOWN_S = 120.0


class SlowStart:
    """How many requests may be in flight before any limit is known: few, then more.

    There is one more with each answer, and twice as many after a while.

    Args:
        most: Most requests in flight, ever.

    Attributes:
        ramp_at: When there will be twice as many slots.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._slots = min(_FIRST_SLOTS, most)
        self._is_recovering = False
        self.ramp_at = -math.inf

    def slots(self, now: float) -> int:
        """Requests that may be in flight now."""
        if self._slots < self._most and now >= self.ramp_at:
            if self.ramp_at > -math.inf:
                self._slots = min(2 * self._slots, self._most)
            self.ramp_at = now + _RAMP_S
        return self._slots

    def grow(self) -> None:
        """Something was answered."""
        self._slots = min(self._slots + 1, self._most)
        self._is_recovering &= self._slots < self._most

    def finish(self) -> None:
        """The rate is known, and takes over."""
        if not self._is_recovering:
            self._slots = self._most

    def begin_anew(self) -> None:
        """The server was down: it is given no more at once than it shows that it can take."""
        self._slots = 1
        self._is_recovering = True
        self.ramp_at = math.inf

    def shrink_to(self, in_flight: int) -> None:
        """Stop at what the account has accepted; from now on only answers add slots."""
        self._slots = max(1, min(self._slots, in_flight))
        self.ramp_at = math.inf


class Cooldown:
    """Leaves an account alone that refuses everything, then tries one request at a time.

    Attributes:
        until: Nothing starts before this time.
        is_probing: Whether that one request is on its way.
    """

    def __init__(self) -> None:
        self.until = -math.inf
        self.is_probing = False
        self._since = math.inf
        self._refusals_in_a_row = 0
        self._outages_in_a_row = 0
        self._cooldowns = 0

    def begin(self) -> None:
        """A request starts."""
        self.is_probing = self._cooldowns > 0

    def lift(self) -> None:
        """Something was answered."""
        self._since = math.inf
        self._refusals_in_a_row = 0
        self._outages_in_a_row = 0
        self._cooldowns = 0

    def fail(self, now: float) -> bool:
        """Count a failure of a server that may be down; with too many in a row, wait.

        Returns:
            Whether a cooldown begins.
        """
        self._outages_in_a_row += 1
        if self.until > now or self._outages_in_a_row < _OUTAGES_IN_A_ROW:
            return False
        self._cool_down(now, None)
        return True

    def refuse(
        self, now: float, began_at: float, retry_after_s: float | None, *, ever_let_through: bool
    ) -> bool:
        """Count a 429; with too many in a row, wait as the vendor asks, or longer each time.

        Args:
            now: The present time.
            began_at: When the refused request was sent.
            retry_after_s: How long the vendor asks to wait, if it does.
            ever_let_through: Whether the account ever let anything through; where it did not, one
                429 is too many.

        Returns:
            Whether a cooldown begins.
        """
        self._since = min(self._since, now)
        if began_at >= self._since:
            self._refusals_in_a_row += 1
        if self.until > now or not self._is_needed(now, ever_let_through=ever_let_through):
            return False
        self._cool_down(now, retry_after_s)
        return True

    def _cool_down(self, now: float, retry_after_s: float | None) -> None:
        self._cooldowns += 1
        self.until = now + self._length_s(retry_after_s) * random.uniform(1.0, 1.1)  # noqa: S311  jitter

    def _is_needed(self, now: float, *, ever_let_through: bool) -> bool:
        if self._cooldowns or not ever_let_through:
            return True
        lasts = now - self._since >= _REFUSALS_FOR_S
        return lasts and self._refusals_in_a_row >= _REFUSALS_IN_A_ROW

    def _length_s(self, retry_after_s: float | None) -> float:
        if retry_after_s is not None:
            return max(0.0, min(retry_after_s, _LONGEST_COOLDOWN_S))
        doublings = min(self._cooldowns, 10)
        return min(_FIRST_COOLDOWN_S * 2.0**doublings, _LONGEST_OWN_COOLDOWN_S)

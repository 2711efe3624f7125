"""What a run tells whoever watches it. The command line draws it; a library user may ignore it."""

from __future__ import annotations

from typing import Protocol

from ...configs.notices import Notice


class Observer(Protocol):
    """Hears of everything that happens in a run, in order, in the run's own thread."""

    def on_plan(self, model: str, *, requests: int, cells: int, cached_cells: int) -> None:
        """More work of a model is known; it adds up.

        Args:
            model: Its name.
            requests: Requests to send.
            cells: Cells that they ask.
            cached_cells: Cells that need no asking.
        """

    def on_answer(
        self,
        model: str,
        *,
        usable: bool,
        input_tokens: int,
        output_tokens: int,
        cost_usd: float | None,
    ) -> None:
        """A model answered one request.

        Args:
            model: Its name.
            usable: Whether the answer gave at least one vote.
            input_tokens: Tokens sent, as far as the vendor counted them.
            output_tokens: Tokens received, likewise.
            cost_usd: None where its price is not known.
        """

    def on_failure(self, model: str, error: str) -> None:
        """A request got no answer."""

    def on_stop(self, model: str, reason: str) -> None:
        """A model is over for this run."""

    def note(self, text: str) -> None:
        """Something worth knowing."""

    def warning(self, notice: Notice) -> None:
        """Something that may be wrong."""


class Silent:
    """An observer that does nothing."""

    def on_plan(self, model: str, *, requests: int, cells: int, cached_cells: int) -> None:
        """See `Observer`."""

    def on_answer(
        self,
        model: str,
        *,
        usable: bool,
        input_tokens: int,
        output_tokens: int,
        cost_usd: float | None,
    ) -> None:
        """See `Observer`."""

    def on_failure(self, model: str, error: str) -> None:
        """See `Observer`."""

    def on_stop(self, model: str, reason: str) -> None:
        """See `Observer`."""

    def note(self, text: str) -> None:
        """See `Observer`."""

    def warning(self, notice: Notice) -> None:
        """See `Observer`."""

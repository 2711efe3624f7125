"""What the results of one batch say of its requests, and what they leave open."""

from __future__ import annotations

from dataclasses import dataclass, field

from ...configs.errors import ProviderError, RefusedRequestError, UnreadableResultError
from ...providers.batches.batch_api import BatchStatus
from ...providers.protocol import Reply
from ..cache.batch_records import BatchRequest

Outcome = tuple[BatchRequest, Reply | ProviderError]


@dataclass
class BatchOutcomes:
    """Outcomes as they come from the vendor, once or, where something is missing, a second time.

    Attributes:
        open_requests: The requests without an outcome, by custom id.
        refusals: Requests that the vendor refused.
        others: Further outcomes, until they are settled.
        replies: Number of answers, those included that an earlier call has settled.
        problem: The first failure that trying again would not change, in words.
        unreadable: What cannot be read of the answers to open requests, by custom id.
        unnamed_lines: What cannot be read, and does not tell what it answers.
    """

    open_requests: dict[str, BatchRequest]
    refusals: list[Outcome] = field(default_factory=list)
    others: list[Outcome] = field(default_factory=list)
    replies: int = 0
    problem: str = ""
    unreadable: dict[str, UnreadableResultError] = field(default_factory=dict)
    unnamed_lines: int = 0
    _own_lines: int = 0
    _other_lines: int = 0
    _own_answers: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._own_ids = frozenset(self.open_requests)

    def begin(self) -> None:
        """The results are read, from their first line on."""
        self.replies = 0
        self.unnamed_lines = 0
        self._own_lines = 0
        self._other_lines = 0

    def add(self, custom_id: str, outcome: Reply | ProviderError) -> None:
        """Take in one outcome, also of a request that was settled before."""
        if not custom_id:
            self.unnamed_lines += 1
            return
        if custom_id in self._own_ids:
            self._own_lines += 1
        else:
            self._other_lines += 1
        if isinstance(outcome, UnreadableResultError):
            self.unreadable[custom_id] = outcome
        else:
            self._settle(custom_id, outcome)

    def _settle(self, custom_id: str, outcome: Reply | ProviderError) -> None:
        if isinstance(outcome, Reply):
            self.replies += 1
            self._own_answers |= {custom_id} & self._own_ids
        elif not outcome.retryable:
            self.problem = self.problem or outcome.message
        request = self.open_requests.pop(custom_id, None)
        if request is None:
            return
        if isinstance(outcome, RefusedRequestError):
            self.refusals.append((request, outcome))
        else:
            self.others.append((request, outcome))

    def is_of_something_else(self, status: BatchStatus) -> bool:
        """Whether what was read is no file of results of this batch, but a page, say, or another's.

        Args:
            status: How the batch stands.
        """
        if self._own_lines or not self.open_requests:
            return False
        is_empty = not self._other_lines and not self.unnamed_lines
        if is_empty:
            return status.answers > 0
        return self.unnamed_lines > 0 or self._other_lines > self._settled_before(status)

    def has_lost_answers(self, status: BatchStatus) -> bool:
        """Whether answers were made of which no line can be read, and none tells which."""
        n_seen = len(self._own_answers) + len(self.unreadable) + self._settled_before(status)
        return self.unnamed_lines > 0 or status.answers > n_seen

    def _settled_before(self, status: BatchStatus) -> int:
        """Requests of the batch that an earlier call has settled, as far as the vendor counts."""
        return max(status.total - len(self._own_ids), 0)

"""The requests of one model that will be submitted.

Equal ones are merged, also with those that are on their way.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from ..cache.batch_records import BatchRequest
from ..cache.ledger import Ledger
from ..planning.plan import Question
from ..planning.questionnaire import Questionnaire


@dataclass
class RequestPool:
    """Requests that wait to be submitted.

    Args:
        ledger: Knows the requests that are on their way.
    """

    ledger: Ledger
    _requests: dict[bytes, BatchRequest] = field(default_factory=dict)
    _additions: list[tuple[str, BatchRequest]] = field(default_factory=list)

    def merge(self, request: BatchRequest) -> bool:
        """Let a request share the answer to an equal one, if one is in the pool or on its way.

        Returns:
            Whether there is one.
        """
        equal_request = self._requests.get(request.key)
        if equal_request is not None:
            products = (*equal_request.products, *request.products)
            self._requests[request.key] = replace(equal_request, products=products)
            return True
        tag = self.ledger.tag_of(request.key)
        if tag is not None:
            self._additions.append((tag, request))
        return tag is not None

    def add(self, request: BatchRequest) -> None:
        """Put a request into the pool."""
        self._requests[request.key] = request

    def take(self, custom_ids: Iterable[str]) -> list[BatchRequest]:
        """Take requests out of the pool, by the hex of their keys."""
        keys = map(bytes.fromhex, custom_ids)
        return [self._requests.pop(key) for key in keys]

    def write_additions(self) -> None:
        """Write down who shares the answers to requests on their way.

        All at once, because each writing takes time.

        Raises:
            CacheError: It could not be written down.
        """
        additions = self._additions
        self._additions = []
        self.ledger.add_products(additions)


def batch_request(key: bytes, question: Question, questionnaire: Questionnaire) -> BatchRequest:
    """A question as the ledger has it."""
    parts = []
    for index in question.attributes:
        name = questionnaire.attributes[index].name
        parts.append((name, questionnaire.parts[index]))
    products = tuple((product_id, question.text_digest) for product_id in question.product_ids)
    return BatchRequest(key, tuple(parts), products)

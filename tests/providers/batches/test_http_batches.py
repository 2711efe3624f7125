"""Whatever a batch API says, a call ends with what it was asked for or an error of attrx."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from asking import model_at, request

from attrx.configs.errors import ProviderError, UnavailableError
from attrx.providers.batches.batch_api import BatchMatches, BatchProvider, BatchStatus
from attrx.providers.batches.result_lines import UnreadableLine, read_lines
from attrx.providers.protocol import Reply
from attrx.providers.registry import open_batches
from attrx.testing import Fault, VendorServer
from attrx.testing.batch_services import Response
from attrx.testing.http_server import HttpRequest
from attrx.testing.vendor_batches import AnthropicBatchService, OpenAIBatchService

TAG = "0123abcd"
VENDORS = ("openai", "anthropic")
ODD: list[Any] = [None, True, -1, 2**70, 1e308, "", "x" * 10_000, "\x00", [], [[]], {}, {"a": {}}]
NAMES = (
    "id",
    "created_at",
    "status",
    "processing_status",
    "request_counts",
    "metadata",
    "errors",
    "data",
    "has_more",
    "output_file_id",
)
STATUS = {"id": "b", "status": "completed"}
BODIES = [
    b"",
    b"[]",
    b"null",
    b'"text"',
    b"[" * 100_000,
    b'{"data": [null, 1, {}, {"id": 7, "created_at": "soon"}], "has_more": true}',
    *[json.dumps({**STATUS, name: odd}).encode() for name in NAMES for odd in ODD],
]


async def fetch_all(batches: BatchProvider) -> list[Any]:
    return [outcome async for _, outcome in batches.results("batch_1")]


CALLS: dict[str, Callable[[BatchProvider], Awaitable[Any]]] = {
    "submit": lambda batches: batches.submit([("cell-0", request())], TAG),
    "poll": lambda batches: batches.poll("batch_1"),
    "find": lambda batches: batches.find(TAG, 0.0),
    "results": fetch_all,
}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("vendor", VENDORS)
def test_odd_words_about_a_batch_end_no_call(vendor: str, call: str) -> None:
    bodies = iter(BODIES)

    def say_odd_things(_: object) -> Fault:
        return Fault(status=200, body=next(bodies, BODIES[-1]))

    async def call_with_each(server: VendorServer) -> list[Any]:
        batches = open_batches(model_at(server, vendor))
        outcomes = []
        for _ in range(len(BODIES)):
            try:
                outcomes.append(await CALLS[call](batches))
            except ProviderError as error:
                outcomes.append(error)
        await batches.close()
        return outcomes

    with VendorServer(faults=say_odd_things) as server:
        outcomes = asyncio.run(call_with_each(server))
    for outcome in outcomes:
        assert isinstance(outcome, str | BatchStatus | BatchMatches | ProviderError | list)
        if isinstance(outcome, str):
            assert 0 < len(outcome) <= 200
        if isinstance(outcome, BatchStatus):
            assert 0 <= outcome.finished_requests <= 2 * 10**9 + 1


def results_of(line: Callable[[dict[str, Any]], Any]) -> tuple[type[Any], type[Any]]:
    """Batch APIs whose lines of results are what `line` makes of them."""

    def changed(response: Response) -> Response:
        status, body = response
        lines = [line(json.loads(each)) for each in body.splitlines()]
        texts = [each if isinstance(each, bytes) else json.dumps(each).encode() for each in lines]
        return status, b"\n".join(texts)

    class OpenAIService(OpenAIBatchService):
        def serve(self, request: HttpRequest, route: Any) -> Response:
            response = super().serve(request, route)
            return changed(response) if route[3] else response

    class AnthropicService(AnthropicBatchService):
        def serve(self, request: HttpRequest, route: Any) -> Response:
            response = super().serve(request, route)
            return changed(response) if route[2] else response

    return OpenAIService, AnthropicService


@pytest.mark.parametrize(
    "odd",
    [
        b"",
        b"null",
        b"[1]",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"custom_id": 7}',
        b'{"custom_id": "0123abcd_cell-0", "response": 5, "result": 5}',
        b'{"custom_id": "0123abcd_cell-0", "response": {"status_code": "9"}, "result": {}}',
        b'{"custom_id": "0123abcd_cell-0", "response": {"status_code": 200, "body": '
        + b'{"choices": ' + b"[" * 300 + b"]" * 300 + b'}}, "result": {"type": "succeeded"}}',
    ],
)  # fmt: skip
@pytest.mark.parametrize("vendor", VENDORS)
def test_a_line_that_cannot_be_used_costs_itself_alone(vendor: str, odd: bytes) -> None:
    def spoil_the_first(line: dict[str, Any]) -> Any:
        return odd if line["custom_id"].endswith("cell-0") else line

    async def collect(server: VendorServer) -> dict[str, Any]:
        batches = open_batches(model_at(server, vendor))
        items = [(f"cell-{number}", request(f"product {number}")) for number in range(3)]
        batch_id = await batches.submit(items, TAG)
        outcomes = {custom_id: outcome async for custom_id, outcome in batches.results(batch_id)}
        await batches.close()
        return outcomes

    with VendorServer(batch_services=results_of(spoil_the_first)) as server:
        outcomes = asyncio.run(collect(server))
    assert isinstance(outcomes["cell-1"], Reply)
    assert isinstance(outcomes["cell-2"], Reply)
    assert isinstance(outcomes.get("cell-0", UnavailableError("")), ProviderError)


def test_a_line_of_any_length_is_passed_over_without_holding_it() -> None:
    content = b'{"a": 1}\n{"b": "' + b"x" * 20_000_000 + b'"}\n{"c": 3}\r\n\n{"d": 4}'
    first, long, *others = read_lines(io.BytesIO(content))
    assert isinstance(long, UnreadableLine)
    assert (long.number, long.reason) == (2, "longer than 8,000,000 bytes")
    assert len(long.raw) == 4_000
    whole_lines = [line[2] for line in (first, *others) if isinstance(line, tuple)]
    assert whole_lines == [{"a": 1}, {"c": 3}, {"d": 4}]


def test_a_byte_order_mark_is_no_part_of_a_line() -> None:
    [line] = read_lines(io.BytesIO(b'\xef\xbb\xbf{"a": 1}\n'))
    assert line == (1, b'{"a": 1}', {"a": 1})

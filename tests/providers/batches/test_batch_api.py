"""The vendors' batch APIs, through their SDKs over HTTP on this machine."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

import pytest
from asking import SCHEMA, answer_of, model_at, request
from hypothesis import given
from hypothesis import strategies as st

from attrx.configs.errors import (
    AuthError,
    ConfigError,
    ProviderError,
    RefusedRequestError,
    UnavailableError,
)
from attrx.configs.settings import ModelSettings, Prices
from attrx.providers.batches.batch_api import (
    BatchLimits,
    BatchMatches,
    BatchProvider,
    Item,
    at_batch_prices,
    split,
    with_tag,
    without_tag,
)
from attrx.providers.protocol import Reply
from attrx.providers.registry import batch_class, batching_providers, open_batches
from attrx.testing import Call, VendorServer

T = TypeVar("T")
TAG = "0123abcd"
VENDORS = ("openai", "anthropic")
vendors = pytest.mark.parametrize("vendor", VENDORS)


def items(count: int = 3, **fields: Any) -> list[Item]:
    return [(f"cell-{number}", request(f"product {number}", **fields)) for number in range(count)]


def with_batches(model: ModelSettings, do: Callable[[BatchProvider], Awaitable[T]]) -> T:
    async def opened() -> T:
        batches = open_batches(model)
        try:
            return await do(batches)
        finally:
            await batches.close()

    return asyncio.run(opened())


async def collected(batches: BatchProvider, batch_id: str) -> dict[str, Reply | ProviderError]:
    return {custom_id: outcome async for custom_id, outcome in batches.results(batch_id)}


async def round_trip(
    batches: BatchProvider, asked: Sequence[Item]
) -> dict[str, Reply | ProviderError]:
    batch_id = await batches.submit(asked, TAG)
    status = await batches.poll(batch_id)
    assert (status.id, status.state, status.total, status.finished_requests) == (
        batch_id,
        "ended",
        len(asked),
        len(asked),
    )
    assert abs(status.created_s - time.time()) < 3600
    return await collected(batches, batch_id)


@vendors
def test_a_batch_gives_the_same_answers_as_single_requests(vendor: str) -> None:
    asked = items(json_schema=SCHEMA, form="json_schema")
    with VendorServer(answer=lambda call: f"about {call.prompt}") as server:
        model = model_at(server, vendor, temperature=0.0, options={"top_p": 0.5})
        outcomes = with_batches(model, lambda batches: round_trip(batches, asked))
        (single,) = (answer_of(model, asked[1][1]),)
        in_batch = next(call for call in server.calls if call.custom_id == f"{TAG}_cell-1")
        alone = server.calls[-1]
    assert {
        custom_id: outcome.text
        for custom_id, outcome in outcomes.items()
        if isinstance(outcome, Reply)
    } == {f"cell-{number}": f"about product {number}" for number in range(3)}
    reply = outcomes["cell-1"]
    assert isinstance(reply, Reply)
    assert (
        reply.text,
        reply.finish,
        reply.input_tokens,
        reply.output_tokens,
        reply.model_version,
    ) == (
        single.text,
        single.finish,
        single.input_tokens,
        single.output_tokens,
        single.model_version,
    )
    renamed = {"max_completion_tokens": "max_tokens"}
    assert {renamed.get(key, key): value for key, value in in_batch.body.items()} == alone.body


@vendors
def test_requests_that_failed_or_expired_are_told_apart(vendor: str) -> None:
    faults = {
        f"{TAG}_cell-0": "expired",
        f"{TAG}_cell-1": "server_error",
        f"{TAG}_cell-2": "bad_temperature",
        f"{TAG}_cell-3": "cut_off",
    }
    with VendorServer(faults=lambda call: faults.get(call.custom_id)) as server:
        outcomes = with_batches(
            model_at(server, vendor), lambda batches: round_trip(batches, items(5))
        )
    assert [type(outcomes[f"cell-{number}"]) for number in range(3)] == [
        UnavailableError,
        UnavailableError,
        RefusedRequestError,
    ]
    assert "expired" in str(outcomes["cell-0"])
    assert getattr(outcomes["cell-2"], "refused_option", None) == "temperature"
    assert [getattr(outcomes[f"cell-{number}"], "finish", None) for number in (3, 4)] == [
        "length",
        "stop",
    ]


@vendors
def test_a_batch_stays_open_until_the_vendor_is_done(vendor: str) -> None:
    async def submitted(batches: BatchProvider) -> tuple[str, int, int]:
        status = await batches.poll(await batches.submit(items(), TAG))
        return status.state, status.total, status.finished_requests

    with VendorServer(batch_s=3600) as server:
        assert with_batches(model_at(server, vendor), submitted) == ("open", 3, 0)


def lost_on_the_way_back(call: Call) -> str | None:
    made = call.path in {"POST /v1/batches", "POST /v1/messages/batches"}
    return "late_disconnect" if made else None


async def submit_and_find(batches: BatchProvider) -> BatchMatches:
    since_s = time.time() - 3600
    with pytest.raises(UnavailableError, match="connection failed"):
        await batches.submit(items(), TAG)
    return await batches.find(TAG, since_s)


@vendors
def test_a_batch_whose_id_was_lost_is_found_by_its_tag(vendor: str) -> None:
    with VendorServer(faults=lost_on_the_way_back) as server:
        found = with_batches(model_at(server, vendor), submit_and_find)
        outcomes = with_batches(
            model_at(server, vendor), lambda batches: collected(batches, found.certain[0])
        )
    assert len(found.certain) == 1
    assert found.possible == ()
    assert outcomes.keys() == {"cell-0", "cell-1", "cell-2"}


def test_anthropic_does_not_show_the_tag_of_an_open_batch() -> None:
    with VendorServer(faults=lost_on_the_way_back, batch_s=3600) as server:
        assert len(with_batches(model_at(server, "anthropic"), submit_and_find).possible) == 1
    with VendorServer(faults=lost_on_the_way_back, batch_s=3600) as server:
        assert len(with_batches(model_at(server, "openai"), submit_and_find).certain) == 1


@vendors
def test_a_batch_that_was_never_made_is_not_found(vendor: str) -> None:
    async def submit_in_vain(batches: BatchProvider) -> BatchMatches:
        await batches.submit(items(), "another-tag")
        return await batches.find(TAG, time.time() - 3600)

    with VendorServer() as server:
        assert with_batches(model_at(server, vendor), submit_in_vain) == BatchMatches()


@vendors
def test_a_batch_is_found_on_a_later_page_but_not_before_its_time(vendor: str) -> None:
    async def submit_many(batches: BatchProvider) -> tuple[str, BatchMatches, BatchMatches]:
        first = await batches.submit(items(1), TAG)
        for number in range(25):
            await batches.submit(items(1), f"other-{number:03d}")
        found = await batches.find(TAG, time.time() - 3600)
        return first, found, await batches.find(TAG, time.time() + 3600)

    with VendorServer() as server:
        first, found, too_late = with_batches(model_at(server, vendor), submit_many)
    assert found.certain == (first,)
    assert too_late == BatchMatches()


def test_a_batch_that_openai_refuses_as_a_whole_says_why() -> None:
    async def submit_twins(batches: BatchProvider) -> tuple[str, str]:
        status = await batches.poll(await batches.submit([*items(1), *items(1)], TAG))
        return status.state, status.reason

    with VendorServer() as server:
        state, reason = with_batches(model_at(server, "openai"), submit_twins)
    assert state == "failed"
    assert reason == "The custom_id for this request is a duplicate of another request."


@vendors
def test_line_separators_in_an_answer_do_not_break_the_results(vendor: str) -> None:
    odd = "a\u2028b\u0085c\nd"
    with VendorServer(answer=lambda call: odd) as server:
        outcomes = with_batches(
            model_at(server, vendor), lambda batches: round_trip(batches, items(1))
        )
    reply = outcomes["cell-0"]
    assert isinstance(reply, Reply)
    assert reply.text == odd


@vendors
@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("unauthorized", AuthError),
        ("server_error", UnavailableError),
        ("html_body", UnavailableError),
        ("empty_object", UnavailableError),
    ],
)
def test_a_submit_that_fails_raises_an_error_of_attrx(
    vendor: str, kind: str, error: type[ProviderError]
) -> None:
    with (
        VendorServer(faults={0: kind}) as server,
        pytest.raises(error, match=rf"^model 'm' \({vendor}\): "),
    ):
        with_batches(model_at(server, vendor), lambda batches: batches.submit(items(), TAG))


@vendors
def test_the_key_goes_along(vendor: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", "k" * 20)
    with VendorServer(api_key="k" * 20) as server:
        model = model_at(server, vendor, api_key_env="MY_KEY")
        assert len(with_batches(model, lambda batches: round_trip(batches, items()))) == 3
        with pytest.raises(AuthError):
            with_batches(model_at(server, vendor), lambda batches: batches.submit(items(), TAG))


@vendors
def test_a_request_in_a_batch_costs_half(vendor: str) -> None:
    prices = Prices(input=3.0, output=10.0)
    model = ModelSettings(name="m", provider=vendor, model="m", prices=prices)
    assert at_batch_prices(model, batch_class(model)).prices == Prices(input=1.5, output=5.0)


def test_without_a_batch_api_there_is_no_discount() -> None:
    model = ModelSettings(name="m", provider="mock", prices=Prices(input=3.0, output=10.0))
    assert at_batch_prices(model, batch_class(model)) == model


def test_providers_without_a_batch_api_are_told_so() -> None:
    assert batching_providers() == VENDORS
    with pytest.raises(ConfigError, match="provider 'mock' has no batch API"):
        open_batches(ModelSettings(name="m", provider="mock"))


@pytest.mark.parametrize(
    ("tag", "custom_id"),
    [("short", "a"), (TAG, ""), (TAG, "a b"), (TAG, "x" * 40), ("a_b_c_d_e", "a")],
)
def test_ids_that_a_vendor_would_refuse_are_refused_at_once(tag: str, custom_id: str) -> None:
    with pytest.raises(ValueError, match="not a tag and a custom id"):
        with_tag(tag, custom_id)


def test_the_longest_ids_fit_into_64_characters_and_come_back() -> None:
    said = with_tag("t" * 24, "_" + "x" * 38)
    assert len(said) == 64
    assert without_tag(said) == "_" + "x" * 38


class Sized:
    """Items that take as many bytes as their custom id says."""

    def __init__(self, requests: int, size: int) -> None:
        self.limits = BatchLimits(requests, size)

    def size(self, item: Item) -> int:
        return int(item[0])


def cut(sizes: list[int], requests: int, size: int) -> list[list[int]]:
    provider: Any = Sized(requests, size)
    asked = [(str(number), request()) for number in sizes]
    return [[int(custom_id) for custom_id, _ in batch] for batch in split(asked, provider)]


def test_items_are_cut_by_number_and_by_size() -> None:
    # At most 3 requests and 10 bytes: 4 + 4 leaves no room for 3; three of 1 fill a batch; 12 is
    # too large for any.
    assert cut([4, 4, 3, 1, 1, 1, 12, 2], 3, 10) == [[4, 4], [3, 1, 1], [1], [12], [2]]
    assert cut([], 3, 10) == []


@given(st.lists(st.integers(1, 9), max_size=30), st.integers(1, 5), st.integers(9, 20))
def test_every_batch_keeps_within_the_limits_and_nothing_is_lost(
    sizes: list[int], requests: int, size: int
) -> None:
    batches = cut(sizes, requests, size)
    assert [number for batch in batches for number in batch] == sizes
    assert all(0 < len(batch) <= requests and sum(batch) <= size for batch in batches)


@vendors
def test_the_size_of_an_item_is_what_the_upload_holds(vendor: str) -> None:
    async def sizes(batches: BatchProvider) -> int:
        asked = items(2)
        await batches.submit(asked, "x" * 24)
        return sum(batches.size(item) for item in asked)

    with VendorServer() as server:
        counted = with_batches(model_at(server, vendor), sizes)
        sent = max(
            int(call.headers["content-length"])
            for call in server.calls
            if call.path.startswith("POST")
        )
    # Around the items: a form's boundaries and headers, or {"requests":[...]}.
    assert 0 <= sent - counted < 600

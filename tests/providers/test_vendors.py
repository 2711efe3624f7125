"""What holds for every vendor, through its real SDK over HTTP on this machine."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import traceback
from collections.abc import Iterator

import pytest
from asking import (
    SCHEMA,
    VENDORS,
    answer_of,
    arrival,
    ask,
    ask_until_late,
    failure_of,
    model_at,
    request,
)

from attrx.configs.errors import (
    AnswerTimeout,
    AuthError,
    ConfigError,
    ProviderError,
    QuotaError,
    RateLimitError,
    RefusedRequestError,
    UnavailableError,
    UnknownModelError,
)
from attrx.configs.settings import ModelSettings
from attrx.providers.protocol import Reply
from attrx.providers.registry import open_provider
from attrx.testing import ANSWER_FAULTS, FAULT_KINDS, Fault, VendorServer

SECRET = "Zq7-very-secret-8888"
VARIABLES = {
    "openai": "OPENAI_API_KEY",
    "anthropic": "ANTHROPIC_API_KEY",
    "google": "GEMINI_API_KEY",
    "huggingface": "HF_TOKEN",
}
KINDS = {
    "unauthorized": AuthError,
    "forbidden": AuthError,
    "unknown_model": UnknownModelError,
    "rate_limited": RateLimitError,
    "no_quota": QuotaError,
    "bad_temperature": RefusedRequestError,
    "bad_format": RefusedRequestError,
    "bad_request": RefusedRequestError,
    "too_large": RefusedRequestError,
    "server_error": UnavailableError,
    "unavailable": UnavailableError,
    "overloaded": UnavailableError,
    "disconnect": UnavailableError,
    "half_body": UnavailableError,
    "bad_http": UnavailableError,
    "broken_body": UnavailableError,
    "html_body": UnavailableError,
    "empty_object": UnavailableError,
    "empty_body": UnavailableError,
    "endless_body": UnavailableError,
    "redirect": UnavailableError,  # it names no address to go to
    "hang": AnswerTimeout,
}
REFUSED_OPTIONS = {"bad_temperature": "temperature", "bad_format": "structured"}

pytestmark = pytest.mark.parametrize("vendor", VENDORS)


@pytest.fixture
def key_is_set(vendor: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", SECRET)


def test_an_answer_comes_back_with_its_usage_version_id_and_limits(vendor: str) -> None:
    with VendorServer(answer=lambda call: "male" * 3, limit_per_s=10) as server:
        reply = answer_of(model_at(server, vendor), request("p" * 39))
    # The server counts a token for every 4 characters begun, of the system message too:
    # (20 + 39) // 4 + 1 and 12 // 4 + 1.
    assert (reply.text, reply.finish) == ("malemalemale", "stop")
    assert (reply.input_tokens, reply.output_tokens) == (15, 4)
    assert reply.model_version is not None
    assert reply.model_version.startswith("gpt-4")
    assert reply.request_id == "req_00000000"
    limits = {
        "openai": "600",
        "anthropic": "600",
        "google": None,
        "huggingface": '"fixed window";"api";q=600;w=60',
    }
    names = ("x-ratelimit-limit-requests", "anthropic-ratelimit-requests-limit", "ratelimit-policy")
    assert (
        next((reply.headers[name] for name in names if name in reply.headers), None)
        == limits[vendor]
    )


@pytest.mark.parametrize("kind", KINDS)
def test_every_failure_becomes_an_error_of_attrx(vendor: str, kind: str) -> None:
    with VendorServer(faults={0: kind}) as server:
        model = model_at(server, vendor)
        if kind == "hang":
            error, reply = ask_until_late(server, model, request())
        else:
            error, reply = ask(model, [request(), request()])
    assert isinstance(error, KINDS[kind])
    assert isinstance(error, ProviderError)
    assert error.provider == vendor
    assert str(error).startswith(f"model 'm' ({vendor}): ")
    assert error.status == (
        server.calls[0].status if server.calls[0].status and kind != "half_body" else None
    )
    if isinstance(error, RefusedRequestError):
        assert error.refused_option == REFUSED_OPTIONS.get(kind)
    assert isinstance(reply, Reply), "the next request goes through"


def test_the_wait_that_a_vendor_asks_for_is_kept(vendor: str) -> None:
    with VendorServer(faults={0: Fault("rate_limited", {"retry-after": "7"})}) as server:
        assert failure_of(model_at(server, vendor)).retry_after_s == 7.0


@pytest.mark.parametrize(
    ("kind", "finishes"),
    [
        ("cut_off", {"length"}),
        ("refused", {"refused", "filtered"}),
        ("filtered", {"filtered", "refused"}),
    ],
)
def test_an_early_end_is_told(vendor: str, kind: str, finishes: set[str]) -> None:
    with VendorServer(faults={0: kind}) as server:
        assert answer_of(model_at(server, vendor)).finish in finishes


def test_a_server_that_is_not_there_is_unavailable(vendor: str) -> None:
    with VendorServer() as server:
        model = model_at(server, vendor)
    error = failure_of(model)
    assert type(error) is UnavailableError
    assert "connection failed" in str(error)


def test_temperature_is_sent_only_when_set_and_not_refused(vendor: str) -> None:
    def temperature(body: dict[str, object]) -> object:
        config = body.get("generationConfig", body)
        assert isinstance(config, dict)
        return config.get("temperature")

    with VendorServer() as server:
        ask(model_at(server, vendor), [request()])
        ask(
            model_at(server, vendor, temperature=0.0),
            [request(), request(without=frozenset({"temperature"}))],
        )
    assert [temperature(call.body) for call in server.calls] == [None, 0.0, None]


def test_the_form_that_is_asked_for_reaches_the_server(vendor: str) -> None:
    with VendorServer() as server:
        reply = answer_of(model_at(server, vendor), request(json_schema=SCHEMA, form="json_schema"))
    assert json.loads(reply.text)["gender"] in {"male", "female", "n/a"}


@pytest.mark.usefixtures("key_is_set")
def test_the_key_is_sent_and_accepted(vendor: str) -> None:
    with VendorServer(api_key=SECRET) as server:
        assert answer_of(model_at(server, vendor, api_key_env="MY_KEY")).finish == "stop"
        assert isinstance(failure_of(model_at(server, vendor)), AuthError)


def test_a_local_server_is_asked_without_any_key(
    vendor: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLES[vendor], SECRET)
    with VendorServer() as server:
        answer_of(model_at(server, vendor))
    headers = server.calls[0].headers
    assert not headers.keys() & {"authorization", "x-api-key", "x-goog-api-key"}
    assert SECRET not in str(headers)


def test_a_missing_key_is_an_error_before_anything_is_sent(vendor: str) -> None:
    with pytest.raises(ConfigError, match=f"{VARIABLES[vendor]}.* is not set"):
        open_provider(ModelSettings(name="m", provider=vendor, model="x"))


@pytest.fixture
def everything_logged(
    vendor: str, caplog: pytest.LogCaptureFixture
) -> Iterator[pytest.LogCaptureFixture]:
    """All loggers at their most talkative, those that set a level of their own too."""
    caplog.set_level(logging.DEBUG)
    names = (
        "openai",
        "anthropic",
        "httpx",
        "httpx2",
        "huggingface_hub",
        "aiohttp",
        "httpcore",
        "httpcore2",
    )
    levels = {name: logging.getLogger(name).level for name in names}
    for name in names:
        logging.getLogger(name).setLevel(logging.DEBUG)
    yield caplog
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


@pytest.mark.usefixtures("key_is_set")
def test_the_key_shows_up_nowhere(vendor: str, everything_logged: pytest.LogCaptureFixture) -> None:
    echo = json.dumps(
        {"error": {"message": "You sent {authorization}, which is wrong", "type": "echo"}}
    )
    faults = [
        Fault(status=status, body=echo) for status in (200, 400, 401, 403, 404, 422, 429, 500)
    ]
    faults += [Fault(kind) for kind in ("unauthorized", "disconnect", "half_body", "bad_http")]
    with VendorServer(faults=faults) as server:
        model = model_at(server, vendor, api_key_env="MY_KEY")
        outcomes = ask(model, [request() for _ in faults])
    for error in outcomes:
        assert isinstance(error, ProviderError)
        shown = (
            "".join(traceback.format_exception(error))
            + repr(error)
            + repr(vars(error))
            + repr(error.args)
        )
        assert SECRET not in shown
        assert error.__context__ is None
        assert error.__cause__ is None
    assert "[key]" in str(outcomes[1])
    assert SECRET not in everything_logged.text


def test_a_request_can_be_cancelled_and_the_provider_asked_on(vendor: str) -> None:
    async def cancel_one(server: VendorServer) -> Reply:
        provider = open_provider(model_at(server, vendor))
        try:
            task = asyncio.create_task(provider.ask(request()))
            await arrival(server)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            return await provider.ask(request())
        finally:
            await provider.close()

    with VendorServer(faults={0: "hang"}) as server:
        assert asyncio.run(cancel_one(server)).finish == "stop"


def test_a_drip_fed_answer_is_given_up_in_time(vendor: str) -> None:
    with VendorServer(faults={0: "drip"}) as server:
        error = failure_of(model_at(server, vendor, timeout_s=0.3))
    assert isinstance(error, AnswerTimeout)


def test_many_requests_at_once_each_get_their_own_answer(vendor: str) -> None:
    async def ask_at_once(server: VendorServer) -> list[Reply]:
        provider = open_provider(model_at(server, vendor))
        try:
            return await asyncio.gather(*(provider.ask(request(f"product {n}")) for n in range(40)))
        finally:
            await provider.close()

    with VendorServer(answer=lambda call: call.prompt, latency_s=0.01) as server:
        replies = asyncio.run(ask_at_once(server))
    assert [reply.text for reply in replies] == [f"product {n}" for n in range(40)]


def test_closing_releases_everything_and_may_be_done_twice(vendor: str) -> None:
    async def use_and_close(server: VendorServer) -> None:
        provider = open_provider(model_at(server, vendor))
        await provider.ask(request())
        await provider.close()
        await provider.close()

    async def close_unused(server: VendorServer) -> None:
        await open_provider(model_at(server, vendor)).close()

    with VendorServer() as server:
        asyncio.run(use_and_close(server))
        asyncio.run(close_unused(server))
    gc.collect()  # a ResourceWarning would come from here, and be an error


def test_every_kind_of_fault_is_covered(vendor: str) -> None:
    others = {*ANSWER_FAULTS, "drip", "expired", "late_disconnect", "bad_max_tokens"}
    assert set(FAULT_KINDS) <= {*KINDS, *others}

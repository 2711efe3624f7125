"""OpenAI, and servers that speak its format, through the real SDK."""

from __future__ import annotations

import json

import pytest
from asking import SCHEMA, answer_of, ask, model_at, request

from attrx.configs.errors import ConfigError, RefusedRequestError
from attrx.configs.settings import ModelSettings
from attrx.providers.openai import OpenAIProvider
from attrx.providers.protocol import Reply
from attrx.testing import Call, Fault, VendorServer


def wants_the_new_name(call: Call) -> str | None:
    return "bad_max_tokens" if "max_tokens" in call.body else None


def test_a_model_that_refuses_max_tokens_is_asked_under_the_new_name_from_then_on() -> None:
    with VendorServer(faults=wants_the_new_name) as server:
        outcomes = ask(model_at(server, "openai"), [request("one"), request("two")])
    assert all(isinstance(outcome, Reply) for outcome in outcomes)
    assert [call.status for call in server.calls] == [400, 200, 200]
    assert [call.body.get("max_completion_tokens") for call in server.calls] == [None, 64, 64]


def test_a_model_that_refuses_both_names_is_refused() -> None:
    with VendorServer(faults=lambda call: "bad_max_tokens") as server:
        (outcome,) = ask(model_at(server, "openai"), [request()])
    assert isinstance(outcome, RefusedRequestError)
    assert len(server.calls) == 2


def test_a_prompt_that_azure_filters_is_an_answer() -> None:
    body = json.dumps(
        {"error": {"message": "The response was filtered", "code": "content_filter", "status": 400}}
    )
    with VendorServer(faults={0: Fault(status=400, body=body)}) as server:
        reply = answer_of(model_at(server, "openai"))
    assert (reply.text, reply.finish, reply.request_id) == ("", "filtered", "req_00000000")


def test_the_environment_cannot_move_a_model_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:1/v1")
    monkeypatch.setenv("OPENAI_API_KEY", "k" * 20)
    provider = OpenAIProvider(ModelSettings(name="m", provider="openai", model="gpt-4"))
    assert provider._url == "https://api.openai.com/v1/chat/completions"


@pytest.mark.parametrize("slash", ["", "/"])
def test_a_base_url_may_end_in_a_slash(slash: str) -> None:
    with VendorServer() as server:
        base_url = server.base_url("openai") + slash
        assert answer_of(model_at(server, "openai", base_url=base_url)).finish == "stop"


def test_the_schema_reaches_the_server() -> None:
    with VendorServer() as server:
        reply = answer_of(
            model_at(server, "openai"), request(json_schema=SCHEMA, form="json_schema")
        )
    assert server.calls[0].schema == SCHEMA
    assert json.loads(reply.text).keys() == {"gender"}


def test_an_option_of_attrx_s_own_is_refused_before_anything_is_sent() -> None:
    with pytest.raises(ConfigError, match="'stream' cannot be set here"):
        OpenAIProvider(
            ModelSettings(
                name="m", provider="openai", base_url="http://127.0.0.1:1", options={"stream": True}
            )
        )

"""Hugging Face through its own client: the router, dedicated endpoints, TGI."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from asking import SCHEMA, answer_of, model_at, request
from huggingface_hub import constants
from huggingface_hub.inference._providers import CONVERSATIONAL_AUTO_ROUTER

from attrx.configs.errors import ConfigError
from attrx.configs.settings import ModelSettings
from attrx.providers.clients import huggingface_client
from attrx.providers.huggingface import HuggingFaceProvider, chat_arguments
from attrx.testing import VendorServer

TOKEN = "hf_" + "k" * 20


def model(**settings: Any) -> ModelSettings:
    return ModelSettings(
        **{"name": "m", "provider": "huggingface", "model": "meta-llama/Llama-2-13b", **settings}
    )


def test_the_client_rewrites_json_schema_into_tgi_s_form() -> None:
    with VendorServer() as server:
        answer_of(model_at(server, "huggingface"), request(json_schema=SCHEMA, form="json_schema"))
    assert server.calls[0].body["response_format"] == {"type": "json_object", "value": SCHEMA}


def test_the_looser_form_passes_unchanged() -> None:
    with VendorServer() as server:
        answer_of(
            model_at(server, "huggingface"), request(json_schema=SCHEMA, form="json_object_schema")
        )
    assert server.calls[0].body["response_format"] == {"type": "json_object", "schema": SCHEMA}


def test_the_router_is_asked_for_the_chosen_inference_provider(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    with VendorServer() as server:
        address = server.base_url("huggingface").removesuffix("/v1")
        monkeypatch.setattr(CONVERSATIONAL_AUTO_ROUTER, "base_url", address)
        monkeypatch.setattr("huggingface_hub.constants.INFERENCE_PROXY_TEMPLATE", address)
        answer_of(
            model(options={"provider": "together", "seed": 7}),
            request(json_schema=SCHEMA, form="json_schema"),
        )
    (call,) = server.calls
    assert call.model == "meta-llama/Llama-2-13b:together"
    assert call.body["seed"] == 7
    assert call.body["response_format"]["json_schema"]["schema"] == SCHEMA
    assert call.headers["authorization"] == f"Bearer {TOKEN}"


def test_an_endpoint_of_one_s_own_needs_no_inference_provider() -> None:
    arguments = chat_arguments(
        model(base_url="http://127.0.0.1:1", options={"provider": "together"}), request()
    )
    assert arguments["model"] == "meta-llama/Llama-2-13b"
    assert arguments["extra_body"] == {}


def test_offline_mode_does_not_keep_a_local_server_from_being_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with VendorServer() as server:
        assert answer_of(model_at(server, "huggingface")).finish == "stop"


def test_offline_mode_keeps_the_router_from_being_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    with pytest.raises(ConfigError, match="HF_HUB_OFFLINE is set"):
        HuggingFaceProvider(model())


def test_a_key_of_another_vendor_is_told_where_it_belongs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "tgp_" + "k" * 20)
    with pytest.raises(ConfigError, match="HF_TOKEN holds no Hugging Face token"):
        HuggingFaceProvider(model())


def test_the_token_of_whoever_is_logged_in_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    with VendorServer() as server:
        answer_of(model_at(server, "huggingface"))
    assert "authorization" not in server.calls[0].headers


def test_many_first_requests_share_one_http_client(monkeypatch: pytest.MonkeyPatch) -> None:
    opened = 0
    open_client = huggingface_client._open_http

    def counted() -> Any:
        nonlocal opened
        opened += 1
        return open_client()

    monkeypatch.setattr(huggingface_client, "_open_http", counted)

    async def ask_at_once(server: VendorServer) -> list[Any]:
        provider = HuggingFaceProvider(model_at(server, "huggingface"))
        try:
            return await asyncio.gather(*(provider.ask(request(f"product {n}")) for n in range(8)))
        finally:
            await provider.close()

    with VendorServer(answer=lambda call: call.prompt) as server:
        replies = asyncio.run(ask_at_once(server))
    assert [reply.text for reply in replies] == [f"product {n}" for n in range(8)]
    assert opened == 1

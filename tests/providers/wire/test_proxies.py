"""Proxies that the HTTP clients cannot read are told in one line, and only where they count."""

from __future__ import annotations

import pytest

from attrx.configs.errors import ConfigError
from attrx.configs.settings import ModelSettings
from attrx.providers.registry import open_provider
from attrx.providers.wire.proxies import proxy_settings

VARIABLES = ("all_proxy", "http_proxy", "https_proxy", "no_proxy")
ADDRESS = "https://api.example.com/v1"


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in VARIABLES:
        monkeypatch.delenv(variable, raising=False)
        monkeypatch.delenv(variable.upper(), raising=False)


def test_what_the_clients_can_read_is_left_to_them(monkeypatch: pytest.MonkeyPatch) -> None:
    assert proxy_settings(ADDRESS) == {}
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    assert proxy_settings(ADDRESS) == {}


@pytest.mark.parametrize("proxy", ["socks://127.0.0.1:9", "socks5://me:secret@127.0.0.1:9"])
def test_a_socks_proxy_is_told_without_its_password(
    monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    monkeypatch.setenv("ALL_PROXY", proxy)
    with pytest.raises(
        ConfigError, match=r"^ALL_PROXY: 'socks5?://127\.0\.0\.1:9' cannot"
    ) as caught:
        proxy_settings(ADDRESS)
    assert caught.value.hint.endswith("or name api.example.com in NO_PROXY")


@pytest.mark.parametrize("names", ["api.example.com", "other.org,.example.com", "*"])
def test_an_address_in_no_proxy_needs_none(monkeypatch: pytest.MonkeyPatch, names: str) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", names)
    assert proxy_settings(ADDRESS) == {"proxy": None, "trust_env": False}


def test_no_proxy_may_name_a_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "10.0.0.0/8, 127.0.0.0/8")
    assert proxy_settings("http://127.0.0.1:8000/v1")["proxy"] is None


def test_a_proxy_for_the_scheme_goes_before_that_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks://127.0.0.1:9")
    monkeypatch.setenv("HTTPS_PROXY", "127.0.0.1:8")
    assert proxy_settings(ADDRESS) == {"proxy": "http://127.0.0.1:8", "trust_env": False}


@pytest.mark.parametrize("vendor", ["openai", "anthropic", "google", "huggingface"])
def test_no_vendor_s_client_breaks_over_it(monkeypatch: pytest.MonkeyPatch, vendor: str) -> None:
    monkeypatch.setenv("all_proxy", "socks://127.0.0.1:9")
    model = ModelSettings(name="m", provider=vendor, model="x", base_url="http://127.0.0.1:9/v1")
    with pytest.raises(ConfigError, match="ALL_PROXY"):
        open_provider(model)

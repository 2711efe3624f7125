from __future__ import annotations

import subprocess
import sys
from importlib.metadata import EntryPoint
from types import SimpleNamespace

import pytest
from scripted import Scripted, settings

from attrx.configs.errors import ConfigError
from attrx.providers import registry
from attrx.providers.mock import MockProvider
from attrx.providers.protocol import ProviderFacts, facts_of_class
from attrx.providers.registry import facts_of, known_providers, open_provider


def test_a_provider_is_made_from_its_models_settings() -> None:
    assert isinstance(open_provider(settings(provider="mock")), MockProvider)


def test_the_vendors_of_the_paper_and_the_keyless_ones_are_known() -> None:
    assert {"anthropic", "google", "huggingface", "mock", "openai", "replay"} <= set(
        known_providers()
    )


def test_an_unknown_name_is_answered_with_the_nearest_and_all_known_ones() -> None:
    with pytest.raises(ConfigError) as raised:
        open_provider(settings(name="gpt-4", provider="opnai"))

    assert raised.value.message == "model 'gpt-4': unknown provider 'opnai'; did you mean 'openai'?"
    assert "anthropic, google, huggingface" in raised.value.hint


def test_a_name_like_no_other_is_answered_with_all_known_ones() -> None:
    with pytest.raises(ConfigError, match=r"unknown provider 'zzz'$") as raised:
        open_provider(settings(provider="zzz"))

    assert "mock" in raised.value.hint


VENDORS = ("anthropic", "google", "huggingface", "local", "openai")


@pytest.mark.parametrize("provider", VENDORS)
def test_a_vendor_needs_a_model_and_is_asked_about_nothing_but_the_prompt(provider: str) -> None:
    facts = facts_of(settings(provider=provider))
    assert (facts.needs_model, facts.keyless, facts.fingerprints) == (True, False, False)


@pytest.mark.parametrize("provider", ["mock", "replay"])
def test_what_answers_by_itself_needs_no_model(provider: str) -> None:
    facts = facts_of(settings(provider=provider))
    assert (facts.needs_model, facts.keyless, facts.fingerprints) == (False, True, True)


def test_how_a_local_model_is_run_is_no_part_of_its_identity() -> None:
    options = {"device": "cpu", "batch_size": 8, "offline": True, "seed": 2}
    assert facts_of(settings(provider="local")).identity(options) == {"seed": 2}


def test_a_class_that_says_nothing_has_the_defaults() -> None:
    assert facts_of_class(Scripted) == ProviderFacts()


def test_a_provider_that_is_not_installed_has_the_defaults() -> None:
    assert facts_of(settings(provider="gone")) == ProviderFacts()


@pytest.mark.parametrize("provider", VENDORS)
def test_what_a_provider_says_is_read_without_its_sdk(provider: str) -> None:
    code = (
        "import sys\n"
        "from attrx.configs.settings import ModelSettings\n"
        "from attrx.providers.registry import batch_class, facts_of\n"
        f"model = ModelSettings(name='m', provider={provider!r})\n"
        "facts_of(model)\n"
        "batch_class(model)\n"
        "heavy = 'openai anthropic huggingface_hub httpx httpx2 aiohttp torch transformers'\n"
        "print([name for name in heavy.split() if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def _register(monkeypatch: pytest.MonkeyPatch, *entries: EntryPoint) -> None:
    def entry_points(group: str, name: str | None = None) -> tuple[EntryPoint, ...]:
        assert group == "attrx.providers"
        return tuple(entry for entry in entries if name in (None, entry.name))

    monkeypatch.setattr(registry, "entry_points", entry_points)


def _entry(name: str, value: str) -> EntryPoint:
    return EntryPoint(name, value, "attrx.providers")


def test_another_package_adds_a_provider_through_an_entry_point(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = Scripted(())
    monkeypatch.setitem(sys.modules, "their_package", SimpleNamespace(Theirs=lambda model: made))
    _register(monkeypatch, _entry("theirs", "their_package:Theirs"))

    assert "theirs" in known_providers()
    assert open_provider(settings(provider="theirs")) is made


def test_a_name_of_ours_cannot_be_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    _register(monkeypatch, _entry("mock", "their_package:Theirs"))

    assert isinstance(open_provider(settings(provider="mock")), MockProvider)
    assert known_providers().count("mock") == 1


def test_a_missing_package_is_named_with_the_way_to_install_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _register(monkeypatch, _entry("theirs", "not_installed_anywhere.providers:Theirs"))

    with pytest.raises(ConfigError, match="needs the package 'not_installed_anywhere'") as raised:
        open_provider(settings(provider="theirs"))
    assert raised.value.hint == "pip install not_installed_anywhere"


def test_a_package_that_does_not_fit_is_an_error_of_the_configuration(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _register(monkeypatch, _entry("theirs", "attrx.providers.mock:NoSuchClass"))

    with pytest.raises(
        ConfigError, match=r"cannot be loaded from attrx\.providers\.mock:NoSuchClass"
    ):
        open_provider(settings(provider="theirs"))


@pytest.mark.parametrize(
    ("provider", "stays_out"),
    [("mock", "openai anthropic huggingface_hub httpx aiohttp"), ("openai", "anthropic")],
)
def test_a_provider_brings_in_its_own_packages_and_no_others(provider: str, stays_out: str) -> None:
    code = (
        "import sys\n"
        "from attrx.configs.settings import ModelSettings\n"
        "from attrx.providers.registry import open_provider\n"
        f"open_provider(ModelSettings(name='m', provider={provider!r}, base_url='http://127.0.0.1:1/v1'))\n"
        f"print([name for name in {stays_out!r}.split() if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

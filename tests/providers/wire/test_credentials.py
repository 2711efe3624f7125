"""API keys come from the environment and are shown nowhere."""

from __future__ import annotations

import pytest

from attrx.configs.errors import ConfigError, ProviderError
from attrx.configs.settings import ModelSettings
from attrx.providers.wire.credentials import ApiKey, read_key


def model(**settings: object) -> ModelSettings:
    return ModelSettings.model_validate({"name": "big", "provider": "openai", **settings})


def test_the_first_variable_that_is_set_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIRST_KEY", "")
    monkeypatch.setenv("SECOND_KEY", " two \n")
    key = read_key(model(), ("FIRST_KEY", "SECOND_KEY"))
    assert (key.variable, key.value) == ("SECOND_KEY", "two")


def test_api_key_env_goes_before_the_usual_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USUAL_KEY", "usual")
    monkeypatch.setenv("MY_KEY", "mine")
    assert read_key(model(api_key_env="MY_KEY"), ("USUAL_KEY",)).value == "mine"


def test_a_missing_key_names_the_variables_and_a_way_without() -> None:
    with pytest.raises(ConfigError) as caught:
        read_key(model(), ("FIRST_KEY", "SECOND_KEY"))
    assert caught.value.message == (
        "model 'big' needs an API key, and the environment variable FIRST_KEY or SECOND_KEY is"
        " not set"
    )
    assert "`provider: mock`" in caught.value.hint
    assert "`provider: replay`" in caught.value.hint


def test_a_configured_variable_must_be_set_even_with_an_address(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("USUAL_KEY", "usual")
    with pytest.raises(ConfigError, match="MY_KEY is not set"):
        read_key(model(api_key_env="MY_KEY", base_url="http://127.0.0.1:1/v1"), ("USUAL_KEY",))


def test_the_vendor_s_key_is_not_sent_to_an_address_of_one_s_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("USUAL_KEY", "usual")
    assert read_key(model(base_url="http://127.0.0.1:1/v1"), ("USUAL_KEY",)).value == ""


def test_a_key_shows_only_where_it_comes_from() -> None:
    assert repr(ApiKey("MY_KEY", "secret")) == "ApiKey('MY_KEY', set)"
    assert repr(ApiKey("MY_KEY", "")) == "ApiKey('MY_KEY', not set)"


@pytest.mark.parametrize("blanks", ["\n", " ", "\r\n", "\ufeff", "\t"])
def test_what_a_file_leaves_around_a_key_is_no_part_of_it(
    blanks: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_KEY", f"{blanks}hf_0123456789abcdef{blanks}")
    assert read_key(model(), ("MY_KEY",)).value == "hf_0123456789abcdef"


@pytest.mark.parametrize(
    ("value", "mistake"),
    [
        ("hf_01234567\n89abcdefghij", "holds a line break"),
        ("hf_01234567 89abcdefghij", "holds a blank"),
        ('"hf_0123456789abcdefghij"', "stands in quotes"),
        ("hf_01234567\x0089abcdefghij", "holds a character that no key has"),
        ("hf_01234567\u201389abcdefghij", "holds a character that no key has"),
    ],
)
def test_a_key_that_no_header_can_carry_is_refused_without_a_sign_of_it(
    value: str, mistake: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.environ", {"MY_KEY": value})
    with pytest.raises(ConfigError, match=f"the environment variable MY_KEY {mistake}") as caught:
        read_key(model(), ("MY_KEY",))
    said = caught.value.message + caught.value.hint
    assert not any(piece in said for piece in ("hf_0", "3456", "89ab", "efgh"))


def test_a_key_that_was_read_is_taken_out_of_every_error() -> None:
    ApiKey("MY_KEY", "my-own-secret")
    assert ProviderError("you sent my-own-secret!").message == "you sent [key]!"

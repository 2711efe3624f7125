import pytest

from attrx.configs.secrets import looks_like_key, names_a_secret


@pytest.mark.parametrize(
    "text",
    [
        "sk-abc",
        "sk-ant-api03-x",
        "hf_aBcD",
        "AIzaSyX",
        "xai-1",
        "gsk_1",
        "Bearer abc",
        "0123456789abcdef0123456789abcdef",
    ],
)
def test_a_vendors_key_is_recognised(text: str) -> None:
    assert looks_like_key(text)


@pytest.mark.parametrize(
    "text",
    ["OPENAI_API_KEY", "HF_TOKEN", "gpt-4-0613", "meta-llama/Llama-2-70b-chat-hf", "key", ""],
)
def test_a_variables_or_models_name_is_not_taken_for_a_key(text: str) -> None:
    assert not looks_like_key(text)


@pytest.mark.parametrize(
    "key", ["api_key", "apiKey", "x-api-key", "Authorization", "x-goog-api-key", "token"]
)
def test_a_key_that_holds_secrets_is_recognised_however_it_is_spelt(key: str) -> None:
    assert names_a_secret(key)


@pytest.mark.parametrize("key", ["max_tokens", "seed", "top_k", "api_key_env", "keyboard"])
def test_other_keys_hold_no_secrets(key: str) -> None:
    assert not names_a_secret(key)

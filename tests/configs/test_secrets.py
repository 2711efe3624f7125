import pytest

from attrx.configs.redaction import redact_key_shapes
from attrx.configs.secrets import looks_like_key, names_a_secret
from attrx.configs.validation_messages import quote_value


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


# Invented keys in the shapes that vendors give theirs.
LETTERS = "aB3dE5gH7jK9mN1pQ3sT5vW7"
VENDORS_KEYS = [
    pytest.param(start + LETTERS, id=start)
    for start in (
        "sk-",
        "sk-proj-",
        "sk-svcacct-",
        "sk-ant-api03-",
        "sk-or-v1-",
        "sk_",
        "pk_live_",
        "hf_",
        "api_org_",
        "AIzaSy",
        "AQ.Ab8",
        "ya29.",
        "gsk_",
        "xai-",
        "r8_",
        "nvapi-",
        "pplx-",
        "csk-",
        "fw_",
        "tgp_v1_",
        "esecret_",
        "jina_",
        "ghp_",
        "github_pat_",
        "ABSK",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIx.",
    )
] + [pytest.param("dapi" + "0123456789abcdef" * 2, id="dapi")]


@pytest.mark.parametrize("vendors_key", VENDORS_KEYS)
def test_a_key_of_any_vendor_is_refused_in_a_config_and_redacted_in_a_text(
    vendors_key: str,
) -> None:
    assert looks_like_key(vendors_key)
    assert quote_value(vendors_key) == "what looks like an API key"
    echo = f"Incorrect API key provided: {vendors_key}. See your account."
    assert redact_key_shapes(echo) == "Incorrect API key provided: [key]. See your account."
    assert (
        redact_key_shapes(f"Authorization: Bearer {vendors_key}") == "Authorization: Bearer [key]"
    )


@pytest.mark.parametrize("start", ["sk-ab", "sk", "hf_ab", "AIza", "gsk_", "nvapi-", "Bearer ab"])
def test_a_key_whose_middle_is_starred_out_is_redacted(start: str) -> None:
    assert "wxyz" not in redact_key_shapes(f"provided: {start}{'*' * 20}wxyz")


@pytest.mark.parametrize(
    "text",
    [
        "a task-force and a risk-averse desk-bound-person",
        "skateboarding equipment, skip_this_step_please",
        "Bearer authentication is required",
        "req_011CSHoEeqs5C35K2UUqR7Fy, chatcmpl-9aBcDeFgHiJkLmNoPqRsTuVw",
        "meta-llama/Llama-2-70b-chat-hf is not available",
    ],
)
def test_words_and_ids_are_no_keys(text: str) -> None:
    assert redact_key_shapes(text) == text


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

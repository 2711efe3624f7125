from pathlib import Path
from typing import Any

import pytest
from asking import VENDORS, model_at

from attrx.configs.errors import ConfigError
from attrx.configs.settings import Settings
from attrx.runs.check import ModelCheck, check
from attrx.testing import VendorServer


def settings(*models: Any, **more: Any) -> Settings:
    return Settings.model_validate(
        {
            "version": 1,
            "input": {"id": "sku", "text": ["title"]},
            "attributes": [
                {"name": "gender", "values": ["male", "female"]},
                {"name": "brand", "open": True},
            ],
            "models": [
                model.model_dump(exclude_none=True) if not isinstance(model, dict) else model
                for model in models
            ],
            **more,
        }
    )


def checked(server: VendorServer, vendor: str = "openai", **model: Any) -> ModelCheck:
    [found] = check(settings(model_at(server, vendor, **model)))
    return found


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_model_that_works_is_asked_once_about_one_attribute(vendor: str) -> None:
    with VendorServer() as server:
        found = checked(server, vendor)
        assert found.problem == ""
        assert (found.is_asked, found.usable) == (True, True)
        assert found.form == "json_schema"
        [call] = server.calls
    assert "gender" in call.prompt
    assert "brand" not in call.prompt


def test_the_limits_that_the_response_names_are_reported() -> None:
    with VendorServer(limit_per_s=50) as server:
        assert checked(server).limits.requests_per_minute == 3000


def test_a_wrong_key_is_that_models_problem_and_the_others_are_asked() -> None:
    with VendorServer(api_key="right") as server, pytest.MonkeyPatch.context() as environment:
        environment.setenv("RIGHT_API_KEY", "right")
        environment.setenv("WRONG_API_KEY", "wrong")
        wrong, right = check(
            settings(
                model_at(server, "openai", name="a", api_key_env="WRONG_API_KEY"),
                model_at(server, "openai", name="b", api_key_env="RIGHT_API_KEY"),
            )
        )
    assert "401" in wrong.problem or "key" in wrong.problem
    assert wrong.hint
    assert (right.problem, right.usable) == ("", True)


def test_a_key_that_is_not_set_is_a_problem_and_not_the_end() -> None:
    [found] = check(
        settings(
            {"name": "a", "provider": "openai", "model": "gpt-4", "api_key_env": "NO_SUCH_API_KEY"}
        )
    )
    assert "NO_SUCH_API_KEY" in found.problem
    assert not found.is_asked


def test_a_failure_is_reported_and_not_waited_out() -> None:
    with VendorServer(faults={0: "server_error"}) as server:
        assert checked(server, structured="none").problem
        assert len(server.calls) == 1


def test_an_option_that_the_vendor_refuses_is_named() -> None:
    with VendorServer(faults={0: "bad_temperature"}) as server:
        found = checked(server, temperature=0)
    assert (found.problem, found.dropped_options) == ("", ("temperature",))


def test_talk_is_an_answer_without_a_vote() -> None:
    with VendorServer(answer=lambda call: "I would rather talk.") as server:
        found = checked(server)
    assert not found.usable
    assert found.problem == "no value can be read from the answer: 'I would rather talk.'"
    assert found.hint == "try `structured: none` under model 'm', or another prompt `style`"
    assert found.form is None


def test_mock_and_replay_are_opened_and_not_asked(tmp_path: Path) -> None:
    recording = tmp_path / "answers.jsonl"
    recording.write_text('{"product_id": "p1", "model": "b", "raw": "male"}\n')
    mock, replay, broken = check(
        settings(
            {"name": "a", "provider": "mock"},
            {"name": "b", "provider": "replay", "options": {"file": str(recording)}},
            {"name": "c", "provider": "replay", "options": {"file": str(tmp_path / "gone.jsonl")}},
        )
    )
    assert (mock.problem, mock.is_asked, replay.problem, replay.is_asked) == ("", False, "", False)
    assert "gone.jsonl" in broken.problem


def test_an_unknown_model_is_a_usage_error() -> None:
    with pytest.raises(ConfigError, match="no model 'b'"):
        check(settings({"name": "a", "provider": "mock"}), ("b",))

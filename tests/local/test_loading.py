"""What can be loaded, and what is said of what cannot."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
import tiny_llama
import torch
from local_asking import GENDER, answers, model_in, open_engine, requests

from attrx.configs.errors import ConfigError, ProviderError, UnknownModelError
from attrx.configs.settings import ModelSettings
from attrx.providers.local import engine as engine_module
from attrx.providers.local.engine import LocalEngine
from attrx.providers.local.local_options import LocalOptions
from attrx.providers.registry import open_provider


def failure(folder: Path, options: dict[str, Any] | None = None) -> UnknownModelError:
    with pytest.raises(UnknownModelError) as raised_error:
        open_engine(folder, options)
    return raised_error.value


def test_on_a_cpu_a_model_computes_in_float32_in_batches_of_16(tiny: Path) -> None:
    engine = open_engine(tiny, {"device": "cpu"})
    assert engine._loaded_model.device.type == "cpu"
    assert engine._loaded_model.model.dtype == torch.float32
    assert engine.batch_size == 16


def test_dtype_and_batch_size_can_be_set(tiny: Path) -> None:
    engine = open_engine(tiny, {"device": "cpu", "dtype": "bfloat16", "batch_size": 3})
    assert engine._loaded_model.model.dtype == torch.bfloat16
    assert engine.batch_size == 3
    assert json.loads(answers(engine, requests(GENDER))[0].text)["gender"] in {
        "male",
        "female",
        "unisex",
        "n/a",
    }


@pytest.mark.parametrize(("in_flight", "batch_size"), [(1, 1), (5, 2), (20, 10), (500, 16)])
def test_a_batch_is_at_most_half_of_what_may_be_in_flight(
    tiny: Path, in_flight: int, batch_size: int
) -> None:
    assert open_engine(tiny, limits={"concurrency": in_flight}).batch_size == batch_size


def test_what_the_authors_suggest_for_chats_does_not_change_greedy_answers(
    tiny: Path, tmp_path: Path
) -> None:
    for path in tiny.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    suggestions = {
        "do_sample": True,
        "temperature": 0.6,
        "repetition_penalty": 1.8,
        "eos_token_id": [1, 7],
    }
    (tmp_path / "generation_config.json").write_text(json.dumps(suggestions))
    engine, plain = open_engine(tmp_path), open_engine(tiny)
    questions = requests(GENDER, style="choice")
    assert [r.text for r in answers(engine, questions)] == [
        r.text for r in answers(plain, questions)
    ]
    assert engine._loaded_model.end_tokens == (1, 7)


def test_loading_leaves_the_terminal_alone(tiny: Path, capfd: pytest.CaptureFixture[str]) -> None:
    open_engine(tiny)
    assert capfd.readouterr() == ("", "")


def test_a_model_that_was_not_taught_to_answer_is_refused(tmp_path: Path) -> None:
    error = failure(tiny_llama.make(tmp_path, chat_template=None))
    assert "has no chat template" in error.message
    assert error.stops_model


def test_broken_weights_stop_the_model(tiny: Path, tmp_path: Path) -> None:
    for path in tiny.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "model.safetensors").write_bytes(b"nonsense")
    error = failure(tmp_path)
    assert "cannot be loaded" in error.message
    assert error.stops_model


def test_pickled_weights_are_not_opened(tiny: Path, tmp_path: Path) -> None:
    for path in tiny.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "model.safetensors").rename(tmp_path / "pytorch_model.bin")
    assert "safetensors" in failure(tmp_path).hint


def test_code_that_comes_with_a_model_is_not_run(tiny: Path, tmp_path: Path) -> None:
    folder, marker = tmp_path / "model", tmp_path / "marker"
    folder.mkdir()
    for path in tiny.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    (folder / "own.py").write_text(f"open({str(marker)!r}, 'w').close()\nConfig = Model = None\n")
    own = {
        "auto_map": {"AutoConfig": "own.Config", "AutoModelForCausalLM": "own.Model"},
        "model_type": "own",
    }
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, **own}))
    assert "cannot be loaded" in failure(folder).message
    assert not marker.exists()


def test_a_device_that_is_not_there_is_an_error_of_the_config(tiny: Path) -> None:
    with pytest.raises(ConfigError, match=r"this machine has no 'cuda:63'") as raised_error:
        open_engine(tiny, {"device": "cuda:63"})
    assert "cpu" in raised_error.value.hint


def test_nothing_is_loaded_before_the_first_request(
    tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engines: list[LocalEngine] = []
    load = engine_module.open_engine

    def open_and_count(model: ModelSettings, options: LocalOptions) -> LocalEngine:
        engines.append(load(model, options))
        return engines[-1]

    monkeypatch.setattr(engine_module, "open_engine", open_and_count)

    async def main() -> None:
        provider = open_provider(model_in(tiny))
        assert not engines
        replies = await asyncio.gather(*map(provider.ask, requests(GENDER)))
        assert len(replies) == 5
        await provider.close()
        await provider.close()

    asyncio.run(main())
    assert len(engines) == 1


def test_closing_ends_an_answer_at_its_next_token(tiny: Path) -> None:
    engine = open_engine(tiny)
    engine.stop()
    [reply] = answers(engine, requests(GENDER, titles=["Shirt"], form="none", max_tokens=400))
    assert reply.output_tokens == 1


def test_a_model_that_cannot_be_loaded_is_over_for_this_run(tmp_path: Path) -> None:
    folder = tiny_llama.make(tmp_path, chat_template=None)

    async def main() -> None:
        provider = open_provider(model_in(folder))
        for request in requests(GENDER)[:2]:
            with pytest.raises(ProviderError) as raised_error:
                await provider.ask(request)
            assert raised_error.value.stops_model
        await provider.close()

    asyncio.run(main())

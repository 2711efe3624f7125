"""What is checked about a local model before anything is loaded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from attrx.configs.errors import ConfigError
from attrx.configs.settings import ModelSettings
from attrx.providers.local.local_options import read_local_options


def model(name: str, **settings: Any) -> ModelSettings:
    return ModelSettings(name="llama", provider="local", model=name, **settings)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "config.json").write_text("{}")
    return tmp_path


def test_a_folder_with_a_config_will_do(folder: Path) -> None:
    assert read_local_options(model(str(folder))).decode == "generate"


def test_a_gguf_file_needs_no_config_beside_it(tmp_path: Path) -> None:
    (tmp_path / "small.gguf").write_bytes(b"GGUF")
    options = read_local_options(model(str(tmp_path), options={"gguf_file": "small.gguf"}))
    assert options.gguf_file == "small.gguf"


def test_a_model_of_the_hub_needs_a_revision() -> None:
    with pytest.raises(ConfigError, match=r"options.revision is missing") as raised_error:
        read_local_options(model("meta-llama/Llama-3.2-1B-Instruct"))
    assert (
        "https://huggingface.co/meta-llama/Llama-3.2-1B-Instruct/commits/main"
        in raised_error.value.hint
    )
    read_local_options(model("meta-llama/Llama-3.2-1B-Instruct", options={"revision": "9213176"}))


@pytest.mark.parametrize(
    ("name", "settings", "message"),
    [
        (
            "{folder}",
            {"options": {"batchsize": 4}},
            r"options.batchsize: unknown option; did you mean 'batch_size'\?",
        ),
        ("{folder}", {"options": {"batch_size": 0}}, r"options.batch_size: .*greater than 0"),
        ("{folder}", {"options": {"decode": "scores"}}, r"options.decode: .*'generate' or 'score'"),
        ("{folder}", {"options": {"device": "gpu"}}, r"options.device"),
        ("{folder}", {"options": {"revision": "main"}}, r"a folder has no revisions"),
        ("{folder}", {"base_url": "http://127.0.0.1:8000/v1"}, r"'base_url' cannot be set"),
        ("{folder}/none", {}, r"there is no folder"),
        ("{folder}", {"options": {"gguf_file": "other.gguf"}}, r"holds no other.gguf"),
        ("llama", {"options": {"revision": "main"}}, r"neither a folder nor a model of the hub"),
    ],
)
def test_what_cannot_work_is_said_before_anything_is_loaded(
    folder: Path, name: str, settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        read_local_options(model(name.format(folder=folder), **settings))


def test_the_known_options_are_listed_where_one_is_not_known(folder: Path) -> None:
    with pytest.raises(ConfigError) as raised_error:
        read_local_options(model(str(folder), options={"quantize": True}))
    assert raised_error.value.hint == (
        "options of provider 'local': "
        "revision, gguf_file, offline, device, dtype, batch_size, decode, seed"
    )


def test_the_gguf_files_of_a_folder_are_named_where_none_was_chosen(tmp_path: Path) -> None:
    (tmp_path / "small.Q4_1.gguf").write_bytes(b"GGUF")
    with pytest.raises(ConfigError, match=r"holds no config\.json") as raised_error:
        read_local_options(model(str(tmp_path)))
    assert "small.Q4_1.gguf" in raised_error.value.hint

"""Where weights come from: a folder, or a hub, of which this machine plays the part."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hub import COMMIT, REPO, Hub, open_hub
from huggingface_hub import constants

from attrx.configs.errors import AuthError, ProviderError, UnavailableError, UnknownModelError
from attrx.configs.settings import ModelSettings
from attrx.providers.local.checkpoint import Checkpoint, find_checkpoint
from attrx.providers.local.local_options import read_local_options


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What stands for a model: nothing here reads its weights."""
    path = tmp_path / "model"
    path.mkdir()
    (path / "config.json").write_text('{"model_type": "llama"}')
    (path / "model.safetensors").write_bytes(bytes(range(256)) * 20)
    (path / "pytorch_model.bin").write_bytes(b"other weights")
    (path / "small.gguf").write_bytes(b"GGUF")
    return path


@pytest.fixture
def hub(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    with open_hub(folder) as local_hub:
        monkeypatch.setenv("HF_ENDPOINT", local_hub.url)
        # Read from the environment when the library is imported.
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
        yield local_hub


def find(name: str, options: dict[str, Any] | None = None, **settings: Any) -> Checkpoint:
    model = ModelSettings(
        name="llama", provider="local", model=name, options=options or {}, **settings
    )
    return find_checkpoint(model, read_local_options(model))


def failure(*args: Any, **settings: Any) -> ProviderError:
    with pytest.raises(ProviderError) as raised_error:
        find(*args, **settings)
    return raised_error.value


def test_a_folder_is_used_as_it_is_and_known_by_its_files(folder: Path) -> None:
    first = find(str(folder))
    assert first.folder == folder
    assert find(str(folder)).version == first.version
    (folder / "model.safetensors").write_bytes(bytes(range(256)) * 19 + b"x" * 256)
    assert find(str(folder)).version != first.version


def test_files_that_are_not_loaded_do_not_change_the_version(folder: Path) -> None:
    before = find(str(folder)).version
    (folder / "README.md").write_text("notes")
    assert find(str(folder)).version == before


def test_the_revision_is_fetched_and_its_commit_is_the_version(hub: Hub) -> None:
    weights = find(REPO, {"revision": "main"})
    assert weights.version == COMMIT
    assert {path.name for path in weights.folder.iterdir()} == {"config.json", "model.safetensors"}
    digest = hashlib.sha256((weights.folder / "model.safetensors").read_bytes()).digest()
    assert digest == hashlib.sha256((hub.folder / "model.safetensors").read_bytes()).digest()


def test_of_a_gguf_repository_only_the_file_is_fetched(hub: Hub) -> None:
    weights = find(REPO, {"revision": COMMIT, "gguf_file": "small.gguf"})
    assert {path.name for path in weights.folder.iterdir()} == {"small.gguf"}


def test_offline_never_asks_the_hub(hub: Hub) -> None:
    error = failure(REPO, {"revision": COMMIT, "offline": True})
    assert isinstance(error, UnknownModelError)
    assert f"hf download {REPO} --revision {COMMIT}" in error.hint
    assert not hub.asked
    find(REPO, {"revision": COMMIT})
    request_count = len(hub.asked)
    assert find(REPO, {"revision": COMMIT, "offline": True}).version == COMMIT
    assert len(hub.asked) == request_count


def test_a_gated_model_names_the_token_and_the_page_of_its_licence(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.gated = True
    without = failure(REPO, {"revision": "main"})
    assert isinstance(without, AuthError)
    assert "is gated, and was asked for with no token" in without.message
    assert f"https://huggingface.co/{REPO}" in without.hint
    assert "export HF_TOKEN=" in without.hint
    monkeypatch.setenv("HF_TOKEN", "hf_of_somebody_else_000")
    other = failure(REPO, {"revision": "main"})
    assert "the token in HF_TOKEN" in other.message
    monkeypatch.setenv("HF_TOKEN", hub.token)
    assert find(REPO, {"revision": "main"}).version == COMMIT


def test_the_token_may_be_in_another_variable_and_is_shown_nowhere(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.gated = True
    monkeypatch.setenv("SHOP_TOKEN", "hf_secret_0123456789")
    error = failure(REPO, {"revision": "main"}, api_key_env="SHOP_TOKEN")
    assert "SHOP_TOKEN" in error.message
    assert "hf_secret" not in error.message + error.hint + repr(error)
    assert error.__cause__ is None
    assert error.__context__ is None


def test_fetching_leaves_the_terminal_alone(hub: Hub, capfd: pytest.CaptureFixture[str]) -> None:
    find(REPO, {"revision": "main"})
    assert capfd.readouterr() == ("", "")


def test_without_a_token_no_header_is_sent(hub: Hub) -> None:
    find(REPO, {"revision": "main"})
    assert {authorization for _, authorization in hub.asked} == {None}


def test_an_unknown_revision_or_model_stops_the_model(hub: Hub) -> None:
    revision = failure(REPO, {"revision": "v2"})
    assert isinstance(revision, UnknownModelError)
    assert "has no revision 'v2'" in revision.message
    model = failure("maker/other", {"revision": "main"})
    assert isinstance(model, UnknownModelError)
    assert "maker/other" in model.message


def test_a_hub_that_cannot_be_reached_may_be_tried_again(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    error = failure(REPO, {"revision": "main"})
    assert isinstance(error, UnavailableError)
    assert error.retryable

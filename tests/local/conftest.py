"""The models that the tests run; made or loaded once."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a tiny Llama with random weights."""
    import tiny_llama

    return tiny_llama.make(tmp_path_factory.mktemp("tiny"))

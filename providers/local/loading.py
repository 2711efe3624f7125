"""Weights -> a model that is ready to be run, on the best device of this machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
import transformers
from accelerate.utils.memory import should_reduce_batch_size
from transformers import modeling_gguf_pytorch_utils

from ...configs.errors import ConfigError, UnknownModelError
from ...configs.settings import ModelSettings
from .checkpoint import find_weights
from .local_options import LocalOptions


@dataclass(frozen=True)
class Loaded:
    """A model in memory.

    Attributes:
        model: A causal language model of transformers, in evaluation mode.
        tokenizer: Its tokenizer.
        version: Which weights these are; see `weights.Weights`.
        ends: Tokens with which the model says that its answer is over.
        padding: A token for places that nobody looks at.
    """

    model: Any
    tokenizer: Any
    version: str
    ends: tuple[int, ...]
    padding: int

    @property
    def device(self) -> Any:
        """Where it runs."""
        return self.model.device

    @property
    def vocabulary(self) -> int:
        """Number of tokens that it has a likelihood for; may be more than its tokenizer knows."""
        return int(self.model.get_output_embeddings().weight.shape[0])

    @property
    def context(self) -> int | None:
        """Most tokens of prompt and answer together, if it says so."""
        limit: int | None = getattr(
            self.model.config.get_text_config(), "max_position_embeddings", None
        )
        return limit


def load(model: ModelSettings, options: LocalOptions) -> Loaded:
    """Load a model, fetching it first where need be.

    Raises:
        ProviderError: The weights cannot be fetched, or are no chat model that transformers can
            load.
        ConfigError: This machine has no such device.
    """
    weights = find_weights(model, options)
    device = _device(model, options)
    _hush()
    # Neither a model's own code nor pickled weights, which can hold code, are run.
    source: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
    source |= {"gguf_file": options.gguf_file} if options.gguf_file else {}
    kept = {} if options.gguf_file else {"use_safetensors": True}
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(weights.folder, **source)
        loaded = transformers.AutoModelForCausalLM.from_pretrained(
            weights.folder, dtype=_dtype(options, device), device_map=device, **source, **kept
        )
    except Exception as error:
        raise _unloadable(model, error) from error
    if not tokenizer.chat_template:
        raise UnknownModelError(
            f"model '{model.name}': {model.model} has no chat template: it was not taught to answer",
            provider="local",
            hint="run the variant for chats, whose name often ends in -Instruct or -it",
        )
    return _ready(loaded, tokenizer, weights.version)


def _ready(model: Any, tokenizer: Any, version: str) -> Loaded:
    """Set a model up for plain greedy answers."""
    ends = _ends(model, tokenizer)
    # `generate` fills in from here whatever it is not told: sampling and penalties that the authors
    # suggest for chats.
    model.generation_config = transformers.GenerationConfig()
    padding = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else ends[0]
    return Loaded(model.eval(), tokenizer, version, ends, padding)


def _ends(model: Any, tokenizer: Any) -> tuple[int, ...]:
    """Llama 3 names three ends in its generation config, and one of them in its tokenizer."""
    said = model.generation_config.eos_token_id
    ends = [said] if isinstance(said, int) else list(said or ())
    return tuple(dict.fromkeys(end for end in (*ends, tokenizer.eos_token_id) if end is not None))


def is_out_of_memory(error: Exception) -> bool:
    """Whether a smaller batch may succeed after this error."""
    return isinstance(error, MemoryError | torch.OutOfMemoryError) or should_reduce_batch_size(
        error
    )


def _device(model: ModelSettings, options: LocalOptions) -> str:
    gpus = [f"cuda:{number}" for number in range(torch.cuda.device_count())]
    known = [*gpus[:1], *(["mps"] if torch.backends.mps.is_available() else []), "cpu"]
    if options.device == "auto":
        return known[0]
    wanted = "cuda:0" if options.device == "cuda" else options.device
    if wanted not in (*gpus, *known):
        raise ConfigError(
            f"model '{model.name}': options.device: this machine has no '{options.device}'",
            hint=f"it has: {', '.join(dict.fromkeys((*gpus, *known)))}",
        )
    return wanted


def _dtype(options: LocalOptions, device: str) -> Any:
    """The type that the device computes with fastest without losing answers."""
    if options.dtype != "auto":
        return getattr(torch, options.dtype)
    if device.startswith("cuda"):
        return (
            torch.bfloat16
            if torch.cuda.is_bf16_supported(including_emulation=False)
            else torch.float16
        )
    return torch.float16 if device == "mps" else torch.float32


def _unloadable(model: ModelSettings, error: Exception) -> UnknownModelError:
    said = str(error).strip().partition("\n")[0]
    memory = is_out_of_memory(error)
    return UnknownModelError(
        f"model '{model.name}': {model.model} cannot be loaded: {type(error).__name__}: {said}",
        provider="local",
        hint="set `dtype: bfloat16` or run a smaller model"
        if memory
        else "transformers loads safetensors, and GGUF where `options: {gguf_file: ...}` names the file",
    )


def _hush() -> None:
    """Keep transformers' bars and advice off the terminal, which belongs to attrx."""
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    # The reader of GGUF draws a bar of its own, without asking.
    modeling_gguf_pytorch_utils.tqdm = transformers.utils.logging.tqdm

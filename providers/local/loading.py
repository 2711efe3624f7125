"""A checkpoint -> a model that is ready to be run, on the best device of this machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
import transformers
from accelerate.utils.memory import should_reduce_batch_size
from transformers import modeling_gguf_pytorch_utils

from ...configs.errors import ConfigError, UnknownModelError
from ...configs.settings import ModelSettings
from .checkpoint import find_checkpoint
from .local_options import LocalOptions


@dataclass(frozen=True)
class LoadedModel:
    """A model in memory.

    Attributes:
        model: A causal language model of transformers, in evaluation mode.
        tokenizer: Its tokenizer.
        version: Which weights these are; see `checkpoint.Checkpoint`.
        end_tokens: Tokens with which the model says that its answer is over.
        padding_token: A token for places that nobody looks at.
    """

    model: Any
    tokenizer: Any
    version: str
    end_tokens: tuple[int, ...]
    padding_token: int

    @property
    def device(self) -> Any:
        """Where it runs."""
        return self.model.device

    @property
    def vocabulary_size(self) -> int:
        """Number of tokens that it has a likelihood for; may be more than its tokenizer knows."""
        return int(self.model.get_output_embeddings().weight.shape[0])

    @property
    def context_length(self) -> int | None:
        """Most tokens of prompt and answer together, if it says so."""
        config = self.model.config.get_text_config()
        limit: int | None = getattr(config, "max_position_embeddings", None)
        return limit


def load_model(model: ModelSettings, options: LocalOptions) -> LoadedModel:
    """Load a model, fetching it first where need be.

    Raises:
        ProviderError: The weights cannot be fetched, or are no chat model that transformers can
            load.
        ConfigError: This machine has no such device.
    """
    checkpoint = find_checkpoint(model, options)
    device = _choose_device(model, options)
    _silence_transformers()
    # Neither a model's own code nor pickled weights, which can hold code, are run.
    source: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
    file_format: dict[str, Any] = {}
    if options.gguf_file:
        source["gguf_file"] = options.gguf_file
    else:
        file_format["use_safetensors"] = True
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(checkpoint.folder, **source)
        language_model = transformers.AutoModelForCausalLM.from_pretrained(
            checkpoint.folder,
            dtype=_choose_dtype(options, device),
            device_map=device,
            **source,
            **file_format,
        )
    except Exception as error:
        raise _loading_error(model, error) from error
    if not tokenizer.chat_template:
        raise UnknownModelError(
            f"model '{model.name}': {model.model} has no chat template: "
            "it was not taught to answer",
            provider="local",
            hint="run the variant for chats, whose name often ends in -Instruct or -it",
        )
    return _with_plain_settings(language_model, tokenizer, checkpoint.version)


def _with_plain_settings(language_model: Any, tokenizer: Any, version: str) -> LoadedModel:
    """Set a model up for plain greedy answers."""
    end_tokens = _find_end_tokens(language_model, tokenizer)
    # `generate` fills in from here whatever it is not told: sampling and penalties that the authors
    # suggest for chats.
    language_model.generation_config = transformers.GenerationConfig()
    padding_token = tokenizer.pad_token_id
    if padding_token is None:
        padding_token = end_tokens[0]
    return LoadedModel(language_model.eval(), tokenizer, version, end_tokens, padding_token)


def _find_end_tokens(language_model: Any, tokenizer: Any) -> tuple[int, ...]:
    """Llama 3 names three ends in its generation config, and one of them in its tokenizer."""
    config_ends = language_model.generation_config.eos_token_id
    if isinstance(config_ends, int):
        config_ends = [config_ends]
    tokens = [*(config_ends or ()), tokenizer.eos_token_id]
    return tuple(dict.fromkeys(token for token in tokens if token is not None))


def is_out_of_memory(error: Exception) -> bool:
    """Whether a smaller batch may succeed after this error."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    fits_when_smaller: bool = should_reduce_batch_size(error)
    return fits_when_smaller


def _choose_device(model: ModelSettings, options: LocalOptions) -> str:
    devices = [f"cuda:{number}" for number in range(torch.cuda.device_count())]
    if torch.backends.mps.is_available():
        devices.append("mps")
    devices.append("cpu")
    if options.device == "auto":
        return devices[0]
    device = "cuda:0" if options.device == "cuda" else options.device
    if device not in devices:
        raise ConfigError(
            f"model '{model.name}': options.device: this machine has no '{options.device}'",
            hint=f"it has: {', '.join(devices)}",
        )
    return device


def _choose_dtype(options: LocalOptions, device: str) -> Any:
    """The type that the device computes with fastest without losing answers."""
    if options.dtype != "auto":
        return getattr(torch, options.dtype)
    if device.startswith("cuda"):
        has_bfloat16 = torch.cuda.is_bf16_supported(including_emulation=False)
        return torch.bfloat16 if has_bfloat16 else torch.float16
    return torch.float16 if device == "mps" else torch.float32


def _loading_error(model: ModelSettings, error: Exception) -> UnknownModelError:
    first_line = str(error).strip().partition("\n")[0]
    hint = (
        "transformers loads safetensors, and GGUF where `options: {gguf_file: ...}` names the file"
    )
    if is_out_of_memory(error):
        hint = "set `dtype: bfloat16` or run a smaller model"
    return UnknownModelError(
        f"model '{model.name}': {model.model} cannot be loaded: "
        f"{type(error).__name__}: {first_line}",
        provider="local",
        hint=hint,
    )


def _silence_transformers() -> None:
    """Keep transformers' bars and advice off the terminal, which belongs to attrx."""
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    # The reader of GGUF draws a bar of its own, without asking.
    modeling_gguf_pytorch_utils.tqdm = transformers.utils.logging.tqdm

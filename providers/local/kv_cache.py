"""The instruction part of a prompt, computed once for all products that are asked the same."""

from __future__ import annotations

import copy
import inspect
from collections import OrderedDict
from typing import Any

import torch
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer

from .chat_template import Tokens
from .loading import LoadedModel

_MAX_CACHED_PREFIXES = 8
# Shorter ones cost less to compute again than to copy.
_SHORTEST_PREFIX = 16


class PrefixCache:
    """Keys and values of the last few prefixes, ready to be continued.

    Args:
        loaded_model: The model. Where some of its layers keep anything but the keys and values of
            all tokens (a sliding window, a recurrent state), nothing is shared, and each prompt is
            computed whole.

    Attributes:
        works: Whether prefixes are shared.
    """

    def __init__(self, loaded_model: LoadedModel) -> None:
        self.works = _keeps_all_tokens(loaded_model.model)
        self._model = loaded_model.model
        self._argument = _cache_argument(loaded_model.model)
        self._device = loaded_model.device
        self._caches: OrderedDict[Tokens, Any] = OrderedDict()

    def get(self, prefix: Tokens, rows: int) -> Any | None:
        """The cache of a prefix for so many prompts, to be used up.

        None where nothing is shared.
        """
        if not self.works or len(prefix) < _SHORTEST_PREFIX:
            return None
        if prefix not in self._caches:
            self._caches[prefix] = self._compute(prefix)
        self._caches.move_to_end(prefix)
        while len(self._caches) > _MAX_CACHED_PREFIXES:
            self._caches.popitem(last=False)
        cache = copy.deepcopy(self._caches[prefix])
        cache.batch_repeat_interleave(rows)
        return cache

    def arguments(self, cache: Any | None) -> dict[str, Any]:
        """A cache as the model and its `generate` take it; nothing where there is none."""
        return {} if cache is None else {self._argument: cache}

    def clear(self) -> None:
        """Give the memory back."""
        self._caches.clear()

    def _compute(self, prefix: Tokens) -> Any:
        cache = DynamicCache(config=self._model.config)
        self._model(
            input_ids=torch.tensor([prefix], device=self._device),
            use_cache=True,
            logits_to_keep=1,
            **self.arguments(cache),
        )
        return cache


def _keeps_all_tokens(model: Any) -> bool:
    cache = DynamicCache(config=model.config)
    return all(type(layer) is DynamicLayer for layer in cache.layers)


def _cache_argument(model: Any) -> str:
    """What the model calls its cache: transformers 5.24 renamed it in all models at once."""
    parameters = inspect.signature(model.forward).parameters
    return "cache" if "cache" in parameters else "past_key_values"

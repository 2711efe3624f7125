"""The instruction part of a prompt, computed once for all products that are asked the same."""

from __future__ import annotations

import copy
import inspect
from collections import OrderedDict
from typing import Any

import torch
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer

from .loading import Loaded

_MOST_PREFIXES = 8
# Shorter ones cost less to compute again than to copy.
_SHORTEST = 16

Tokens = tuple[int, ...]


class Prefixes:
    """Keys and values of the last few openings, ready to be continued.

    Args:
        loaded: The model. Where some of its layers keep anything but the keys and values of all
            tokens (a sliding window, a recurrent state), nothing is shared, and each prompt is
            computed whole.
    """

    def __init__(self, loaded: Loaded) -> None:
        self._model = loaded.model
        self._argument = _cache_argument(loaded.model)
        self._device = loaded.device
        self._kept: OrderedDict[Tokens, Any] = OrderedDict()
        self.works = _keeps_all_tokens(loaded.model)

    def get(self, opening: Tokens, rows: int) -> Any | None:
        """The cache of an opening for so many prompts, to be used up; None where nothing is shared."""
        if not self.works or len(opening) < _SHORTEST:
            return None
        if opening not in self._kept:
            self._kept[opening] = self._computed(opening)
        self._kept.move_to_end(opening)
        while len(self._kept) > _MOST_PREFIXES:
            self._kept.popitem(last=False)
        cache = copy.deepcopy(self._kept[opening])
        cache.batch_repeat_interleave(rows)
        return cache

    def arguments(self, cache: Any | None) -> dict[str, Any]:
        """A cache as the model and its `generate` take it; nothing where there is none."""
        return {} if cache is None else {self._argument: cache}

    def clear(self) -> None:
        """Give the memory back."""
        self._kept.clear()

    def _computed(self, opening: Tokens) -> Any:
        cache = DynamicCache(config=self._model.config)
        tokens = torch.tensor([opening], device=self._device)
        self._model(input_ids=tokens, use_cache=True, logits_to_keep=1, **self.arguments(cache))
        return cache


def _keeps_all_tokens(model: Any) -> bool:
    cache = DynamicCache(config=model.config)
    return all(type(layer) is DynamicLayer for layer in cache.layers)


def _cache_argument(model: Any) -> str:
    """What the model calls its cache: transformers 5.24 renamed it in all models at once."""
    parameters = inspect.signature(model.forward).parameters
    return "cache" if "cache" in parameters else "past_key_values"

"""Prompts of different lengths -> one rectangle of tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

from .kv_cache import Tokens
from .loading import Loaded


@dataclass(frozen=True)
class Padded:
    """A batch of prompts.

    Attributes:
        tokens: [n_prompts, longest] int64, on the model's device.
        mask: [n_prompts, longest] int64, 1 where a token is of the prompt, 0 where it only fills
            up.
    """

    tokens: Any
    mask: Any


def padded(prompts: Sequence[Tokens], shared: int, loaded: Loaded) -> Padded:
    """Lay prompts under each other, flush right, so that all answers begin in the same column.

    Args:
        prompts: The tokens of each.
        shared: So many tokens at the beginning are the same in all; the filling stands behind them.
        loaded: The model.
    """
    longest = max(map(len, prompts))
    tokens, mask = [], []
    for prompt in prompts:
        filling = longest - len(prompt)
        tokens.append([*prompt[:shared], *[loaded.padding] * filling, *prompt[shared:]])
        mask.append([*[1] * shared, *[0] * filling, *[1] * (len(prompt) - shared)])
    return Padded(
        torch.tensor(tokens, device=loaded.device), torch.tensor(mask, device=loaded.device)
    )

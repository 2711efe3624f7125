"""Prompts of different lengths -> one rectangle of tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

from .chat_template import Tokens
from .loading import LoadedModel


@dataclass(frozen=True)
class PaddedBatch:
    """A batch of prompts.

    Attributes:
        tokens: [n_prompts, longest] int64, on the model's device.
        mask: [n_prompts, longest] int64, 1 where a token is of the prompt, 0 where it only fills
            up.
    """

    tokens: Any
    mask: Any


def pad_prompts(
    prompts: Sequence[Tokens], prefix_length: int, loaded_model: LoadedModel
) -> PaddedBatch:
    """Lay prompts under each other, flush right, so that all answers begin in the same column.

    Args:
        prompts: The tokens of each.
        prefix_length: So many tokens at the beginning are the same in all; the padding stands
            behind them.
        loaded_model: The model.
    """
    longest = max(len(prompt) for prompt in prompts)
    prefix_mask = [1] * prefix_length
    token_rows = []
    mask_rows = []
    for prompt in prompts:
        prefix = prompt[:prefix_length]
        rest = prompt[prefix_length:]
        missing = longest - len(prompt)
        padding = [loaded_model.padding_token] * missing
        token_rows.append([*prefix, *padding, *rest])
        mask_rows.append([*prefix_mask, *[0] * missing, *[1] * len(rest)])
    device = loaded_model.device
    return PaddedBatch(
        tokens=torch.tensor(token_rows, device=device),
        mask=torch.tensor(mask_rows, device=device),
    )

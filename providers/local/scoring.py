"""The likelihood of each allowed value, in one forward pass: nothing is written, the likeliest value is the answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch

from ...configs.errors import RefusedRequestError
from .kv_cache import Prefixes, Tokens
from .loading import Loaded
from .padding import padded
from .token_trie import Tree, closing_tokens, plant

# In one pass; 1 GiB in float32.
_MOST_LIKELIHOODS = 2**28


@dataclass(frozen=True, slots=True)
class Choice:
    """What was chosen for one attribute.

    Attributes:
        value: The likeliest of its values; of equally likely ones, the first of the config.
        probability: The model's probability of it, if nothing but one of the listed values may be
            said.
        tokens: Tokens of the value.
    """

    value: str
    probability: float
    tokens: int


class Scorer:
    """Scores values with one model.

    Args:
        loaded: The model.
        prefixes: What is known of the openings.
    """

    def __init__(self, loaded: Loaded, prefixes: Prefixes) -> None:
        self._loaded = loaded
        self._prefixes = prefixes
        self._trees: dict[object, Tree] = {}

    @cached_property
    def _closing(self) -> tuple[int, ...]:
        return closing_tokens(self._loaded.tokenizer)

    def check(self, name: str) -> None:
        """Raise RefusedRequestError where the model cannot look at many values at once."""
        if not self._prefixes.works:
            raise RefusedRequestError(
                f"model '{name}': `decode: score` needs a model whose layers all see the whole text",
                provider="local",
                hint="use `decode: generate`, which holds answers to the listed values too",
            )

    def choose(
        self,
        prompts: Sequence[Tokens],
        opening: Tokens,
        closed: Mapping[str, Sequence[str]],
        *,
        json_form: bool,
    ) -> list[dict[str, Choice]]:
        """The likeliest values.

        Args:
            prompts: The tokens of each prompt; all open with `opening`.
            opening: What is computed once for all of them.
            closed: attribute -> the values it allows.
            json_form: Whether the answer is a JSON object, and not the value alone.

        Returns:
            For each prompt, attribute -> what was chosen for it.
        """
        key = (json_form, tuple((name, tuple(values)) for name, values in closed.items()))
        tree = self._trees.get(key)
        if tree is None:
            tree = self._trees[key] = plant(closed, self._loaded.tokenizer, json_form=json_form)
        ends = self._closing if json_form else self._loaded.ends
        # Long lists of values have many tokens, and each of them a likelihood for each token that
        # may follow.
        rows = max(1, _MOST_LIKELIHOODS // (len(tree.tokens) + 1) // self._loaded.vocabulary)
        parts = [prompts[start : start + rows] for start in range(0, len(prompts), rows)]
        return [
            _chosen(tree, row)
            for part in parts
            for row in self._scores(part, opening, tree, ends).tolist()
        ]

    def _scores(
        self, prompts: Sequence[Tokens], opening: Tokens, tree: Tree, closing: Sequence[int]
    ) -> Any:
        """[n_prompts, n_candidates] float32, log-likelihood of each value and of its end."""
        logits = self._logits(prompts, opening, tree)
        # Column 0 is the prompt's last token; the tree's token t is in column t + 1, and predicts
        # what follows it.
        total = torch.stack([row.float().logsumexp(-1) for row in logits])
        before = torch.tensor([parent + 1 for parent in tree.parents], device=logits.device)
        tokens = torch.tensor(tree.tokens, device=logits.device)
        steps = logits[:, before, tokens].float() - total[:, before]
        ends = torch.stack([row[:, list(closing)].float().logsumexp(-1) for row in logits]) - total
        scores = []
        for candidate in tree.candidates:
            last = candidate.path[-1] + 1 if candidate.path else 0
            scores.append(steps[:, list(candidate.path)].sum(-1) + ends[:, last])
        return torch.stack(scores, dim=1)

    def _logits(self, prompts: Sequence[Tokens], opening: Tokens, tree: Tree) -> Any:
        """[n_prompts, 1 + n_tokens, vocabulary] logits after the prompt and after each token of the tree."""
        cache = self._prefixes.get(opening, len(prompts))
        shared = len(opening) if cache else 0
        laid = padded(prompts, shared, self._loaded)
        branches = torch.tensor([tree.tokens] * len(prompts), device=self._loaded.device)
        place = laid.mask.cumsum(-1) - 1
        depths = torch.tensor(tree.depths, device=self._loaded.device)
        positions = torch.cat([place, place[:, -1:] + 1 + depths], dim=1).clamp(min=0)
        return self._loaded.model(
            input_ids=torch.cat([laid.tokens, branches], dim=1)[:, shared:],
            position_ids=positions[:, shared:],
            attention_mask=_visible(laid.mask, tree)[:, :, shared:],
            use_cache=cache is not None,
            logits_to_keep=len(tree.tokens) + 1,
            **self._prefixes.arguments(cache),
        ).logits


def _visible(mask: Any, tree: Tree) -> Any:
    """What each place may look at: the prompt's what stands before them, the tree's the prompt and their own branch.

    Args:
        mask: [n_prompts, longest] 1 where a token is of the prompt.
        tree: What follows each prompt.

    Returns:
        [n_prompts, 1, longest + n_tokens, longest + n_tokens] bool.
    """
    rows, longest = mask.shape
    size = longest + len(tree.tokens)
    visible = torch.ones(size, size, dtype=torch.bool, device=mask.device).tril()
    visible[longest:, longest:] = torch.from_numpy(tree.sees).to(mask.device)
    everywhere = torch.cat(
        [mask.bool(), torch.ones(rows, len(tree.tokens), dtype=torch.bool, device=mask.device)], 1
    )
    # A filling looks at itself: a softmax over nothing is no number.
    itself = torch.eye(size, dtype=torch.bool, device=mask.device)
    return ((visible & everywhere[:, None, :]) | itself)[:, None]


def _chosen(tree: Tree, scores: Sequence[float]) -> dict[str, Choice]:
    """The likeliest value of each attribute."""
    groups: dict[str, list[int]] = {}
    for number, candidate in enumerate(tree.candidates):
        groups.setdefault(candidate.attribute, []).append(number)
    chosen = {}
    for attribute, numbers in groups.items():
        shares = (
            torch.tensor([scores[number] for number in numbers], dtype=torch.float64)
            .softmax(0)
            .tolist()
        )
        best = max(range(len(numbers)), key=shares.__getitem__)
        candidate = tree.candidates[numbers[best]]
        chosen[attribute] = Choice(candidate.value, shares[best], len(candidate.path))
    return chosen

"""The likelihood of each allowed value, in one forward pass.

Nothing is written: the likeliest value is the answer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch

from ...configs.errors import RefusedRequestError
from .chat_template import Tokens
from .kv_cache import PrefixCache
from .loading import LoadedModel
from .padding import pad_prompts
from .token_trie import TokenTrie, build_trie, closing_tokens

# In one pass; 1 GiB in float32.
_MAX_LIKELIHOODS = 2**28


@dataclass(frozen=True, slots=True)
class ValueScore:
    """The likeliest value of one attribute.

    Attributes:
        value: The value; of equally likely ones, the first of the config.
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
        loaded_model: The model.
        prefix_cache: What is computed of the prompts' common prefixes.
    """

    def __init__(self, loaded_model: LoadedModel, prefix_cache: PrefixCache) -> None:
        self._loaded_model = loaded_model
        self._prefix_cache = prefix_cache
        self._tries: dict[object, TokenTrie] = {}

    @cached_property
    def _closing_tokens(self) -> tuple[int, ...]:
        return closing_tokens(self._loaded_model.tokenizer)

    def check(self, name: str) -> None:
        """Raise RefusedRequestError where the model cannot look at many values at once."""
        if not self._prefix_cache.works:
            raise RefusedRequestError(
                f"model '{name}': `decode: score` needs a model "
                "whose layers all see the whole text",
                provider="local",
                hint="use `decode: generate`, which holds answers to the listed values too",
            )

    def score(
        self,
        prompts: Sequence[Tokens],
        prefix: Tokens,
        closed_values: Mapping[str, Sequence[str]],
        *,
        is_json: bool,
    ) -> list[dict[str, ValueScore]]:
        """The likeliest values.

        Args:
            prompts: The tokens of each prompt; all begin with `prefix`.
            prefix: What is computed once for all of them.
            closed_values: attribute -> the values it allows.
            is_json: Whether the answer is a JSON object, and not the value alone.

        Returns:
            For each prompt, attribute -> its likeliest value.
        """
        trie = self._trie(closed_values, is_json=is_json)
        end_tokens = self._closing_tokens if is_json else self._loaded_model.end_tokens
        # Long lists of values have many tokens, and each of them a likelihood for each token that
        # may follow.
        likelihoods = (len(trie.tokens) + 1) * self._loaded_model.vocabulary_size
        rows = max(1, _MAX_LIKELIHOODS // likelihoods)
        best_values = []
        for start in range(0, len(prompts), rows):
            part = prompts[start : start + rows]
            scores = self._scores(part, prefix, trie, end_tokens)
            for row in scores.tolist():
                best_values.append(_likeliest_values(trie, row))
        return best_values

    def _trie(self, closed_values: Mapping[str, Sequence[str]], *, is_json: bool) -> TokenTrie:
        items = [(name, tuple(values)) for name, values in closed_values.items()]
        key = (is_json, tuple(items))
        if key not in self._tries:
            tokenizer = self._loaded_model.tokenizer
            self._tries[key] = build_trie(closed_values, tokenizer, is_json=is_json)
        return self._tries[key]

    def _scores(
        self,
        prompts: Sequence[Tokens],
        prefix: Tokens,
        trie: TokenTrie,
        end_tokens: Sequence[int],
    ) -> Any:
        """[n_prompts, n_candidates] float32, log-likelihood of each value and of its end."""
        logits = self._logits(prompts, prefix, trie)
        # Column 0 is the prompt's last token; the trie's token t is in column t + 1, and predicts
        # what follows it. Prompt by prompt, so that no second copy of all logits is in the memory.
        totals = []
        end_totals = []
        for row in logits:
            total_of_row = row.float().logsumexp(-1)
            totals.append(total_of_row)
            end_logits = row[:, list(end_tokens)]
            ends_of_row = end_logits.float().logsumexp(-1)
            end_totals.append(ends_of_row)
        total = torch.stack(totals)
        ends = torch.stack(end_totals) - total
        parents = torch.tensor(trie.parents, device=logits.device)
        tokens = torch.tensor(trie.tokens, device=logits.device)
        columns = parents + 1
        steps = logits[:, columns, tokens].float() - total[:, columns]
        scores = []
        for candidate in trie.candidates:
            path = list(candidate.path)
            last_column = path[-1] + 1 if path else 0
            value_score = steps[:, path].sum(-1)
            scores.append(value_score + ends[:, last_column])
        return torch.stack(scores, dim=1)

    def _logits(self, prompts: Sequence[Tokens], prefix: Tokens, trie: TokenTrie) -> Any:
        """[n_prompts, 1 + n_tokens, vocabulary] after the prompt and each token of the trie."""
        device = self._loaded_model.device
        cache = self._prefix_cache.get(prefix, len(prompts))
        prefix_length = len(prefix) if cache else 0
        batch = pad_prompts(prompts, prefix_length, self._loaded_model)
        branches = torch.tensor([trie.tokens] * len(prompts), device=device)
        tokens = torch.cat([batch.tokens, branches], dim=1)
        prompt_positions = batch.mask.cumsum(-1) - 1
        depths = torch.tensor(trie.depths, device=device)
        branch_positions = prompt_positions[:, -1:] + 1 + depths
        positions = torch.cat([prompt_positions, branch_positions], dim=1)
        positions = positions.clamp(min=0)
        attention_mask = _attention_mask(batch.mask, trie)
        output = self._loaded_model.model(
            input_ids=tokens[:, prefix_length:],
            position_ids=positions[:, prefix_length:],
            attention_mask=attention_mask[:, :, prefix_length:],
            use_cache=cache is not None,
            logits_to_keep=len(trie.tokens) + 1,
            **self._prefix_cache.arguments(cache),
        )
        return output.logits


def _attention_mask(prompt_mask: Any, trie: TokenTrie) -> Any:
    """What each place may look at.

    The prompt's tokens look at what stands before them, the trie's at the prompt and their own
    branch.

    Args:
        prompt_mask: [n_prompts, longest] 1 where a token is of the prompt.
        trie: What follows each prompt.

    Returns:
        [n_prompts, 1, longest + n_tokens, longest + n_tokens] bool.
    """
    device = prompt_mask.device
    rows, longest = prompt_mask.shape
    trie_size = len(trie.tokens)
    size = longest + trie_size
    visible = torch.ones(size, size, dtype=torch.bool, device=device).tril()
    visible[longest:, longest:] = torch.from_numpy(trie.ancestors).to(device)
    trie_mask = torch.ones(rows, trie_size, dtype=torch.bool, device=device)
    is_token = torch.cat([prompt_mask.bool(), trie_mask], dim=1)
    # Padding looks at itself: a softmax over nothing is no number.
    itself = torch.eye(size, dtype=torch.bool, device=device)
    mask = (visible & is_token[:, None, :]) | itself
    return mask[:, None]


def _likeliest_values(trie: TokenTrie, scores: Sequence[float]) -> dict[str, ValueScore]:
    """The likeliest value of each attribute, of one prompt's [n_candidates] scores."""
    indexes_by_attribute: defaultdict[str, list[int]] = defaultdict(list)
    for index, candidate in enumerate(trie.candidates):
        indexes_by_attribute[candidate.attribute].append(index)
    best_values = {}
    for attribute, indexes in indexes_by_attribute.items():
        likelihoods = torch.tensor([scores[index] for index in indexes], dtype=torch.float64)
        probabilities = likelihoods.softmax(0).tolist()
        probability = max(probabilities)
        best_index = indexes[probabilities.index(probability)]
        candidate = trie.candidates[best_index]
        tokens = len(candidate.path)
        best_values[attribute] = ValueScore(candidate.value, probability, tokens)
    return best_values

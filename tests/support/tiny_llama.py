"""A Llama with random weights and a tokenizer of its own, made in a second.

All the machinery, and no sense.
"""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("torch", reason="these tests run models: `make test-local` brings torch")

CHAT_TEMPLATE = """\
{% for message in messages %}<|im_start|>{{ message['role'] }}
{{ message['content'] }}<|im_end|>
{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
{% endif %}"""
TEXTS = (
    'You extract attributes of products for an e-commerce catalog. Answer with one JSON object: {"gender": "male"}',
    '<product>{"title": "Men\'s cotton shirt, navy"}</product> Keys: "gender", "brand", "material". n/a',
    "female unisex male leather cotton wool synthetic newborn infant toddler kids adult",
)


def make(
    folder: Path, *, seed: int = 0, context: int = 2048, chat_template: str | None = CHAT_TEMPLATE
) -> Path:
    """Write the model as `save_pretrained` does.

    Args:
        folder: Where to; made if it is not there.
        seed: Of the weights.
        context: Most tokens of prompt and answer.
        chat_template: None makes a model that was not taught to answer.
    """
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM
    from transformers.utils import logging

    logging.disable_progress_bar()
    tokenizer = make_tokenizer(chat_template)
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=len(tokenizer)
        + 9,  # as real models do, it has likelihoods for more tokens than there are
        hidden_size=48,
        intermediate_size=96,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=context,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=None,
        bos_token_id=None,
        initializer_range=0.3,  # far from 0: different prompts get different answers
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def make_tokenizer(chat_template: str | None = CHAT_TEMPLATE):  # type: ignore[no-untyped-def]
    """A byte-level BPE tokenizer, trained on a few sentences."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    alphabet = pre_tokenizers.ByteLevel.alphabet()
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=500,
        special_tokens=["<|im_start|>", "<|im_end|>"],
        initial_alphabet=alphabet,
        show_progress=False,
    )
    tokenizer.train_from_iterator([*TEXTS] * 10, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token="<|im_end|>", chat_template=chat_template
    )

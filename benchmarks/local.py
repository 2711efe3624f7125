"""A model in this process.

Batches, the shared opening, sorting and scoring, each beside its plainer form.

SmolLM2-135M-Instruct is asked for two closed attributes and an open one of the same products in
every way, in rounds, so that whatever else the machine does meets all of them. The peer is the
text-generation pipeline of transformers with the same prompts, weights and batch size: it writes
freely, and reads each prompt whole.

    make bench-local   # python -m benchmarks.local [--products 32] [--rounds 3]
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "support"))

if TYPE_CHECKING:
    from attrx.providers.local.engine import LocalEngine, LocalJob
    from attrx.providers.protocol import Reply, Request

BATCH = 16
MAX_TOKENS = 48
TEXT = (
    "light breathable mesh upper with a padded collar, a removable insole and a sole that grips "
    "on wet ground; it runs "
    "true to size, dries fast, and is made in small series from yarn that was dyed before it "
    "was knitted"
)
Answers = Callable[[], "Sequence[Reply]"]


def asked(products: int, *, open_too: bool = True) -> list[Request]:
    """Requests for products whose texts are 4 to 120 words long, in no order."""
    from local_asking import ALL, CLOSED, requests

    makers = ("Nike men's shoe", "Adidas women's hat", "Puma shirt", "Levi's girls' jeans")
    texts, filling = [], TEXT.split()
    for number in range(products):
        words = 4 + (number * 37) % 117
        description = " ".join(
            filling[place % len(filling)] for place in range(number, number + words)
        )
        texts.append(f"{makers[number % len(makers)]}, {description}")
    return requests(*(ALL if open_too else CLOSED), titles=texts, max_tokens=MAX_TOKENS)


def in_batches(
    engine: LocalEngine, requests: Sequence[Request], size: int, *, by_length: bool
) -> list[Reply]:
    """Replies in the order of the requests."""
    replies: dict[int, Reply] = {}
    for batch in _batches(engine, requests, size, by_length=by_length):
        found = engine.answer([job for _, job in batch])
        replies |= {place: reply for (place, _), reply in zip(batch, found, strict=True)}
    return [replies[place] for place in range(len(requests))]


def filling(
    engine: LocalEngine, requests: Sequence[Request], size: int, *, by_length: bool
) -> float:
    """The share of the places behind the opening that no prompt fills."""
    filled = places = 0
    for batch in _batches(engine, requests, size, by_length=by_length):
        lengths = [len(job.prompt.rest) for _, job in batch]
        filled += sum(lengths)
        places += max(lengths) * len(lengths)
    return 1 - filled / places


def _batches(
    engine: LocalEngine, requests: Sequence[Request], size: int, *, by_length: bool
) -> list[list[tuple[int, LocalJob]]]:
    jobs = [(place, engine.prepare(request)) for place, request in enumerate(requests)]
    if by_length:
        jobs.sort(key=lambda pair: -pair[1].length)
    return [jobs[start : start + size] for start in range(0, len(jobs), size)]


def ways(engine: LocalEngine, products: int) -> dict[str, Answers]:
    """Name -> a way to get the answers with one model in memory."""
    scorer = _with_options(engine, decode="score")
    requests, closed = asked(products), asked(products, open_too=False)

    def unshared() -> Sequence[Reply]:
        works, engine._prefix_cache.works = engine._prefix_cache.works, False
        try:
            return in_batches(engine, requests, BATCH, by_length=True)
        finally:
            engine._prefix_cache.works = works

    return {
        "batch 1": lambda: in_batches(engine, requests, 1, by_length=True),
        f"batch {BATCH}, sorted": lambda: in_batches(engine, requests, BATCH, by_length=True),
        f"batch {BATCH}, unsorted": lambda: in_batches(engine, requests, BATCH, by_length=False),
        f"batch {BATCH}, opening not shared": unshared,
        "closed attributes, generate": lambda: in_batches(engine, closed, BATCH, by_length=True),
        "closed attributes, score": lambda: in_batches(scorer, closed, BATCH, by_length=True),
        "score, unsorted": lambda: in_batches(scorer, closed, BATCH, by_length=False),
        "peer: pipeline": lambda: _pipeline(engine, requests),
    }


def _with_options(engine: LocalEngine, **changes: Any) -> LocalEngine:
    """Another engine on the same weights."""
    from attrx.providers.local.engine import LocalEngine

    options = engine._options.model_copy(update=changes)
    return LocalEngine(engine._settings, options, engine._loaded_model)


def _pipeline(engine: LocalEngine, requests: Sequence[Request]) -> list[Reply]:
    import transformers

    from attrx.providers.protocol import Reply

    tokenizer = engine._loaded_model.tokenizer
    tokenizer.padding_side = "left"
    generate = transformers.pipeline(
        "text-generation", model=engine._loaded_model.model, tokenizer=tokenizer
    )
    prompts = [
        tokenizer.decode(list(engine.prepare(request).prompt.tokens)) for request in requests
    ]
    config = transformers.GenerationConfig(
        max_new_tokens=MAX_TOKENS,
        do_sample=False,
        eos_token_id=list(engine._loaded_model.end_tokens),
        pad_token_id=engine._loaded_model.padding_token,
    )
    written = generate(prompts, batch_size=BATCH, generation_config=config, return_full_text=False)
    return [
        Reply(
            answer[0]["generated_text"],
            input_tokens=len(tokenizer(prompt)["input_ids"]),
            output_tokens=len(tokenizer(answer[0]["generated_text"])["input_ids"]),
        )
        for prompt, answer in zip(prompts, written, strict=True)
    ]


def main(products: int = 32, rounds: int = 3) -> None:
    """Measure and print."""
    import smollm2
    import torch
    from local_asking import open_engine

    engine = open_engine(smollm2.folder(), {"gguf_file": smollm2.FILE})
    for answers in ways(engine, 2).values():  # memory and caches are warm when it counts
        answers()
    measured = ways(engine, products)
    seconds: dict[str, list[float]] = {name: [] for name in measured}
    replies: dict[str, Sequence[Reply]] = {}
    for _ in range(rounds):
        for name, answers in measured.items():
            began = time.perf_counter()
            replies[name] = answers()
            seconds[name].append(time.perf_counter() - began)
    print(
        f"SmolLM2-135M-Instruct, float32, {torch.get_num_threads()} threads, {products} "
        f"products, {rounds} rounds"
    )
    for name, found in replies.items():
        median = statistics.median(seconds[name])
        read, wrote = (
            sum(getattr(r, kind) or 0 for r in found) for kind in ("input_tokens", "output_tokens")
        )
        print(
            f"{name:32} {median:6.1f} s  {products / median:6.2f} products/s  "
            f"{(read + wrote) / median:7.0f} tokens/s"
            f"  ({wrote / median:5.1f} written)  JSON: {sum(map(_is_json, found))} of {products}"
        )
    _compare(seconds, "batch 1", f"batch {BATCH}, sorted")
    _compare(seconds, f"batch {BATCH}, unsorted", f"batch {BATCH}, sorted")
    _compare(seconds, "score, unsorted", "closed attributes, score")
    _compare(seconds, f"batch {BATCH}, opening not shared", f"batch {BATCH}, sorted")
    _compare(seconds, "closed attributes, generate", "closed attributes, score")
    _compare(seconds, "peer: pipeline", f"batch {BATCH}, sorted")
    fill = [
        filling(engine, asked(products), BATCH, by_length=by_length) for by_length in (True, False)
    ]
    print(
        f"places behind the opening that only fill up: sorted {fill[0]:.0%}, unsorted {fill[1]:.0%}"
    )
    texts = {name: [reply.text for reply in found] for name, found in replies.items()}
    same = {name: texts[name] == texts["batch 1"] for name in texts if name.startswith("batch")}
    print(
        "the same answers as batch 1:",
        ", ".join(f"{name}: {'yes' if each else 'NO'}" for name, each in same.items()),
    )


def _compare(seconds: dict[str, list[float]], plain: str, better: str) -> None:
    """The median of the rounds' ratios."""
    ratio = statistics.median(a / b for a, b in zip(seconds[plain], seconds[better], strict=True))
    print(f"{better}: {ratio:.1f}x as fast as {plain}")


def _is_json(reply: Reply) -> bool:
    try:
        return isinstance(json.loads(reply.text), dict)
    except json.JSONDecodeError:
        return False


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--products", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    main(given.products, given.rounds)

"""Reports made up for tests, with every text and every kind of entry that a page can show."""

from __future__ import annotations

from attrx.extraction.cache.usage import ModelUsage
from attrx.outputs.html.facts import (
    ModelWeight,
    PairFact,
    Report,
    ReviewCard,
    Score,
    ShownVote,
    WeightGroup,
)
from attrx.outputs.model_status import ModelStatus


def made_report(text: str = "plain", **changed: object) -> Report:
    """A report with everything in it.

    Args:
        text: Every text of products, models and vendors holds it.
        changed: Fields to replace.
    """
    one, other = f"one {text}", f"other {text}"
    weights = (
        ModelWeight(one, 0.9, 0.95, 0.2, 8, 1, 1, accuracy=0.9),
        ModelWeight(other, 0.3, None, None, 0, 0, 10),
    )
    votes = (
        ShownVote(one, f"Navy {text}", counts=True, backs=True, weight=0.9),
        ShownVote(other, f"robot {text}", counts=False, backs=False, weight=0.3),
        ShownVote(f"third {text}", None, counts=False, backs=False, weight=None),
    )
    fields: dict[str, object] = {
        "name": f"shop {text}",
        "version": "0.1.0",
        "method": f"combined by {text}",
        "products": 5,
        "statuses": {"decided": 7, "tie": 1, "absent": 1, "no_answer": 1},
        "review": 3,
        "warnings": (f"beware of {text}",),
        "models": (one, other),
        "groups": (WeightGroup(f"color {text}", 10, weights),),
        "more_groups": 2,
        "pairs": {(one, other): PairFact(9, 0.8, 0.6), (other, one): PairFact(9, 0.8, 0.6)},
        "scores": (Score(one, 10, 1, 0.8, None, 0.7, 0.75, 0.7), Score("ensemble", 10, 0, 0.9, 0.9, 0.9, 0.9, 0.85)),
        "gold_scores": (Score("stack", 10, 0, 0.9, 0.9, 0.9, 0.9),),
        "verdict": f"Use {text} alone.",
        "model_statuses": (
            ModelStatus(one, 10, 9, 1, 0, 0, ModelUsage(one, 5, 1200, 300, 0.0125)),
            ModelStatus(other, 10, 0, 0, 0, 10, ModelUsage(other)),
        ),
        "cards": (
            ReviewCard(f"p1 {text}", f"color {text}", f"blue {text}", (f"low share {text}",), 0.4, 0.5,
                       ((f"title {text}", f"A shirt {text}"),), votes),
            ReviewCard("p2", "color", "", ("no answer",), None, None, (), ()),
        ),
    }  # fmt: skip
    return Report(**(fields | changed))  # type: ignore[arg-type]

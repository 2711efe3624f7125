from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from attrx.ensemble.evaluation.attribute_verdicts import judge_attributes
from attrx.ensemble.evaluation.measures import GoldOutcomes, Outcome

SIDES = ("ensemble", "a", "b")


def outcomes(accuracy: Mapping[str, tuple[float, ...]], seed: int, n: int = 120) -> GoldOutcomes:
    """Attribute -> accuracy of ensemble, a and b, on so many products."""
    rng = np.random.default_rng(seed)
    right = [rng.random((n, len(SIDES))) < accuracies for accuracies in accuracy.values()]
    codes = np.where(np.concatenate(right), Outcome.VC, Outcome.VW).astype(np.int8)
    products = np.tile(np.arange(n), len(accuracy))
    return GoldOutcomes(
        products=products,
        pairs=np.repeat(np.arange(len(accuracy)), n),
        names=tuple(("", name) for name in accuracy),
        weight=np.ones(len(codes)),
        outcomes=dict(zip(SIDES, codes.T, strict=True)),
        missing={who: np.zeros(len(codes), bool) for who in SIDES},
        folds=products % 5,
        disputed=np.ones(len(codes), bool),
    )


def test_an_attribute_that_one_model_knows_better_is_named() -> None:
    table = outcomes({"color": (0.9, 0.9, 0.5), "material": (0.6, 0.5, 0.95)}, 0)
    verdicts = judge_attributes(table, "ensemble", ["a", "b"])
    assert [(each.attribute, each.best) for each in verdicts] == [("material", "b")]
    assert verdicts[0].interval.high is not None
    assert verdicts[0].interval.high < 0


def test_equal_attributes_are_hardly_ever_named_however_many_there_are() -> None:
    equal = {f"attribute {number}": (0.8, 0.8, 0.8) for number in range(10)}
    named = [judge_attributes(outcomes(equal, seed), "ensemble", ["a", "b"]) for seed in range(60)]
    assert sum(map(bool, named)) <= 6


def test_a_single_attribute_is_left_to_the_verdict_on_all() -> None:
    table = outcomes({"material": (0.6, 0.5, 0.95)}, 0)
    assert judge_attributes(table, "ensemble", ["a", "b"]) == ()

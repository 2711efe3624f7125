from __future__ import annotations

import numpy as np
import pytest

from attrx.ensemble.evaluation.measures import (
    GoldOutcomes,
    Measures,
    Outcome,
    best_model,
    measure_everyone,
    outcome_of,
    paired_difference,
)

NN, NV, VN, VC, VW = Outcome


@pytest.mark.parametrize(
    ("gold", "predicted", "expected"),
    [
        ({None}, None, NN),
        ({None}, "red", NV),
        ({"red"}, None, VN),
        ({"red"}, "red", VC),
        ({"red"}, "blue", VW),
        ({"red", "crimson"}, "crimson", VC),
        ({"red", None}, None, NN),
        ({"red", None}, "red", VC),
        ({"red", None}, "blue", VW),
    ],
)
def test_every_cell_is_one_of_five_outcomes(
    gold: set[str | None], predicted: str | None, expected: Outcome
) -> None:
    assert outcome_of(gold, predicted) is expected


def scored(**outcomes: list[Outcome]) -> GoldOutcomes:
    """Cells of four products; the first two pairs have 3 and 2 cells, the third only n/a."""
    n = len(next(iter(outcomes.values())))
    return GoldOutcomes(
        products=np.array([0, 1, 2, 0, 1, 3][:n]),
        pairs=np.array([0, 0, 0, 1, 1, 2][:n]),
        names=(("", "color"), ("", "size"), ("", "sport")),
        weight=np.ones(n),
        outcomes={who: np.array(o, np.int8) for who, o in outcomes.items()},
        missing={who: np.array([o == VN for o in column]) for who, column in outcomes.items()},
    )


def test_measures_by_hand() -> None:
    # color: VC VC VW -> precision 2/3, recall 2/3, f1 4/6. size: NV VN -> precision 0/1, recall
    #     0/1, f1 0.
    # sport: NN only.
    rows = {
        (r.level, r.attribute): r.measures
        for r in measure_everyone(scored(m=[VC, VC, VW, NV, VN, NN]))
    }
    micro = rows["micro", "*"]
    assert (micro.nn, micro.nv, micro.vn, micro.vc, micro.vw) == (1, 1, 1, 2, 1)
    assert (micro.cells, micro.pairs, micro.missing) == (6, 3, 1)
    assert micro.accuracy == pytest.approx(3 / 6)
    assert micro.precision == pytest.approx(2 / 4)
    assert micro.recall == pytest.approx(2 / 4)
    assert micro.f1 == pytest.approx(4 / 8)
    macro = rows["macro", "*"]
    assert macro.pairs == 2  # sport has none of NV, VN, VC, VW
    assert macro.f1 == pytest.approx((4 / 6 + 0) / 2)
    assert macro.accuracy == pytest.approx((2 / 3 + 0) / 2)
    assert rows["attribute", "sport"].accuracy == 1
    assert rows["attribute", "sport"].precision is rows["attribute", "sport"].f1 is None


def test_a_pair_without_a_precision_is_left_out_of_the_macro_precision_only() -> None:
    # color: VC VC VC; size: VN VN has no predicted value, so no precision, but recall 0.
    macro = next(
        r.measures for r in measure_everyone(scored(m=[VC, VC, VC, VN, VN])) if r.level == "macro"
    )
    assert (macro.precision, macro.recall, macro.f1) == (1, 0.5, 0.5)


def test_a_sampling_weight_counts_a_cell_that_many_times() -> None:
    plain = scored(m=[VC, VC, VW, NV, VN, NN])
    weighted = GoldOutcomes(
        plain.products,
        plain.pairs,
        plain.names,
        np.array([3.0, 1, 1, 1, 1, 1]),
        plain.outcomes,
        plain.missing,
    )
    micro = next(measure_everyone(weighted)).measures
    assert (micro.vc, micro.cells) == (4, 6)
    assert micro.accuracy == pytest.approx(5 / 8)


def test_the_interval_is_seeded_and_holds_the_difference() -> None:
    rng = np.random.default_rng(0)
    n = 400
    good, bad = (np.where(rng.random(n) < p, VC, VW).astype(np.int8) for p in (0.9, 0.8))
    none = np.zeros(n, bool)
    table = GoldOutcomes(
        np.arange(n) // 2,
        np.zeros(n, int),
        (("", "a"),),
        np.ones(n),
        {"ensemble": good, "m": bad},
        {"ensemble": none, "m": none},
    )
    first = paired_difference(table, "ensemble", "m", draws=500)
    assert first == paired_difference(table, "ensemble", "m", draws=500)
    assert first != paired_difference(table, "ensemble", "m", draws=500, seed=1)
    assert first.low < first.difference < first.high  # type: ignore[operator]
    # Independent binomials: sqrt(.9 * .1 / 400 + .8 * .2 / 400) = .025.
    assert first.standard_error == pytest.approx(0.025, abs=0.006)


def test_cells_of_one_product_are_drawn_together() -> None:
    # 50 products of 8 equal cells each hold no more information than 50 cells: the error is sqrt(8)
    # times larger.
    rng = np.random.default_rng(1)
    right = rng.random(50) < 0.7
    outcome = np.where(np.repeat(right, 8), VC, VW).astype(np.int8)
    other = np.full(400, VW, np.int8)
    none = np.zeros(400, bool)

    def error(products: np.ndarray) -> float:
        table = GoldOutcomes(
            products,
            np.zeros(400, int),
            (("", "a"),),
            np.ones(400),
            {"a": outcome, "b": other},
            {"a": none, "b": none},
        )
        return paired_difference(table, "a", "b", draws=500).standard_error or 0.0

    assert error(np.repeat(np.arange(50), 8)) == pytest.approx(
        np.sqrt(8) * error(np.arange(400)), rel=0.15
    )


def test_an_undefined_measure_has_no_interval() -> None:
    interval = paired_difference(scored(a=[NN, NN], b=[NN, NN]), "a", "b", "f1", draws=10)
    assert (interval.difference, interval.low) == (None, None)


def test_the_best_model_is_the_first_of_equals() -> None:
    table = scored(a=[VW, VC], b=[VC, VC], c=[VC, VC])
    assert best_model(table, ["a", "b", "c"]) == "b"
    assert best_model(scored(a=[VN], b=[VN]), ["a", "b"], "precision") == "a"


def test_measures_are_plain_records() -> None:
    row = next(measure_everyone(scored(m=[VC])))
    assert row.measures == Measures(1, 3, 0, 0, 0, 0, 1, 0, 1, 1, 1, 1)

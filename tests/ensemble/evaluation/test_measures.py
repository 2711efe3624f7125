from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from attrx.ensemble.evaluation.measures import (
    GoldOutcomes,
    Measures,
    Outcome,
    best_place,
    measure_everyone,
    outcome_of,
    values_of_models,
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
        folds=np.array([0, 1, 2, 0, 1, 3][:n]),
        disputed=np.ones(n, bool),
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
    weighted = replace(plain, weight=np.array([3.0, 1, 1, 1, 1, 1]))
    micro = next(measure_everyone(weighted)).measures
    assert (micro.vc, micro.cells) == (4, 6)
    assert micro.accuracy == pytest.approx(5 / 8)


def test_the_best_model_is_the_first_of_equals_also_where_rounding_tells_them_apart() -> None:
    table = scored(a=[VW, VC], b=[VC, VC], c=[VC, VC])
    assert best_place(values_of_models(table, ["a", "b", "c"])) == 1
    no_prediction = scored(a=[VN], b=[VN])
    assert best_place(values_of_models(no_prediction, ["a", "b"], "precision")) == 0
    assert best_place(np.array([0.5, 0.3 + 0.6, 0.9, np.nan])) == 1  # .3 + .6 is below .9


def test_measures_are_plain_records() -> None:
    row = next(measure_everyone(scored(m=[VC])))
    assert row.measures == Measures(1, 3, 0, 0, 0, 0, 1, 0, 1, 1, 1, 1)

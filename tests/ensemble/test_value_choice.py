"""Cells with several values are decided by the votes and the catalog together."""

from __future__ import annotations

import numpy as np
import pytest
from small_catalogs import Product, SmallCatalog

from attrx.ensemble.arrays import ABSENT, MISSING, Codes
from attrx.ensemble.catalog.signals import Signals
from attrx.ensemble.deciding import decide_attribute
from attrx.ensemble.decision_rule import (
    STATUS_ABSENT,
    STATUS_DECIDED,
    STATUS_TIE,
    Decisions,
    Rule,
    decide,
)
from attrx.ensemble.learning import FEWEST_PRODUCTS, learn

SIGNAL_WEIGHT = np.array([0.3, 0.15, 0.3])


def signals_for(codes: Codes, fits: dict[int, float]) -> Signals:
    """A fit for each value, nothing else; every model is a block of its own."""
    of_block = np.zeros((*codes.shape, 3))
    for value, fit in fits.items():
        of_block[codes == value, 0] = fit
    return Signals(np.tile(np.arange(codes.shape[1]), (len(codes), 1)), of_block)


def decided(row: list[int], fits: dict[int, float], **options: object) -> Decisions:
    codes = np.array([row], np.int32)
    weight = np.array(options.pop("weight", np.ones(len(row))))
    rule = Rule(weight, np.ones(len(row)), signal_weight=SIGNAL_WEIGHT, **options)  # type: ignore[arg-type]
    return decide(codes, rule, signals_for(codes, fits))


def test_the_catalog_decides_a_tie_of_two_models() -> None:
    # .6 each by the votes; fit 2 for value 1, 0 for value 2: 1 more and 1 less than their mean.
    got = decided([1, 2], {1: 0.0, 2: 2.0})
    assert got.code[0] == 2
    assert got.status[0] == STATUS_DECIDED
    assert got.share[0] == 0.5
    assert decided([1, 2], {1: 0.0, 2: 0.0}).status[0] == STATUS_TIE


def test_a_strong_word_outweighs_one_vote_and_not_more() -> None:
    # Two votes for value 1, one for 2: .6 * 2 against .6 * 1 + .3 * (difference of the fits).
    assert decided([1, 1, 2], {1: 0.0, 2: 1.9}).code[0] == 1
    got = decided([1, 1, 2], {1: 0.0, 2: 2.1})
    assert got.code[0] == 2
    assert got.share[0] == pytest.approx(1 / 3)
    assert got.margin[0] == pytest.approx(-1 / 3)  # the votes alone were for the other
    assert got.support[0] == 1


def test_na_wins_or_loses_by_the_votes_alone() -> None:
    assert decided([ABSENT, ABSENT, 1, 2, ABSENT], {1: 9.0, 2: -9.0}).status[0] == STATUS_ABSENT
    got = decided([ABSENT, ABSENT, 1, 1, 1, 2], {1: -9.0, 2: 9.0})
    assert got.code[0] == 2
    # Where the votes cannot tell n/a from a value, that is still a tie.
    assert decided([ABSENT, ABSENT, 1, 1, 2], {1: 0.0, 2: 9.0}).status[0] == STATUS_TIE


def test_the_mean_weight_is_the_unit_of_the_votes() -> None:
    # v = 3, 1, mean 2: .6 * 1.5 against .6 * .5 + .3 * difference, which must exceed 2.
    assert decided([1, 2], {1: 0.0, 2: 1.9}, weight=[3.0, 1.0]).code[0] == 1
    assert decided([1, 2], {1: 0.0, 2: 2.1}, weight=[3.0, 1.0]).code[0] == 2


def test_a_logit_has_the_signals_among_its_scores() -> None:
    # Fits 1 and -1 about their mean: scores 0 + .3 and 0 - .3, and 0 for n/a.
    got = decided([1, 2, ABSENT], {1: 3.0, 2: 1.0}, weight=[0.0, 0.0, 0.0], logit=True)
    scores = np.exp([0.3, -0.3, 0.0])
    assert got.code[0] == 1
    assert got.share[0] == pytest.approx(scores[0] / scores.sum())


def test_cells_with_one_value_are_left_to_the_votes() -> None:
    codes = np.array([[1, 1], [1, MISSING], [ABSENT, 1], [MISSING, MISSING]], np.int32)
    rule = Rule(np.array([2.0, 1.0]), np.ones(2))
    heard = Rule(np.array([2.0, 1.0]), np.ones(2), signal_weight=SIGNAL_WEIGHT)
    plain = decide(codes, rule)
    got = decide(codes, heard, signals_for(codes, {1: 50.0}))
    assert got.code.tolist() == plain.code.tolist()
    np.testing.assert_array_equal(got.share, plain.share)


def catalog_of(n_products: int) -> SmallCatalog:
    """All products are dark red shoes; on the first, the models say something else."""
    products = [Product("p0", "dark red shoe", (("red", "dark red"),))]
    for number in range(1, n_products):
        products.append(Product(f"p{number}", "dark red shoe", (("dark red", "dark red"),)))
    return SmallCatalog(tuple(products))


@pytest.mark.parametrize(
    ("n_products", "value"), [(FEWEST_PRODUCTS, "dark red"), (FEWEST_PRODUCTS - 1, "red")]
)
def test_without_gold_the_catalog_is_heard_from_so_many_products_on(
    n_products: int, value: str
) -> None:
    # The first model in the config wins a tie; both agree elsewhere.
    catalog = catalog_of(n_products)
    bucket = catalog.buckets()[0]
    combiner = learn([bucket], catalog.settings)
    assert decide_attribute(bucket, combiner, 0).value[0].as_py() == value


def test_a_catalog_that_is_not_asked_says_nothing() -> None:
    catalog = catalog_of(FEWEST_PRODUCTS)
    bucket = catalog.buckets()[0]
    ensemble = catalog.settings.ensemble.model_copy(update={"catalog": False})
    settings = catalog.settings.model_copy(update={"ensemble": ensemble})
    combiner = learn([bucket], settings)
    assert combiner.witness is None
    assert decide_attribute(bucket, combiner, 0).value[0].as_py() == "red"


def test_a_leader_decides_and_not_the_catalog() -> None:
    catalog = catalog_of(FEWEST_PRODUCTS)
    bucket = catalog.buckets()[0]
    ensemble = catalog.settings.ensemble.model_copy(update={"leader": "m0"})
    settings = catalog.settings.model_copy(update={"ensemble": ensemble})
    combiner = learn([bucket], settings)
    assert decide_attribute(bucket, combiner, 0).value[0].as_py() == "red"

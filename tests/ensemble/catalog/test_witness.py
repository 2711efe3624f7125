"""What the catalog says of values: as the definitions have it, whatever the order and the split."""

from __future__ import annotations

import dataclasses
import random

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_catalogs import Product, SmallCatalog, by_hand

from attrx.ensemble.catalog.sample import CatalogSample, hashes_of
from attrx.ensemble.catalog.signals import FIT, PART, SEEN
from attrx.ensemble.catalog.witness import Witness, witnessed_attributes
from attrx.ensemble.votes import BucketVotes, votes_on

WORDS = ["red", "dark", "blue", "12", "oz", "-", "7.5", "acme", "rot"]
VALUES = [None, "", "red", "dark red", "blue", "12 oz", "7.5", "acme", "acme - 12", "silver", "_"]


@st.composite
def catalogs(draw: st.DrawFn) -> SmallCatalog:
    n_models = draw(st.integers(1, 4))
    n_attributes = draw(st.integers(1, 2))
    cell = st.tuples(*[st.sampled_from(VALUES)] * n_models)
    text = st.lists(st.sampled_from(WORDS), max_size=6).map(" ".join)
    product = st.tuples(text, st.tuples(*[cell] * n_attributes), st.sampled_from(["", "x", "y"]))
    rows = draw(st.lists(product, min_size=1, max_size=9))
    products = tuple(
        Product(f"p{number}", text, votes, category)
        for number, (text, votes, category) in enumerate(rows)
    )
    return SmallCatalog(products, n_models, n_attributes)


def witness_of(
    catalog: SmallCatalog,
    buckets: list[BucketVotes],
    most_per_category: int = 20_000,
    most_products: int = 200_000,
) -> tuple[Witness, CatalogSample]:
    sample = CatalogSample(
        catalog.settings,
        witnessed_attributes(catalog.settings),
        most_per_category=most_per_category,
        most_products=most_products,
    )
    for bucket in buckets:
        sample.add(bucket)
    return Witness(sample), sample


def signals_by_value(
    catalog: SmallCatalog, witness: Witness, bucket: BucketVotes, attribute: int
) -> dict[tuple[str, str], tuple[float, ...]]:
    """(product, value) -> fit, part and seen."""
    votes = votes_on(bucket, catalog.settings, attribute)
    of_votes = witness.signals(bucket, votes, attribute).of_votes()
    ids = bucket.products.column("product_id").to_pylist()
    values = bucket.values.to_pylist()
    signals = {}
    for row, product in enumerate(ids):
        for model, code in enumerate(votes.codes[row]):
            if code > 0:
                signals[product, values[code - 1]] = tuple(of_votes[row, model])
            else:
                assert not of_votes[row, model].any()
    return signals


@settings(max_examples=150, deadline=None)
@given(catalog=catalogs())
def test_the_counts_give_what_the_definitions_say(catalog: SmallCatalog) -> None:
    bucket = catalog.buckets()[0]
    witness, _ = witness_of(catalog, [bucket])
    for attribute in range(catalog.n_attributes):
        signals = signals_by_value(catalog, witness, bucket, attribute)
        for product in catalog.products:
            for value, expected in by_hand(catalog, product, attribute).items():
                assert signals[product.id, value] == pytest.approx(expected, abs=1e-12)


@settings(max_examples=60, deadline=None)
@given(catalog=catalogs(), seed=st.integers(0, 1000), count=st.integers(1, 4))
def test_no_bit_depends_on_the_order_of_rows_or_on_buckets(
    catalog: SmallCatalog, seed: int, count: int
) -> None:
    products = list(catalog.products)
    random.Random(seed).shuffle(products)
    other = dataclasses.replace(catalog, products=tuple(products))
    whole = catalog.buckets()[0]
    parts = [bucket for bucket in other.buckets(count) if bucket.products.num_rows]
    before, _ = witness_of(catalog, [whole])
    after, _ = witness_of(other, parts)
    for attribute in range(catalog.n_attributes):
        expected = signals_by_value(catalog, before, whole, attribute)
        for bucket in parts:
            for key, signals in signals_by_value(catalog, after, bucket, attribute).items():
                assert signals == expected[key]


def test_a_toy_catalog_by_hand() -> None:
    # Three shoes; the models disagree on the first. "red" stands in all texts, and is given to one
    # of the other two by both models; "dark red" stands in no other text, and is given to none.
    catalog = SmallCatalog(
        (
            Product("p1", "dark red shoe", (("red", "dark red"),)),
            Product("p2", "red shoe", (("red", "red"),)),
            Product("p3", "red lace shoe", (("lace", "lace"),)),
        )
    )
    bucket = catalog.buckets()[0]
    witness, _ = witness_of(catalog, [bucket])
    signals = signals_by_value(catalog, witness, bucket, 0)
    red, dark_red = signals["p1", "red"], signals["p1", "dark red"]
    # V = 1, N = 2: (1 + 3) / (2 + 10) = 1/3.  V = 0, N = 0: (0 + 3) / (0 + 10) = .3
    assert red[FIT] == pytest.approx(np.log(1 / 2))
    assert dark_red[FIT] == pytest.approx(np.log(0.3 / 0.7))
    # Letters: 5 words in the other texts, 2 of them given: (2 + .1) / (5 + 1) = .35.
    # red: (1 + 10 * .35) / (2 + 10) = .375, then (1 + 10 * .375) / (2 + 10) = .395833
    assert red[PART] == pytest.approx(np.log(0.3958333333 / 0.6041666667))
    # dark stands in no other text: .35 remains, and is less likely than red.
    assert dark_red[PART] == pytest.approx(np.log(0.35 / 0.65))
    assert red[SEEN] == pytest.approx(np.log(2))
    assert dark_red[SEEN] == 0


def test_a_run_of_words_ends_with_its_field() -> None:
    catalog = SmallCatalog((Product("p1", "dark", (("dark red", "red"),)),))
    bucket = catalog.buckets()[0]
    fields = [[{"name": "title", "text": "dark"}, {"name": "color", "text": "red"}]]
    schema = bucket.products.schema
    column = schema.get_field_index("fields")
    texts = pa.array(fields, schema.field("fields").type)
    products = bucket.products.set_column(column, "fields", [texts])
    bucket = dataclasses.replace(bucket, products=products)
    witness, _ = witness_of(catalog, [bucket])
    signals = signals_by_value(catalog, witness, bucket, 0)
    assert signals["p1", "red"][FIT] > signals["p1", "dark red"][FIT]


def test_a_sample_keeps_the_products_with_the_smallest_digests_of_each_category() -> None:
    products = tuple(
        Product(f"p{number}", "red shoe", (("red", "shoe"),), "xy"[number % 2])
        for number in range(40)
    )
    catalog = SmallCatalog(products)
    _, whole = witness_of(catalog, catalog.buckets(), most_per_category=5)
    _, split = witness_of(catalog, catalog.buckets(7), most_per_category=5)
    kept = whole.products()
    assert len(kept) == 10
    assert np.array_equal(np.bincount(kept.category), [5, 5])
    assert set(kept.hashes.tolist()) == set(split.products().hashes.tolist())
    _, few = witness_of(catalog, catalog.buckets(7), most_per_category=5, most_products=3)
    assert few.products().hashes.tolist() == sorted(kept.hashes.tolist())[:3]


def test_cells_beyond_the_sample_are_heard_with_all_that_the_sample_says() -> None:
    products = tuple(
        Product(f"p{number}", f"red shoe {number}", (("red", "red shoe"),)) for number in range(9)
    )
    catalog = SmallCatalog(products)
    bucket = catalog.buckets()[0]
    witness, sample = witness_of(catalog, [bucket], most_per_category=4)
    sampled = set(sample.products().hashes.tolist())
    hashes = hashes_of(bucket)
    signals = signals_by_value(catalog, witness, bucket, 0)
    ids = bucket.products.column("product_id").to_pylist()
    for product, value in zip(ids, hashes.tolist(), strict=True):
        others = 3 if value in sampled else 4
        share = (others * 0.5 + 3) / (others + 10)
        assert signals[product, "red"][FIT] == pytest.approx(np.log(share / (1 - share)))
    assert witness.products(0) == 4

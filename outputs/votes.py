"""The table of `votes`: what each model said about each cell, and what that counts as."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from ..configs.settings import ABSENT_LABEL, Settings
from ..ensemble.arrays import ABSENT
from ..ensemble.deciding import DecidedAttribute
from ..ensemble.votes import AttributeVotes, BucketVotes
from .cell_tables import NAME, attribute_column, attribute_names, in_product_order

CANONICAL = " (canonical)"
"""Ends the name of a model's second column."""


def canonical_column(model: str) -> str:
    """Name of the column with a model's canonical votes."""
    return model + CANONICAL


def votes_schema(settings: Settings) -> pa.Schema:
    """Columns of `votes`: for each model its vote as it spelt it, and the canonical form."""
    columns = [("product_id", pa.string()), ("attribute", NAME)]
    for model in settings.models:
        canonical = canonical_column(model.name)
        columns.append((model.name, pa.string()))
        columns.append((canonical, pa.string()))
    return pa.schema(columns)


def votes_table(
    bucket: BucketVotes, attributes: Sequence[DecidedAttribute], settings: Settings
) -> pa.Table:
    """Rows of `votes`, in the order of `values`."""
    ids = bucket.products.column("product_id").combine_chunks()
    schema = votes_schema(settings)
    names = attribute_names(settings)
    tables = []
    for index, attribute in enumerate(attributes):
        votes = attribute.votes
        rows = pa.array(votes.rows)
        columns = [
            ids.take(rows),
            attribute_column(index, len(rows), names),
        ]
        for model in range(len(settings.models)):
            columns.append(_spellings(bucket, votes, model))
            columns.append(_canonical_values(bucket, votes, model))
        tables.append(pa.table(columns, schema=schema))
    return in_product_order(tables, attributes)


def _spellings(bucket: BucketVotes, votes: AttributeVotes, model: int) -> pa.Array:
    """What a model said, in its own words; null where it said nothing."""
    places = votes.spelling[:, model]
    place_or_null = pa.array(places, mask=places < 0)
    return bucket.spellings.take(place_or_null)


def _canonical_values(bucket: BucketVotes, votes: AttributeVotes, model: int) -> pa.Array:
    """What that counts as: null is a missing vote."""
    code = votes.codes[:, model]
    attribute = votes.attribute
    values = bucket.values
    if attribute.closed:
        values = pa.array(attribute.values, pa.string())
    place_or_null = pa.array(code - 1, mask=code <= ABSENT)
    canonical = values.take(place_or_null)
    is_absent = pa.array(code == ABSENT)
    return pc.if_else(is_absent, ABSENT_LABEL, canonical)

"""What was decided, as the tables of the output files (docs/design.md#output-files)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ..configs.settings import ABSENT_LABEL, Settings
from ..configs.vote_states import STATES
from ..ensemble.arrays import ABSENT
from ..ensemble.deciding import DecidedAttribute
from ..ensemble.decision_rule import STATUSES
from ..ensemble.votes import AttributeVotes, BucketVotes

NAME = pa.dictionary(pa.int32(), pa.string())
VALUES = pa.schema(
    [
        ("product_id", pa.string()),
        ("attribute", NAME),
        ("value", pa.string()),
        ("share", pa.float64()),
        ("confidence", pa.float64()),
        ("margin", pa.float64()),
        ("support", pa.int16()),
        ("voters", pa.int16()),
        ("status", NAME),
        ("review", pa.string()),
    ]
)
_OFF_LIST = STATES.index("off_list")


def values_table(
    bucket: BucketVotes, decided: Sequence[DecidedAttribute], settings: Settings
) -> pa.Table:
    """Rows of `values`, product by product, attributes in the order of the config."""
    ids = bucket.products.column("product_id").combine_chunks()
    tables = [_values_of(ids, index, each, settings) for index, each in enumerate(decided)]
    rows = np.concatenate([each.votes.rows for each in decided])
    return pa.concat_tables(tables).take(pa.array(np.argsort(rows, kind="stable")))


def _values_of(
    ids: pa.StringArray, index: int, decided: DecidedAttribute, settings: Settings
) -> pa.Table:
    decisions, n_cells = decided.decisions, len(decided.votes.rows)
    names = pa.array([attribute.name for attribute in settings.attributes])
    attribute = pa.DictionaryArray.from_arrays(np.full(n_cells, index, np.int32), names)
    status = pa.DictionaryArray.from_arrays(decisions.status.astype(np.int32), pa.array(STATUSES))
    columns = {
        "product_id": ids.take(pa.array(decided.votes.rows)),
        "attribute": attribute,
        "value": decided.value,
        "share": _numbers(decisions.share),
        "confidence": _numbers(decided.confidence),
        "margin": _numbers(decisions.margin),
        "support": decisions.support,
        "voters": decisions.voters,
        "status": status,
        "review": reviews(decided, settings.review.below),
    }
    return pa.table(columns, schema=VALUES)


def _numbers(values: npt.NDArray[np.float64]) -> pa.Array:
    return pa.array(values, mask=np.isnan(values))


REASONS = ("tie", "no answer", "no weight", "low confidence", "low share", "off the list")


def reviews(decided: DecidedAttribute, below: float) -> pa.StringArray:
    """Why a person should look at a cell; empty where nobody need."""
    decisions = decided.decisions
    status = np.array(STATUSES)[decisions.status]
    flags = (
        status == "tie",
        status == "no_answer",
        decisions.no_weight,
        decided.confidence < below,
        np.isnan(decided.confidence) & (decisions.share < below),
        (decided.votes.state == _OFF_LIST).any(axis=1),
    )
    texts = [
        "; ".join(r for bit, r in enumerate(REASONS) if mask >> bit & 1)
        for mask in range(1 << len(REASONS))
    ]
    return pa.array(texts).take(
        pa.array(sum(flag.astype(np.int64) << bit for bit, flag in enumerate(flags)))
    )


def canonical_column(model: str) -> str:
    """Name of the column of `votes.parquet` with a model's canonical votes."""
    return f"{model} (canonical)"


def votes_schema(settings: Settings) -> pa.Schema:
    """Columns of `votes.parquet`: for each model its vote as it spelt it, and the canonical form."""
    columns = [("product_id", pa.string()), ("attribute", NAME)]
    for model in settings.models:
        columns += [(model.name, pa.string()), (canonical_column(model.name), pa.string())]
    return pa.schema(columns)


def votes_table(
    bucket: BucketVotes, decided: Sequence[DecidedAttribute], settings: Settings
) -> pa.Table:
    """Rows of `votes`, in the order of `values`."""
    ids = bucket.products.column("product_id").combine_chunks()
    names = pa.array([attribute.name for attribute in settings.attributes])
    tables = []
    for index, each in enumerate(decided):
        attribute = pa.DictionaryArray.from_arrays(
            np.full(len(each.votes.rows), index, np.int32), names
        )
        columns = [ids.take(pa.array(each.votes.rows)), attribute]
        for model in range(len(settings.models)):
            columns += _vote_columns(bucket, each.votes, model)
        tables.append(pa.table(columns, schema=votes_schema(settings)))
    rows = np.concatenate([each.votes.rows for each in decided])
    return pa.concat_tables(tables).take(pa.array(np.argsort(rows, kind="stable")))


def _vote_columns(bucket: BucketVotes, votes: AttributeVotes, model: int) -> list[pa.Array]:
    spelling, code = votes.spelling[:, model], votes.codes[:, model]
    spelt = bucket.spellings.take(pa.array(spelling, mask=spelling < 0))
    names = (
        pa.array(list(votes.attribute.values), pa.string())
        if votes.attribute.closed
        else bucket.values
    )
    canonical = names.take(pa.array(code - 1, mask=code <= ABSENT))
    return [spelt, pc.if_else(pa.array(code == ABSENT), ABSENT_LABEL, canonical)]

"""Failures in transport, which hold no answer: what compaction drops."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


def without_old_failures(answers: pa.Table) -> pa.Table:
    """Drop failures in transport that something later followed.

    They hold no answer and cost nothing.

    Args:
        answers: Table of `schema.ANSWERS`, in any order.

    Returns:
        The rest, sorted by product, model and time.
    """
    answers = answers.sort_by(
        [("product_id", "ascending"), ("model", "ascending"), ("answered_ns", "ascending")]
    )
    rows = answers.num_rows
    if rows < 2:
        return answers
    earlier = answers.slice(0, rows - 1)
    later = answers.slice(1)
    is_of_same_product = pc.equal(earlier.column("product_id"), later.column("product_id"))
    is_of_same_model = pc.equal(earlier.column("model"), later.column("model"))
    is_followed = pc.and_(is_of_same_product, is_of_same_model).to_numpy()
    is_failure = pc.equal(answers.column("status"), "failed").to_numpy()
    is_old_failure = is_failure & np.append(is_followed, False)
    return answers.filter(pa.array(~is_old_failure))

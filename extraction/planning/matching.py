"""What cached answers and votes belong to: products, models and attributes as they are now."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..cache.schema import DIGEST
from .arrow_arrays import Column, IntArray, as_bool, index_in
from .questionnaire import Questionnaire


def match_products(answers: pa.Table, products: pa.Table) -> IntArray:
    """Which product each answer belongs to: the same id, and the text it has now; -1 for none.

    HTML that is cleaned, and the same HTML kept, are one text.

    Args:
        answers: Table with product_id and text_digest.
        products: Table with product_id, text_digest and perhaps other_text_digest, ids unique.

    Returns:
        [n_answers] int64, row of the product.
    """
    if products.num_rows == 0:
        return np.full(answers.num_rows, -1)
    ids = answers.column("product_id")
    row = index_in(ids, products.column("product_id"))
    any_row = pa.array(np.maximum(row, 0))
    digests = answers.column("text_digest")
    # Imported answers have no text: they hold for whatever text the product has.
    text_now = products.column("text_digest").take(any_row)
    is_same = as_bool(pc.equal(digests, text_now), null=True)
    if "other_text_digest" in products.column_names:
        other_text = products.column("other_text_digest").take(any_row)
        is_same |= as_bool(pc.equal(digests, other_text), null=False)
    return np.where(is_same, row, -1)


def match_models(answers: pa.Table, questionnaire: Questionnaire) -> IntArray:
    """Which model each answer is of; -1 for none. Imported answers go by the model's name.

    Args:
        answers: Table with model and model_part.
        questionnaire: What the config asks now.

    Returns:
        [n_answers] int64, index of the model.
    """
    names = [model.name for model in questionnaire.models]
    digests = answers.column("model_part")
    return _match(digests, questionnaire.model_parts, answers.column("model"), names)


def match_attributes(votes: pa.StructArray, questionnaire: Questionnaire) -> IntArray:
    """Which attribute each vote is on; -1 for none. Imported votes go by the attribute's name.

    Args:
        votes: Structs of `schema.VOTE`.
        questionnaire: What the config asks now.

    Returns:
        [n_votes] int64, index of the attribute.
    """
    names = [attribute.name for attribute in questionnaire.attributes]
    digests = votes.field("part")
    return _match(digests, questionnaire.parts, votes.field("attribute"), names)


def _match(
    digests: Column, digests_now: tuple[bytes, ...], names: Column, names_now: list[str]
) -> IntArray:
    """Position by the digest, or by the name where there is no digest."""
    digest_choices = pa.array(digests_now, DIGEST)
    by_digest = index_in(digests, digest_choices)
    name_choices = pa.array(names_now, pa.string())
    by_name = index_in(names, name_choices)
    has_no_digest = as_bool(pc.is_null(digests))
    return np.where(has_no_digest, by_name, by_digest)

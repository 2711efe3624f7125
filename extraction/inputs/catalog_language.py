"""The language of a catalog's texts, as far as numbers are written by it.

Looked at are the products whose ids have the smallest hashes, of the cache and of the input
together: the same set of products gives the same answer, whatever its order, so that all commands
read numbers alike.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Final

import pyarrow as pa

from ...configs.languages import DECIMAL_SIGNS, DecimalSign, language_code
from ...configs.settings import Settings
from ...prompts.reading.language_evidence import LanguageEvidence
from ..cache.answers_cache import AnswersCache
from ..cache.digests import id_hash
from .spool import Spool

_MOST_PRODUCTS: Final = 3000
_BITS: Final = 64


@dataclass(frozen=True)
class CatalogLanguage:
    """How numbers are read.

    Attributes:
        decimal_sign: The sign before decimals.
        language: Code of the language; None where no text tells.
        is_configured: Whether the config names it.
        products: Products looked at.
        comma_numbers: Numbers in their texts that can only have a decimal comma.
        point_numbers: Numbers that can only have a point.
    """

    decimal_sign: DecimalSign = "point"
    language: str | None = None
    is_configured: bool = False
    products: int = 0
    comma_numbers: int = 0
    point_numbers: int = 0

    def to_json(self) -> dict[str, Any]:
        """The fields by name, for `run.json`."""
        return asdict(self)

    def describe(self) -> str:
        """What was decided and why, in a sentence; empty where nothing had to be."""
        if self.is_configured or not self.products:
            return ""
        meanings = {
            "point": "1,250 is more than a thousand, 1.250 is not",
            "comma": "1.250 is more than a thousand, 1,250 is not",
            "unsure": "1.250 and 1,250 are no votes",
        }
        language = self.language or "unknown"
        return (
            f"numbers: {meanings[self.decimal_sign]} (texts of {self.products:,} products:"
            f" language {language}, {self.comma_numbers:,} numbers with a decimal comma,"
            f" {self.point_numbers:,} with a point; `input.language` or `decimal` says otherwise)"
        )


def find_language(
    settings: Settings, cache: AnswersCache, spool: Spool | None = None
) -> CatalogLanguage:
    """The language that the config names, or that the texts of the products are in.

    Args:
        settings: The configuration.
        cache: The cache; need not exist.
        spool: The products of an input.

    Raises:
        CacheError: The cache is broken.
    """
    if settings.input.language != "auto":
        code = language_code(settings.input.language)
        return CatalogLanguage(DECIMAL_SIGNS[code], code, is_configured=True)
    if not any(each.type == "number" and each.decimal == "auto" for each in settings.attributes):
        return CatalogLanguage()
    evidence = LanguageEvidence.of(_sample(cache, spool))
    return CatalogLanguage(
        decimal_sign=evidence.decimal_sign,
        language=evidence.language,
        products=evidence.products,
        comma_numbers=evidence.comma_numbers,
        point_numbers=evidence.point_numbers,
    )


def _sample(cache: AnswersCache, spool: Spool | None) -> Iterator[str]:
    """The texts of some products, one for each."""
    tables = []
    if cache.exists:
        tables.append(cache.products(0))
    if spool is not None:
        no_bucket = (0, None)
        bucket, products = next(spool.buckets(cache.buckets), no_bucket)
        if bucket == 0 and products is not None:
            tables.append(products)
    places: dict[str, tuple[pa.Table, int]] = {}
    for table in tables:  # the input's texts come after the cache's, and so in their place
        product_ids = table.column("product_id").to_pylist()
        for row, product_id in enumerate(product_ids):
            places[product_id] = (table, row)
    # By the lowest bits first: the first bucket has the smallest of these, however many there are.
    ids = sorted(places, key=_reversed_hash)
    for product_id in ids[:_MOST_PRODUCTS]:
        table, row = places[product_id]
        fields = table.column("fields")[row].as_py()
        texts = [field["text"] or "" for field in fields]
        yield "\n".join(texts)


def _reversed_hash(product_id: str) -> int:
    return int(f"{id_hash(product_id):0{_BITS}b}"[::-1], 2)

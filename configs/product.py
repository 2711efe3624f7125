"""The product: one row of the input, as every other folder sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Product:
    """One row of the input.

    Attributes:
        id: The unique id, as written in the input.
        fields: (column name, text) pairs in the order they enter the prompt.
        category: The category, or None where the input has none.
        columns: The whole row as text, for providers that look things up in it (`mock`'s gold); may
            be empty.
    """

    id: str
    fields: tuple[tuple[str, str], ...]
    category: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict, repr=False)

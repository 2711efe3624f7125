"""Where one model stands: what `attrx status` prints and the report shows."""

from __future__ import annotations

from dataclasses import dataclass

from ..extraction.cache.usage import ModelUsage


@dataclass(frozen=True)
class ModelStatus:
    """What the cache holds of what a model is asked.

    Attributes:
        model: Its name.
        cells: Cells that exist for it.
        cached_cells: Cells covered by a usable answer.
        unusable_cells: Cells whose final answer gave no usable vote; asked again with
            `--retry-failed`.
        failed_cells: Cells whose request failed in transport; asked again by the next run.
        to_do: Cells never asked.
        usage: What its answers have cost, those to earlier prompts included.
    """

    model: str
    cells: int
    cached_cells: int
    unusable_cells: int
    failed_cells: int
    to_do: int
    usage: ModelUsage

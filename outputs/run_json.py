"""`run.json`: what a run did, for scripts and for the run after it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

from .. import __version__
from ..configs.settings import Settings
from ..extraction.cache.usage import total_usd
from ..providers.model_rules import config_digest
from .file_digests import FileDigest
from .result import EnsembleResult
from .sheet_labels import EXTRA_COLUMNS
from .sheets import sheet_header


def run_json(
    settings: Settings, result: EnsembleResult, digests: Mapping[str, FileDigest]
) -> dict[str, Any]:
    """The content of `run.json`.

    Args:
        settings: The configuration.
        result: What the run came to.
        digests: File -> how it can be told from that of another run.
    """
    return {
        "attrx": __version__,
        "python": sys.version.split()[0],
        "packages": {name: version(name) for name in ("numpy", "pyarrow")},
        "config_digest": config_digest(settings),
        "method": settings.ensemble.method,
        "chance": settings.ensemble.chance,
        "group_by": settings.ensemble.group_by,
        "leader": settings.ensemble.leader,
        "by_attribute": dict(settings.ensemble.by_attribute),
        "choice": result.choice,
        "choice_reason": result.choice_reason,
        "products": result.products,
        "cells": result.cells,
        "statuses": result.statuses,
        "products_without_text": {
            "products": result.products_without_text,
            "product_ids": list(result.ids_without_text),
        },
        "review": result.review,
        "iterations": result.iterations,
        "converged": result.converged,
        "not_asked": result.not_asked,
        "failed": result.failed,
        "incomplete": result.not_asked > 0 or result.failed > 0,
        "cost": _cost(result),
        "warnings": [notice.to_json() for notice in result.warnings],
        "pairs": [asdict(pair) for pair in result.pairs],
        "model_versions": result.versions,
        "language": result.language.to_json(),
        "acceptance": None if result.acceptance is None else result.acceptance.to_json(),
        "gold": None if result.gold is None else result.gold.to_json(),
        "files": sorted(path.name for path in result.files),
        "digests": {name: asdict(digest) for name, digest in sorted(digests.items())},
        "stale_files": sorted(path.name for path in result.stale_files),
        "review_columns": sheet_header(settings, EXTRA_COLUMNS),
        "csv_format": asdict(result.csv_format),
        "changes": None if result.changes is None else result.changes.to_json(),
    }


def _cost(result: EnsembleResult) -> dict[str, Any]:
    """What the answers behind the values have cost: per model, in all, and per 1,000 values."""
    models = {}
    for usage in result.usage:
        per_1000_values = _per_1000(usage.cost_usd, result.values)
        models[usage.model] = {**asdict(usage), "usd_per_1000_values": per_1000_values}
    total = total_usd(result.usage)
    return {
        "total_usd": total,
        "usd_per_1000_values": _per_1000(total, result.values),
        "models": models,
    }


def _per_1000(cost_usd: float | None, values: int) -> float | None:
    """Null where the cost is not known, or where there is no value."""
    if cost_usd is None or not values:
        return None
    return 1000 * cost_usd / values

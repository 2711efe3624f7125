"""`run.json`: what a run did, for scripts and for the run after it."""

from __future__ import annotations

import sys
from dataclasses import asdict
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from .. import __version__
from ..configs.loading import settings_digest
from ..configs.settings import Settings

if TYPE_CHECKING:
    from .ensemble import EnsembleResult


def run_json(settings: Settings, result: EnsembleResult) -> dict[str, Any]:
    """The content of `run.json`."""
    return {
        "attrx": __version__,
        "python": sys.version.split()[0],
        "packages": {name: version(name) for name in ("numpy", "pyarrow")},
        "config_digest": settings_digest(settings),
        "method": settings.ensemble.method,
        "chance": settings.ensemble.chance,
        "group_by": settings.ensemble.group_by,
        "leader": settings.ensemble.leader,
        "products": result.products,
        "cells": result.cells,
        "statuses": result.statuses,
        "review": result.review,
        "iterations": result.iterations,
        "converged": result.converged,
        "warnings": list(result.warnings),
        "pairs": [asdict(pair) for pair in result.pairs],
        "model_versions": result.versions,
        "gold": None if result.gold is None else result.gold.to_json(),
        "changes": None if result.changes is None else asdict(result.changes),
    }

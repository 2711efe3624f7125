"""From night to night: does a model behave otherwise than in an earlier run, or report another version?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ...configs.errors import InputError
from ...configs.notices import Kind, Notice
from ...configs.settings import ABSENT_LABEL, Settings
from ...ensemble.drift import Snapshot, find_shifts
from ...ensemble.groups import ALL
from ...extraction.cache.answers_cache import AnswersCache
from ...extraction.inputs.spreadsheet import from_spreadsheet
from ..values import canonical_column

_NAMES = ("category", "attribute", "model")
_WAYS = ("method", "chance", "group_by", "leader")
"""Keys of the section `ensemble` on which weights, and with them agreement, depend."""

_KINDS: dict[str, Kind] = {"agreement": "agreement_shift", "answers": "answers_shift"}

Versions = Mapping[str, Mapping[str, int]]
"""Model -> version that the vendor reported -> answers."""


def model_versions(cache: AnswersCache) -> dict[str, dict[str, int]]:
    """The versions that vendors reported with the answers in the cache."""
    found: dict[str, Counter[str]] = {}
    for bucket in range(cache.buckets):
        answers = cache.answers(bucket, ["model", "model_version"])
        told = answers.filter(pc.is_valid(answers.column("model_version")))
        counted = (
            told.group_by(["model", "model_version"]).aggregate([([], "count_all")]).to_pylist()
        )
        for row in counted:
            found.setdefault(row["model"], Counter())[row["model_version"]] += row["count_all"]
    return {model: dict(sorted(found[model].items())) for model in sorted(found)}


def learned_otherwise(previous: Path, settings: Settings) -> str:
    """In which way the earlier run learned its weights otherwise, in words; empty where it did not.

    Raises:
        InputError: The earlier run's `run.json` cannot be read.
    """
    before, now = read_run(previous), settings.ensemble.model_dump()
    told = [
        f"{key} was {_way(before[key])}, is {_way(now[key])} now"
        for key in _WAYS
        if before.get(key, now[key]) != now[key]
    ]
    return ", ".join(told)


def _way(value: str | None) -> str:
    return "none" if value is None else value


def what_moved(
    previous: Path, current: Path, versions: Versions, settings: Settings
) -> Iterator[Notice]:
    """Say what moved more than chance would since an earlier run.

    Agreement is left out where weights were learned otherwise: it would move though no model did.

    Args:
        previous: Output folder of the earlier run: weights.csv, votes.parquet, run.json.
        current: Output folder of this run.
        versions: The versions reported now.
        settings: The configuration.

    Raises:
        InputError: The earlier run's files cannot be read.
    """
    before, after = (_nights(folder, settings) for folder in (previous, current))
    otherwise = learned_otherwise(previous, settings)
    for moved in find_shifts({key: (before[key], after[key]) for key in after if key in before}):
        if not otherwise or moved.what != "agreement":
            groups = ((ALL, moved.attribute),)
            yield Notice(_KINDS[moved.what], moved.text, (moved.model,), groups)
    earlier = read_run(previous).get("model_versions", {})
    for model, reported in versions.items():
        known = earlier.get(model, {})
        fresh = [version for version in reported if version not in known]
        if known and fresh:
            text = (
                f"{model}: the vendor reports version {', '.join(fresh)} now,"
                f" {', '.join(known)} before"
            )
            yield Notice("version_shift", text, (model,))


def _nights(folder: Path, settings: Settings) -> dict[tuple[str, str], Snapshot]:
    """What each model did on each attribute; with `group_by: all`, on all of them together."""
    said = _answers(folder / "votes.parquet", settings)
    weights = _weights(folder / "weights.csv")
    known = {attribute.name: attribute.absent == "label" for attribute in settings.attributes} | {
        ALL: True
    }
    nights = {}
    for (model, attribute), rows in weights.groupby(["model", "attribute"], sort=False):
        absent_counts = known.get(str(attribute), True)
        votes = rows["voted"] + (rows["absent"] if absent_counts else 0)
        agreed = (rows["agreement"].fillna(0) * votes).sum()
        counted = said.get((str(model), str(attribute))) or {
            "a value": int(rows["voted"].sum()),
            ABSENT_LABEL: int(rows["absent"].sum()),
            "nothing": int(rows["missing"].sum()),
        }
        nights[str(model), str(attribute)] = Snapshot(float(agreed), float(votes.sum()), counted)
    return nights


def _answers(path: Path, settings: Settings) -> dict[tuple[str, str], Counter[str]]:
    """For closed attributes, how often each model says each value."""
    closed = [attribute.name for attribute in settings.attributes if attribute.closed]
    names = [model.name for model in settings.models]
    found: dict[tuple[str, str], Counter[str]] = {}
    with pq.ParquetFile(path) as file:
        known = [name for name in names if canonical_column(name) in file.schema_arrow.names]
        for batch in file.iter_batches(columns=["attribute", *map(canonical_column, known)]):
            table = pa.Table.from_batches([batch])
            table = table.set_column(0, "attribute", table.column("attribute").cast(pa.string()))
            table = table.filter(
                pc.is_in(table.column("attribute"), value_set=pa.array(closed, pa.string()))
            )
            for name in known:
                column = canonical_column(name)
                counted = (
                    table.group_by(["attribute", column]).aggregate([([], "count_all")]).to_pylist()
                )
                for row in counted:
                    answers = found.setdefault((name, row["attribute"]), Counter())
                    answers[row[column] or "nothing"] += row["count_all"]
    return found


def _weights(path: Path) -> pd.DataFrame:
    try:
        table = pd.read_csv(
            path, dtype=dict.fromkeys(_NAMES, str), keep_default_na=False, na_values=[""]
        )
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read: {error}") from error
    for name in _NAMES:
        table[name] = table[name].fillna("").map(from_spreadsheet)
    return table


def read_run(folder: Path) -> dict[str, Any]:
    """The `run.json` of an output folder.

    Raises:
        InputError: It cannot be read.
    """
    try:
        content: dict[str, Any] = orjson.loads((folder / "run.json").read_bytes())
    except (OSError, ValueError) as error:
        raise InputError(f"{folder / 'run.json'}: cannot be read: {error}") from error
    return content

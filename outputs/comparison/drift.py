"""From night to night: does a model behave otherwise than before, or report another version?"""

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
from ...configs.notices import Notice
from ...configs.settings import ABSENT_LABEL, Settings
from ...ensemble.drift import Snapshot, find_shifts
from ...extraction.cache.answers_cache import AnswersCache
from ...extraction.inputs.spreadsheet import from_spreadsheet
from ..cell_tables import with_plain_texts
from ..read_back import as_written
from ..votes import canonical_column

_NAME_COLUMNS = ("category", "attribute", "model")
_LEARNING_KEYS = ("method", "chance", "group_by", "leader")
"""Keys of the section `ensemble` on which weights, and with them agreement, depend."""
_NO_ANSWER = "nothing"

Versions = Mapping[str, Mapping[str, int]]
"""Model -> version that the vendor reported -> answers."""
ModelAttribute = tuple[str, str]


def model_versions(cache: AnswersCache) -> dict[str, dict[str, int]]:
    """The versions that vendors reported with the answers in the cache."""
    versions: dict[str, Counter[str]] = {}
    for bucket in range(cache.buckets):
        answers = cache.answers(bucket, ["model", "model_version"])
        has_version = pc.is_valid(answers.column("model_version"))
        answers = answers.filter(has_version)
        for row in _count_rows_by(answers, "model", "model_version"):
            counts = versions.setdefault(row["model"], Counter())
            counts[row["model_version"]] += row["count_all"]
    in_order = {}
    for model in sorted(versions):
        counts = versions[model]
        in_order[model] = dict(sorted(counts.items()))
    return in_order


def _count_rows_by(table: pa.Table, *columns: str) -> list[dict[str, Any]]:
    """One row for each combination of texts, with its rows as `count_all`."""
    counts: list[dict[str, Any]] = (
        table.group_by(list(columns)).aggregate([([], "count_all")]).to_pylist()
    )
    return counts


def learning_difference(previous: Path, settings: Settings) -> str:
    """In which way the earlier run learned its weights otherwise, in words; empty where it did not.

    Raises:
        InputError: The earlier run's `run.json` cannot be read.
    """
    before = read_earlier_run(previous)
    now = settings.ensemble.model_dump()
    differences = []
    for key in _LEARNING_KEYS:
        new = now[key]
        old = before.get(key, new)
        if old != new:
            difference = f"{key} was {_option(old)}, is {_option(new)} now"
            differences.append(difference)
    return ", ".join(differences)


def _option(value: str | None) -> str:
    return "none" if value is None else value


def shift_notices(
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
    with as_written(previous):
        before = _snapshots(previous, settings)
        difference = learning_difference(previous, settings)
        earlier_versions = dict(read_earlier_run(previous).get("model_versions", {}))
    after = _snapshots(current, settings)
    both = {}
    for key, snapshot in after.items():
        if key in before:
            both[key] = (before[key], snapshot)
    for shift in find_shifts(both):
        if shift.what == "agreement" and difference:
            continue
        yield shift.notice
    yield from _new_versions(earlier_versions, versions)


def _new_versions(earlier: Versions, now: Versions) -> Iterator[Notice]:
    """Say which models report a version that they did not report before, if they reported any."""
    for model, reports in now.items():
        old_versions = earlier.get(model, {})
        new_versions = [version for version in reports if version not in old_versions]
        if old_versions and new_versions:
            text = (
                f"{model}: the vendor reports version {', '.join(new_versions)} now,"
                f" {', '.join(old_versions)} before"
            )
            yield Notice("version_shift", text, (model,))


def _snapshots(folder: Path, settings: Settings) -> dict[ModelAttribute, Snapshot]:
    """What each model did on each attribute; with `group_by: all`, on all of them together."""
    answers = _answer_counts(folder / "votes.parquet", settings)
    weights = _read_weights(folder / "weights.csv")
    absent_is_no_vote = set()
    for each in settings.attributes:
        if each.absent != "label":
            absent_is_no_vote.add(each.name)
    snapshots = {}
    for (model, attribute), rows in weights.groupby(["model", "attribute"], sort=False):
        key = (str(model), str(attribute))
        votes = rows["voted"]
        if attribute not in absent_is_no_vote:
            votes = votes + rows["absent"]
        agreement = rows["agreement"].fillna(0) * votes
        counts = answers.get(key) or _kinds_of_answers(rows)
        snapshots[key] = Snapshot(
            agreements=float(agreement.sum()),
            votes=float(votes.sum()),
            answers=counts,
        )
    return snapshots


def _kinds_of_answers(rows: pd.DataFrame) -> dict[str, int]:
    """What can be said of the answers where there is no list of values."""
    return {
        "a value": int(rows["voted"].sum()),
        ABSENT_LABEL: int(rows["absent"].sum()),
        _NO_ANSWER: int(rows["missing"].sum()),
    }


def _answer_counts(path: Path, settings: Settings) -> dict[ModelAttribute, Counter[str]]:
    """For closed attributes, how often each model says each value."""
    closed_names = [each.name for each in settings.attributes if each.closed]
    closed = pa.array(closed_names, pa.string())
    counts: dict[ModelAttribute, Counter[str]] = {}
    with pq.ParquetFile(path) as file:
        columns = _columns_of_models(file, settings)
        for batch in file.iter_batches(columns=["attribute", *columns.values()]):
            table = with_plain_texts(pa.Table.from_batches([batch]), "attribute")
            is_closed = pc.is_in(table.column("attribute"), value_set=closed)
            table = table.filter(is_closed)
            for name, column in columns.items():
                for row in _count_rows_by(table, "attribute", column):
                    key = (name, row["attribute"])
                    answer = row[column] or _NO_ANSWER
                    counts.setdefault(key, Counter())[answer] += row["count_all"]
    return counts


def _columns_of_models(file: pq.ParquetFile, settings: Settings) -> dict[str, str]:
    """Model -> the column of its canonical votes, for the models that the file has."""
    columns = {}
    for model in settings.models:
        column = canonical_column(model.name)
        if column in file.schema_arrow.names:
            columns[model.name] = column
    return columns


def _read_weights(path: Path) -> pd.DataFrame:
    try:
        types = dict.fromkeys(_NAME_COLUMNS, str)
        table = pd.read_csv(path, dtype=types, keep_default_na=False, na_values=[""])
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read: {error}") from error
    for name in _NAME_COLUMNS:
        texts = table[name].fillna("")
        table[name] = texts.map(from_spreadsheet)
    return table


def read_earlier_run(folder: Path) -> dict[str, Any]:
    """The `run.json` of an output folder.

    Raises:
        InputError: It cannot be read.
    """
    path = folder / "run.json"
    try:
        content: dict[str, Any] = orjson.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read: {error}") from error
    return content

"""What `ensemble` and `evaluate` wrote, read back for the report."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from ..configs.errors import InputError
from ..extraction.inputs.spreadsheet import from_spreadsheet
from .files import IDS
from .html.facts import (
    ModelWeight,
    PairFact,
    Score,
    WeightGroup,
)

ALL = "*"
EVERYTHING = "all attributes"
_AGAIN = "Run `attrx ensemble` again."


def read_run(path: Path) -> dict[str, Any]:
    """The content of `run.json`.

    Raises:
        InputError: There is none yet, or it is no JSON.
    """
    try:
        run: dict[str, Any] = orjson.loads(path.read_bytes())
    except FileNotFoundError as error:
        raise InputError(f"{path}: no values yet", hint="Run `attrx ensemble` first.") from error
    except (OSError, orjson.JSONDecodeError) as error:
        raise InputError(f"{path}: cannot be read: {error}", hint=_AGAIN) from error
    return run


def warning_texts_of(run: Mapping[str, Any]) -> tuple[str, ...]:
    """The warnings of a run in words; runs of earlier versions hold nothing else of them."""
    return tuple(
        warning if isinstance(warning, str) else warning["text"] for warning in run["warnings"]
    )


def read_rows(path: Path) -> Iterator[dict[str, str]]:
    """The rows of one of our own CSV files, as they were before they were made safe for spreadsheets.

    Raises:
        InputError: It cannot be read.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            for row in csv.DictReader(file, restval=""):
                yield {
                    name: text if name in IDS else from_spreadsheet(text)
                    for name, text in row.items()
                    if name
                }
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: cannot be read: {error}", hint=_AGAIN) from error


def read_weights(path: Path) -> tuple[WeightGroup, ...]:
    """The groups of `weights.csv`.

    Raises:
        InputError: It cannot be read.
    """
    groups: dict[str, list[dict[str, str]]] = {}
    for row in read_rows(path):
        groups.setdefault(_group_name(row["category"], row["attribute"]), []).append(row)
    return tuple(
        WeightGroup(name, int(rows[0]["cells"]), tuple(map(_model_weight, rows)))
        for name, rows in groups.items()
    )


def _group_name(category: str, attribute: str) -> str:
    if category == ALL:
        return EVERYTHING if attribute == ALL else attribute
    return f"{attribute} of {category or 'no category'}"


def _model_weight(row: Mapping[str, str]) -> ModelWeight:
    return ModelWeight(
        model=row["model"],
        weight=float(row["weight"]),
        agreement=as_number(row["agreement"]),
        chance=as_number(row["chance"]),
        voted=int(row["voted"]),
        absent=int(row["absent"]),
        missing=int(row["missing"]),
        accuracy=as_number(row["accuracy"]),
    )


def without_repeats(groups: tuple[WeightGroup, ...]) -> tuple[WeightGroup, ...]:
    """One group in place of several that all have the same weights, as learning from gold gives them."""
    if (
        len(groups) < 2
        or len({tuple(each.weight for each in group.weights) for group in groups}) > 1
    ):
        return groups
    together = tuple(map(_together, zip(*(group.weights for group in groups), strict=True)))
    return (WeightGroup(EVERYTHING, sum(group.cells for group in groups), together),)


def _together(entries: tuple[ModelWeight, ...]) -> ModelWeight:
    """One model over all groups: counts added, shares averaged over its votes."""
    return ModelWeight(
        model=entries[0].model,
        weight=entries[0].weight,
        agreement=_mean([(each.agreement, each.voted + each.absent) for each in entries]),
        chance=_mean([(each.chance, each.voted + each.absent) for each in entries]),
        voted=sum(each.voted for each in entries),
        absent=sum(each.absent for each in entries),
        missing=sum(each.missing for each in entries),
    )


def _mean(shares: list[tuple[float | None, int]]) -> float | None:
    known = [(share, votes) for share, votes in shares if share is not None]
    total = sum(votes for _, votes in known)
    return sum(share * votes for share, votes in known) / total if total else None


def pairs_of(run: Mapping[str, Any]) -> dict[tuple[str, str], PairFact]:
    """How pairs of models agree, each pair in both orders."""
    found = {}
    for pair in run.get("pairs") or ():
        one, other = pair["models"]
        found[one, other] = found[other, one] = PairFact(
            pair["common"], pair["agreement"], pair["kappa"]
        )
    return found


def gold_scores_of(run: Mapping[str, Any]) -> tuple[tuple[Score, ...], str]:
    """How everyone did on the gold that was learned from, and what that says to do; nothing without gold."""
    gold = run.get("gold") or {"measures": {}, "verdict": {"sentence": ""}}
    scores = tuple(_score(who, measures) for who, measures in gold["measures"].items())
    return scores, gold["verdict"]["sentence"]


def read_scores(path: Path) -> tuple[Score, ...]:
    """The micro figures of `evaluation.csv` with the macro F1 beside them; none where there is no such file.

    Raises:
        InputError: It cannot be read.
    """
    if not path.exists():
        return ()
    rows = list(read_rows(path))
    macro = {row["who"]: as_number(row["f1"]) for row in rows if row["level"] == "macro"}
    return tuple(
        _score(row["who"], row, macro.get(row["who"])) for row in rows if row["level"] == "micro"
    )


def _score(who: str, measures: Mapping[str, Any], macro_f1: float | None = None) -> Score:
    accuracy, precision, recall, f1 = (
        as_number(measures[name]) for name in ("accuracy", "precision", "recall", "f1")
    )
    return Score(
        who,
        int(measures["cells"]),
        int(measures["missing"]),
        accuracy,
        precision,
        recall,
        f1,
        macro_f1,
    )


def as_number(value: str | float | None) -> float | None:
    """A number, or None where the file has none."""
    return None if value is None or value == "" else float(value)

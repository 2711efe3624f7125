"""What `ensemble` and `evaluate` wrote, read back for the report."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from ..configs.errors import InputError
from ..ensemble.groups import ALL, Pair
from ..ensemble.weights import EarlierWeights
from ..extraction.inputs.formats import open_sheet
from ..extraction.inputs.spreadsheet import from_spreadsheet
from .files import IDS
from .html.facts import (
    ModelWeight,
    PairFact,
    Score,
    WeightGroup,
)

KEY_COLUMNS = ("attribute", "category")
"""Columns that each of our files with rows has one of, at least."""
EVERYTHING = "all attributes"
TRYOUT_FOLDER = "tryout"
"""Folder in the output folder for what a run with `--limit` or `--models` writes."""
_AGAIN = "Run `attrx ensemble` again."


@contextlib.contextmanager
def as_written(path: Path) -> Iterator[None]:
    """Read what attrx wrote there, and what something else may have changed since.

    Raises:
        InputError: What is read is not as attrx writes it.
    """
    try:
        yield
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        reason = f"is not as attrx wrote it ({type(error).__name__}: {error})"
        raise InputError(f"{path}: {reason}", hint=_AGAIN) from error


def read_run(path: Path) -> dict[str, Any]:
    """The content of `run.json`.

    Raises:
        InputError: There is none yet, or it is no JSON.
    """
    try:
        run: dict[str, Any] = orjson.loads(path.read_bytes())
    except FileNotFoundError as error:
        raise InputError(f"{path}: no values yet", hint=_where_to_look(path.parent)) from error
    except (OSError, orjson.JSONDecodeError) as error:
        raise InputError(f"{path}: cannot be read: {error}", hint=_AGAIN) from error
    if not isinstance(run, dict):
        raise InputError(f"{path}: cannot be read: it holds no object", hint=_AGAIN)
    return run


def _where_to_look(folder: Path) -> str:
    """What to do where an output folder holds no run."""
    tryout = folder / TRYOUT_FOLDER
    if (tryout / "run.json").exists():
        return f"Give `--from {tryout}` for those of the try-out, or run `attrx ensemble` first."
    return "Run `attrx ensemble` first."


def warning_texts(run: Mapping[str, Any]) -> Iterator[str]:
    """The warnings of a run in words; runs of earlier versions hold nothing else of them."""
    for warning in run["warnings"]:
        yield warning if isinstance(warning, str) else warning["text"]


def read_rows(path: Path) -> Iterator[dict[str, str]]:
    """The rows of one of our own CSV files, without what makes them safe for spreadsheets.

    Raises:
        InputError: It cannot be read.
    """
    try:
        table = open_sheet(path, KEY_COLUMNS)
        for row in table.rows:
            texts = {}
            for name, text in zip(table.columns, row, strict=True):
                if name:
                    texts[name] = text if name in IDS else from_spreadsheet(text)
            yield texts
    except InputError as error:
        reason = error.message.removeprefix(f"{path}: ")
        raise InputError(f"{path}: cannot be read: {reason}", hint=_AGAIN) from error


def read_weights(path: Path) -> tuple[WeightGroup, ...]:
    """The groups of `weights.csv`.

    Raises:
        InputError: It cannot be read.
    """
    cells: dict[str, int] = {}
    weights: dict[str, list[ModelWeight]] = {}
    with as_written(path):
        for row in read_rows(path):
            name = _group_name(row["category"], row["attribute"])
            cells.setdefault(name, int(row["cells"]))
            weights.setdefault(name, []).append(_model_weight(row))
    groups = []
    for name, model_weights in weights.items():
        groups.append(WeightGroup(name, cells[name], tuple(model_weights)))
    return tuple(groups)


def read_earlier_weights(path: Path, n_products: int) -> EarlierWeights:
    """What votes counted, by the groups of `weights.csv`.

    Args:
        path: The file.
        n_products: From how many products they were learned.

    Raises:
        InputError: It cannot be read.
    """
    of_group: dict[Pair, dict[str, float]] = {}
    with as_written(path):
        for row in read_rows(path):
            weight = as_number(row["weight"])
            if weight is not None:
                pair = (row["category"], row["attribute"])
                of_group.setdefault(pair, {})[row["model"]] = weight
    return EarlierWeights(of_group, n_products)


def _group_name(category: str, attribute: str) -> str:
    if category == ALL:
        return EVERYTHING if attribute == ALL else attribute
    return f"{attribute} of {category or 'no category'}"


def _model_weight(row: Mapping[str, str]) -> ModelWeight:
    return ModelWeight(
        model=row["model"],
        weight=as_number(row["weight"]),
        agreement=as_number(row["agreement"]),
        chance=as_number(row["chance"]),
        values=int(row["voted"]),
        absent=int(row["absent"]),
        missing=int(row["missing"]),
        accuracy=as_number(row["accuracy"]),
    )


def merge_equal_groups(groups: tuple[WeightGroup, ...]) -> tuple[WeightGroup, ...]:
    """One group in place of several with the same weights, as learning from gold gives them."""
    different_weights = set()
    entries_of_model: dict[str, list[ModelWeight]] = {}
    for group in groups:
        different_weights.add(tuple(each.weight for each in group.weights))
        for each in group.weights:
            entries_of_model.setdefault(each.model, []).append(each)
    if len(groups) < 2 or len(different_weights) > 1:
        return groups
    weights = tuple(map(_over_all_groups, entries_of_model.values()))
    n_cells = sum(group.cells for group in groups)
    return (WeightGroup(EVERYTHING, n_cells, weights),)


def _over_all_groups(entries: Sequence[ModelWeight]) -> ModelWeight:
    """One model over all groups: counts added, shares averaged over its votes."""
    votes = []
    for each in entries:
        votes.append(each.values + each.absent)
    return ModelWeight(
        model=entries[0].model,
        weight=entries[0].weight,
        agreement=_average([each.agreement for each in entries], votes),
        chance=_average([each.chance for each in entries], votes),
        values=sum(each.values for each in entries),
        absent=sum(each.absent for each in entries),
        missing=sum(each.missing for each in entries),
    )


def _average(shares: Sequence[float | None], votes: Sequence[int]) -> float | None:
    """The mean of the shares that there are, weighted by votes; None without any vote."""
    total, total_votes = 0.0, 0
    for share, count in zip(shares, votes, strict=True):
        if share is not None:
            total += share * count
            total_votes += count
    return total / total_votes if total_votes else None


def pairs_of(run: Mapping[str, Any]) -> dict[tuple[str, str], PairFact]:
    """How pairs of models agree, each pair in both orders."""
    facts = {}
    for pair in run.get("pairs") or ():
        one, other = pair["models"]
        fact = PairFact(pair["common"], pair["agreement"], pair["kappa"])
        facts[one, other] = fact
        facts[other, one] = fact
    return facts


def gold_scores_of(run: Mapping[str, Any]) -> tuple[Score, ...]:
    """How everyone did on the gold that was learned from; nothing without gold."""
    gold = run.get("gold")
    if not gold:
        return ()
    scores = []
    for who, measures in gold["measures"].items():
        scores.append(_score(who, measures))
    return tuple(scores)


def acceptance_of(run: Mapping[str, Any]) -> str:
    """How many values can go out unread; empty without gold."""
    acceptance = run.get("acceptance")
    return f"{acceptance['sentence']}." if acceptance else ""


def verdict_of(run: Mapping[str, Any]) -> str:
    """What gold says to do; empty without gold."""
    gold = run.get("gold")
    return gold["verdict"]["sentence"] if gold else ""


def read_scores(path: Path) -> tuple[Score, ...]:
    """The micro figures of `evaluation.csv` with the macro F1; none where there is no such file.

    Raises:
        InputError: It cannot be read.
    """
    if not path.exists():
        return ()
    with as_written(path):
        return _scores(list(read_rows(path)))


def _scores(rows: Sequence[Mapping[str, str]]) -> tuple[Score, ...]:
    macro_f1 = {}
    for row in rows:
        if row["level"] == "macro":
            macro_f1[row["who"]] = as_number(row["f1"])
    scores = []
    for row in rows:
        if row["level"] == "micro":
            scores.append(_score(row["who"], row, macro_f1.get(row["who"])))
    return tuple(scores)


def _score(who: str, measures: Mapping[str, Any], macro_f1: float | None = None) -> Score:
    return Score(
        who=who,
        cells=int(measures["cells"]),
        missing=int(measures["missing"]),
        accuracy=as_number(measures["accuracy"]),
        precision=as_number(measures["precision"]),
        recall=as_number(measures["recall"]),
        f1=as_number(measures["f1"]),
        macro_f1=macro_f1,
    )


def as_number(value: str | float | None) -> float | None:
    """A number, or None where the file has none; with a comma for decimals or with a point."""
    if value is None or value == "":
        return None
    return float(value.replace(",", ".") if isinstance(value, str) else value)

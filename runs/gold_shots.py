"""`attrx gold shots`: half of the labels into the prompt, and the other half for everything else.

A label in the prompt shows the models what is wanted; one in the gold file says who is right. None
may do both, or the gold would say how well models repeat what they were shown: products, with all
of their labels, go to one half or to the other.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..configs.errors import InputError
from ..configs.settings import ABSENT_LABEL, Settings
from ..ensemble.gold.labels import Gold
from ..ensemble.gold.sampling import product_folds
from ..ensemble.product_hashes import product_hashes
from ..extraction.cache.answers_cache import AnswersCache
from ..extraction.inputs.catalog_language import find_language
from ..extraction.inputs.gold import read_labels
from ..outputs.csv_format import choose_format
from ..outputs.sheets import SheetRow, write_sheet
from .gold import open_votes

MOST_EXAMPLES = 5
_HALVES = 2


@dataclass(frozen=True)
class ShotFiles:
    """Where the halves go.

    Attributes:
        shots: Demonstrations, as JSONL.
        rest: The labels that are left, as a gold file.
    """

    shots: Path
    rest: Path


@dataclass(frozen=True)
class Shots:
    """What became of the labels.

    Attributes:
        demonstrations: Products written as demonstrations.
        examples: Open attribute -> values of the same half, the most frequent first.
        rest_cells: Labelled cells that are left.
        rest_products: Their products.
    """

    demonstrations: int
    examples: dict[str, tuple[str, ...]]
    rest_cells: int
    rest_products: int


def make_shots(
    settings: Settings, gold_file: Path, files: ShotFiles, *, n: int, input_file: Path | None = None
) -> Shots:
    """Split a gold file by product, and write both halves.

    Args:
        settings: The configuration.
        gold_file: The labels.
        files: Where the halves go; neither may be there already.
        n: At most so many demonstrations, those with most labels: each request carries them.
        input_file: A products file with the texts; None = those of the cache.

    Raises:
        CacheError: There are no answers yet, or the cache is broken.
        InputError: A file is there already, the gold cannot be used, or no product of the half that
            is shown has a text.
    """
    for path in (files.shots, files.rest):
        if path.exists():
            raise InputError(f"{path}: is there already", hint="Name another, or move it away.")
    language = find_language(settings, AnswersCache(settings.paths.cache))
    gold = read_labels(gold_file, settings, language.decimal_sign)
    shown_products, rest_products = _halves(gold)
    texts = _texts(settings, shown_products, input_file)
    demonstrations = _demonstrations(gold, shown_products, texts, settings)
    if not demonstrations:
        raise InputError(
            f"{gold_file}: no product of the half to be shown has a text and a usable label",
            hint="Give INPUT, the products file with the texts.",
        )
    demonstrations = demonstrations[:n]
    lines = [json.dumps(line, ensure_ascii=False) + "\n" for line in demonstrations]
    rest_rows = _write_rest(gold, rest_products, files.rest, settings)
    files.shots.write_text("".join(lines), encoding="utf-8")
    return Shots(
        demonstrations=len(demonstrations),
        examples=_examples(gold, shown_products, settings),
        rest_cells=rest_rows,
        rest_products=len(rest_products),
    )


def _halves(gold: Gold) -> tuple[list[str], list[str]]:
    """The products that are shown, and the others; by hashes of their ids."""
    products = sorted({product for product, _ in gold.accepted_values})
    hashes = product_hashes(products)
    folds = product_folds(hashes, _HALVES).tolist()
    shown_products: list[str] = []
    rest_products: list[str] = []
    for product, fold in zip(products, folds, strict=True):
        half = shown_products if fold else rest_products
        half.append(product)
    return shown_products, rest_products


def _texts(
    settings: Settings, products: Sequence[str], input_file: Path | None
) -> dict[str, dict[str, str]]:
    """Product -> its text by column, for those that have one."""
    wanted_products = set(products)
    texts = {}
    with open_votes(settings, input_file) as source:
        for bucket in source.buckets():
            ids = bucket.products.column("product_id").to_pylist()
            fields = bucket.products.column("fields").to_pylist()
            for product, own_fields in zip(ids, fields, strict=True):
                if product in wanted_products and own_fields:
                    texts[product] = {field["name"]: field["text"] for field in own_fields}
    return texts


def _demonstrations(
    gold: Gold, products: Sequence[str], texts: Mapping[str, dict[str, str]], settings: Settings
) -> list[dict[str, object]]:
    """Lines of a demonstrations file, products with most labels first."""
    lines: list[dict[str, object]] = []
    for product in products:
        answer = _answer(gold, product, settings)
        if product in texts and answer:
            lines.append({"product_id": product, "text": texts[product], "answer": answer})
    lines.sort(key=_number_of_answers, reverse=True)
    return lines


def _number_of_answers(line: Mapping[str, object]) -> int:
    answer = line["answer"]
    return len(answer) if isinstance(answer, dict) else 0


def _answer(gold: Gold, product: str, settings: Settings) -> dict[str, str | None]:
    """Attribute -> the first value that is right; None where the product does not say."""
    answer: dict[str, str | None] = {}
    for attribute in settings.attributes:
        cell = (product, attribute.name)
        if cell not in gold.accepted_values:
            continue
        canonical = gold.canonical[cell][0]
        value = gold.accepted_values[cell][0]
        if canonical == "":
            continue  # no answer can equal it
        answer[attribute.name] = canonical if attribute.closed else value
    return answer


def _examples(
    gold: Gold, products: Sequence[str], settings: Settings
) -> dict[str, tuple[str, ...]]:
    """Open attribute -> its most frequent values among some products."""
    shown_products = set(products)
    examples = {}
    for attribute in settings.attributes:
        if attribute.closed:
            continue
        counts: Counter[str] = Counter()
        for (product, name), values in gold.accepted_values.items():
            if product in shown_products and name == attribute.name:
                counts.update(value for value in values[:1] if value is not None)
        if counts:
            in_order = sorted(counts, key=lambda value: (-counts[value], value))
            examples[attribute.name] = tuple(in_order[:MOST_EXAMPLES])
    return examples


def _write_rest(gold: Gold, products: Sequence[str], path: Path, settings: Settings) -> int:
    """Write the labels of some products as a gold file; returns how many cells they are."""
    rest_products = set(products)
    rows = []
    weights = []
    n_cells = 0
    for cell, values in sorted(gold.accepted_values.items()):
        product, attribute = cell
        if product not in rest_products:
            continue
        n_cells += 1
        for value in values:
            text = ABSENT_LABEL if value is None else value
            rows.append(SheetRow(product, attribute, current="", says=(), text={}, value=text))
            weights.append((f"{gold.weight[cell]:.6g}",))
    csv_format = choose_format(settings, source=None)
    write_sheet(path, rows, settings, ("weight",), weights, csv_format)
    return n_cells

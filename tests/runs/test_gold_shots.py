"""Half of the labels into the prompt, the other half for weights and measuring, none into both."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from polls import Poll, answers, truth

from attrx.configs.errors import InputError
from attrx.extraction.inputs.gold import read_gold
from attrx.prompts.asking.attribute_parts import AttributePart
from attrx.prompts.asking.demonstrations import read_demonstrations
from attrx.runs.gold_shots import ShotFiles, make_shots

MODELS = {"good": 0.95, "fair": 0.8, "poor": 0.6}


@pytest.fixture
def poll(tmp_path: Path) -> Poll:
    poll = Poll(tmp_path, list(MODELS))
    poll.cast(answers(truth(40), MODELS))
    return poll


def files(poll: Poll) -> ShotFiles:
    return ShotFiles(poll.folder / "shots.jsonl", poll.folder / "rest.csv")


def test_no_product_is_in_both_halves_and_the_rest_is_gold(poll: Poll) -> None:
    gold = poll.gold(truth(40))
    targets = files(poll)
    result = make_shots(poll.shop.settings, gold, targets, n=100, input_file=poll.shop.input)
    lines = [json.loads(line) for line in targets.shots.read_text().splitlines()]
    assert len(lines) == result.demonstrations == 20
    shown_products = {line["text"]["title"].split()[-1] for line in lines}
    rest = read_gold(targets.rest, poll.shop.settings)
    rest_products = {product for product, _ in rest.accepted_values}
    assert len(rest_products) == result.rest_products == 20
    assert not shown_products & rest_products
    assert shown_products | rest_products == set(truth(40))
    for line in lines:
        assert line["answer"] == {"gender": truth(40)[line["text"]["title"].split()[-1]]}
    for (product, _), values in rest.accepted_values.items():
        assert values == [truth(40)[product]]


def test_the_worked_examples_are_ones_that_a_prompt_takes(poll: Poll) -> None:
    gold = poll.gold({**truth(40), "p0000": "n/a", "p0001": "n/a", "p0002": "n/a"})
    targets = files(poll)
    make_shots(poll.shop.settings, gold, targets, n=3, input_file=poll.shop.input)
    parts = [AttributePart.of(attribute) for attribute in poll.shop.settings.attributes]
    assert len(read_demonstrations(targets.shots, parts)) == 3


def test_labels_of_products_that_are_shown_do_not_count_as_gold(poll: Poll) -> None:
    gold = poll.gold(truth(40))
    targets = files(poll)
    make_shots(poll.shop.settings, gold, targets, n=15, input_file=poll.shop.input)
    poll.shop.config["prompt"] = {"demonstrations": str(targets.shots)}
    read = read_gold(gold, poll.shop.settings)
    assert len(read.accepted_values) == len(read.canonical) == len(read.weight) == 25
    [notice] = read.sheet_notices
    assert notice.kind == "gold_shown"
    assert notice.text.startswith("15 cells of products that the prompt shows")
    rest = read_gold(targets.rest, poll.shop.settings)
    assert (len(rest.accepted_values), rest.sheet_notices) == (20, [])


def test_products_without_a_text_cannot_be_shown(poll: Poll) -> None:
    with pytest.raises(InputError, match="no product of the half to be shown has a text") as error:
        make_shots(poll.shop.settings, poll.gold(truth(40)), files(poll), n=5)
    assert "Give INPUT" in str(error.value.hint)
    assert not files(poll).rest.exists()


def test_nobodys_file_is_replaced(poll: Poll) -> None:
    files(poll).rest.write_text("mine")
    with pytest.raises(InputError, match="is there already"):
        make_shots(poll.shop.settings, poll.gold(truth(40)), files(poll), n=5)
    assert files(poll).rest.read_text() == "mine"
    assert not files(poll).shots.exists()

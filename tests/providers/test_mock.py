from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted import request, settings
from simulated import simulate

from attrx.configs.errors import ConfigError, UnavailableError
from attrx.configs.product import Product
from attrx.configs.settings import Attribute
from attrx.providers.mock import MockProvider
from attrx.providers.protocol import Reply, Request

GENDER = Attribute(
    name="gender", values={"male": ("men", "mens"), "female": ("women",), "unisex": ()}
)
BRAND = Attribute(name="brand", open=True)
COLOR = Attribute(name="color", open=True, examples=("dark green", "green"))
WEIGHT = Attribute(name="weight", open=True, type="number", unit="g", accept_units=("kg", "oz"))
GOLD = {"gold": "true_{attribute}"}


def _product(
    number: int = 1, text: str = "Nike men's shoe, dark green, 1.5 kg", **columns: str
) -> Product:
    return Product(str(number), (("title", text),), columns=columns)


def _asked(product: Product, *attributes: Attribute, **fields: Any) -> Request:
    return replace(request("What is it?", **fields), product=product, attributes=attributes)


def _mock(options: Mapping[str, Any], name: str = "m") -> MockProvider:
    return MockProvider(settings(name=name, options=dict(options)))


def _say(mock: MockProvider, product: Product, attribute: Attribute) -> str:
    return simulate(mock.ask(_asked(product, attribute))).text


def _answers(
    options: Mapping[str, Any],
    attribute: Attribute,
    gold: str,
    *,
    name: str = "m",
    number: int = 2000,
) -> list[str]:
    mock = _mock({**GOLD, **options}, name)

    async def ask_all() -> list[str]:
        products = (_product(index, **{f"true_{attribute.name}": gold}) for index in range(number))
        return [(await mock.ask(_asked(product, attribute))).text for product in products]

    return simulate(ask_all())


def test_it_is_right_as_often_as_it_is_told_to_be() -> None:
    said = Counter(_answers({"accuracy": 0.8}, GENDER, "male"))

    # Standard deviation of the share: sqrt(.8 * .2 / 2000) = .009
    assert said["male"] / 2000 == pytest.approx(0.8, abs=0.036)
    assert said["female"] / 400 == pytest.approx(
        0.5, abs=0.1
    )  # mistakes fall on all other values alike
    assert said["female"] + said["unisex"] == 2000 - said["male"]


def test_it_withholds_the_share_of_answers_that_it_is_told_to() -> None:
    said = Counter(_answers({"accuracy": 1, "absent": 0.1}, GENDER, "male"))

    assert set(said) == {"male", "n/a"}
    assert said["n/a"] / 2000 == pytest.approx(0.1, abs=0.027)


@pytest.mark.parametrize("gold", ["", "  ", "n/a", "N/A"])
def test_a_gold_value_that_is_not_there_means_na(gold: str) -> None:
    assert set(_answers({}, GENDER, gold, number=20)) == {"n/a"}


def test_a_wrong_answer_to_na_is_a_value_made_up() -> None:
    assert set(_answers({"accuracy": 0}, GENDER, "", number=100)) == {"male", "female", "unisex"}


def test_a_gold_value_that_is_a_synonym_is_not_given_back_as_a_mistake() -> None:
    assert set(_answers({"accuracy": 0}, GENDER, "Mens", number=100)) == {"female", "unisex"}


def test_mistakes_about_text_are_other_words_of_it() -> None:
    said = set(_answers({"accuracy": 0}, BRAND, "Nike", number=200))

    assert "Nike" not in said
    assert said <= {"men's", "shoe", "dark", "green", "1.5"}


def test_mistakes_about_numbers_are_other_numbers() -> None:
    said = set(_answers({"accuracy": 0}, WEIGHT, "500 g", number=200))

    assert said == {"250 g", "1000 g", "5000 g", "50 g", "750 g"}


@pytest.mark.parametrize(
    ("attribute", "text", "value"),
    [
        (GENDER, "Shoe for men", "male"),
        (GENDER, "UNISEX shirt", "unisex"),
        (GENDER, "Women's shoe", "female"),
        (GENDER, "Menswear", "n/a"),
        (BRAND, "Levi's jeans", "Levi's"),
        (BRAND, "", "n/a"),
        (COLOR, "A Dark Green coat", "dark green"),
        (COLOR, "a red coat", "n/a"),
        (WEIGHT, "weighs 1.5 kg, 3 pieces", "1.5 kg"),
        (WEIGHT, "3 pieces", "n/a"),
        (Attribute(name="pieces", open=True, type="number"), "3 pieces", "3"),
        (Attribute(name="size", values={"XL": (), "L": ()}), "size xl", "XL"),
        (Attribute(name="odd", values={"a+": (), "(b)": ()}), "grade a+ it is", "a+"),
    ],
)
def test_without_gold_it_reads_the_products_text(
    attribute: Attribute, text: str, value: str
) -> None:
    assert _say(_mock({}), _product(text=text), attribute) == value


def test_without_gold_it_misreads_as_often_as_it_is_told_to() -> None:
    mock = _mock({"accuracy": 0.5})

    said = Counter(_say(mock, _product(number, "for men"), GENDER) for number in range(400))
    assert said["male"] / 400 == pytest.approx(0.5, abs=0.1)


def test_a_gold_column_that_the_input_lacks_is_named() -> None:
    with pytest.raises(ConfigError, match=r"options\.gold: the input has no column 'true_gender'"):
        _say(_mock(GOLD), _product(), GENDER)


@given(st.permutations(range(12)))
def test_neither_order_nor_company_changes_an_answer(order: list[int]) -> None:
    options = {**GOLD, "accuracy": 0.5, "absent": 0.2, "latency_s": 0.01}
    products = [_product(number, true_gender="male", true_brand="Nike") for number in range(12)]

    async def together() -> dict[str, dict[str, str]]:
        mock = _mock(options)
        replies = await asyncio.gather(
            *(mock.ask(_asked(products[index], BRAND, GENDER)) for index in order)
        )
        return {
            products[index].id: json.loads(reply.text)
            for index, reply in zip(order, replies, strict=True)
        }

    alone = {
        each.id: {a.name: _say(_mock(options), each, a) for a in (GENDER, BRAND)}
        for each in products
    }
    assert simulate(together()) == alone


def test_models_differ_by_name_and_by_seed() -> None:
    said = [
        _answers({"accuracy": 0.5}, GENDER, "male", number=200),
        _answers({"accuracy": 0.5}, GENDER, "male", number=200, name="other"),
        _answers({"accuracy": 0.5, "seed": 1}, GENDER, "male", number=200),
    ]
    assert said[0] != said[1] != said[2] != said[0]


def test_a_lazy_model_says_the_same_to_everything() -> None:
    assert set(_answers({"always": "unisex"}, GENDER, "male", number=50)) == {"unisex"}


def test_a_model_may_be_lazy_about_one_attribute() -> None:
    mock = _mock({"always": {"gender": "unisex"}})

    assert _say(mock, _product(), GENDER) == "unisex"
    assert _say(mock, _product(), BRAND) == "Nike"


def test_a_copy_gives_the_answers_of_its_original() -> None:
    original = _answers({"accuracy": 0.7, "absent": 0.1}, GENDER, "male", name="original")

    assert (
        _answers(
            {"accuracy": 0.7, "absent": 0.1, "copies": "original"}, GENDER, "male", name="copy"
        )
        == original
    )


def test_a_worse_copy_makes_the_mistakes_of_its_original_and_some_more() -> None:
    original = _answers({"accuracy": 0.9}, GENDER, "male", name="original")
    copy = _answers({"accuracy": 0.7, "copies": "original"}, GENDER, "male", name="copy")

    assert all(
        theirs == ours for ours, theirs in zip(original, copy, strict=True) if ours != "male"
    )
    assert Counter(copy)["male"] < Counter(original)["male"]


def test_several_attributes_or_a_schema_are_answered_in_json_and_one_as_a_bare_value() -> None:
    mock, product = _mock({}), _product()

    assert simulate(mock.ask(_asked(product, GENDER))).text == "male"
    assert simulate(mock.ask(_asked(product, GENDER, json_schema={}))).text == '{"gender":"male"}'
    both = simulate(mock.ask(_asked(product, GENDER, BRAND))).text
    assert json.loads(both) == {"gender": "male", "brand": "Nike"}
    assert simulate(mock.ask(_asked(product))).text == "ok"


def test_tokens_are_filled_in_from_the_lengths_of_the_texts() -> None:
    reply = simulate(_mock({}).ask(_asked(_product(), GENDER)))

    assert (reply.input_tokens, reply.output_tokens) == (len("What is it?") // 4 + 1, 1)  # "male"


def test_an_answer_that_needs_more_room_is_cut_off() -> None:
    reply = simulate(_mock({}).ask(_asked(_product(), GENDER, BRAND, max_tokens=3)))

    assert (len(reply.text), reply.finish) == (12, "length")


def test_an_answer_takes_its_time() -> None:
    async def seconds() -> float:
        await _mock({"latency_s": 0.25}).ask(_asked(_product(), GENDER))
        return asyncio.get_running_loop().time()

    assert simulate(seconds()) == pytest.approx(0.25)


def test_attempts_fail_as_often_as_they_are_told_to_and_not_for_ever() -> None:
    mock = _mock({"error_rate": 0.3})

    async def attempts(number: int) -> int:
        for attempt in range(1, 50):
            try:
                await mock.ask(_asked(_product(number), GENDER))
            except UnavailableError:
                pass
            else:
                return attempt
        raise AssertionError("never answered")

    async def ask_all() -> list[int]:
        return [await attempts(number) for number in range(1000)]

    made = simulate(ask_all())
    assert 1 - 1000 / sum(made) == pytest.approx(0.3, abs=0.05)
    assert simulate(ask_all()) == made  # what failed is the same each time, too


def test_the_fingerprint_tells_gold_and_luck_apart() -> None:
    def fingerprint(name: str, options: Mapping[str, Any], gold: str) -> str:
        return _mock(options, name).fingerprint(_product(true_gender=gold), GENDER)

    assert fingerprint("a", GOLD, "male") == fingerprint("a", GOLD, "male")
    assert fingerprint("a", GOLD, "male") != fingerprint("a", GOLD, "female")
    assert fingerprint("a", GOLD, "male") != fingerprint("b", GOLD, "male")
    assert fingerprint("b", {**GOLD, "copies": "a"}, "male") == fingerprint("a", GOLD, "male")
    assert fingerprint("a", {}, "male") == fingerprint("a", {}, "female")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"accuracty": 0.9}, "options.accuracty: unknown option; did you mean 'accuracy'?"),
        ({"foo": 1}, "options.foo: unknown option"),
        ({"accuracy": 1.5}, "options.accuracy: Input should be less than or equal to 1"),
        ({"error_rate": 1}, "options.error_rate: Input should be less than 1"),
        ({"latency_s": "soon"}, "options.latency_s: Input should be a valid number"),
    ],
)
def test_an_option_that_cannot_be_used_is_named_with_the_known_ones(
    options: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError) as raised:
        _mock(options)

    assert message in raised.value.message
    assert (
        "accuracy, gold, absent, always, copies, latency_s, error_rate, seed" in raised.value.hint
    )


def test_closing_twice_is_fine() -> None:
    mock = _mock({})

    simulate(mock.close())
    simulate(mock.close())
    assert isinstance(simulate(mock.ask(_asked(_product(), GENDER))), Reply)

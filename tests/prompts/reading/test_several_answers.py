"""Which of several answers in one text counts."""

from __future__ import annotations

import pytest
from vocabularies import BRAND, GENDER, configured, vocabularies

from attrx.configs.settings import Attribute
from attrx.prompts import read_answer

ANSWER = '{"gender": "male", "brand": "Acme"}'
OTHER = '{"gender": "female", "brand": "Zed"}'
TITLE = configured(name="title", open=True)


def told(raw: str, *attributes: Attribute) -> list[str]:
    """Each asked attribute's value, or its state in brackets."""
    votes = read_answer(raw, vocabularies(*(attributes or (GENDER, BRAND))))
    return [vote.value if vote.value is not None else f"({vote.state})" for vote in votes]


NEXT_TURNS = [
    "Product 2:", "Product #2", "**Product 2**", "### Example 2", "Example 2 -", "Item 2: a dress",
    "Next product:", "The next product:", "Here is the next product:", "Another product:",
    "For the second product:", "Now for the following item", "2. Product: a dress",
    "Title: a blue dress", "title: a dress\nanswer:", "Product title: a dress", "Name: a dress",
    "Description: for ladies", "Input: a dress\nOutput:", "Text: a dress",
    "User: go on\nAssistant:", "Q: a dress\nA:", "Nächstes Produkt:", "Für das zweite Produkt:",
    "Beispiel 2:", "Produit 2 :",
    "Produit suivant :", "Siguiente producto:", "Prossimo prodotto:", "Volgende product:",
    "Następny produkt:", "Próximo produto:", "Sonraki ürün:", "次の商品",
    "下一个产品：", "商品：青いドレス",
]  # fmt: skip


@pytest.mark.parametrize("words", NEXT_TURNS)
def test_a_product_that_the_model_makes_up_does_not_count(words: str) -> None:
    assert told(f"{ANSWER}\n\n{words}\n{OTHER}") == ["male", "acme"]
    assert told(f"```json\n{ANSWER}\n```\n\n{words}\n```json\n{OTHER}\n```") == ["male", "acme"]
    assert told(f"{words}\n{ANSWER}") == ["male", "acme"]  # in front, it is the one asked about


@pytest.mark.parametrize("words", NEXT_TURNS)
def test_neither_does_it_in_lines_or_words(words: str) -> None:
    lines = "Gender: male\nBrand: Acme\n\n{}\nGender: female\nBrand: Zed"
    assert told(lines.format(words)) == ["male", "acme"]
    assert told(f"Answer: male\n\n{words}\nAnswer: female", GENDER) == ["male"]
    assert told(f"male\n\n{words}\nfemale", GENDER) == ["male"]
    assert told(f"Brand: Acme\n\n{words}\nBrand: Zed", BRAND) == ["acme"]


@pytest.mark.parametrize(
    "words",
    [
        "Wait, the title says women:", "Correction:", "Actually,", "Sorry, I made a mistake.",
        "Oops.", "No, that is wrong.", "Hmm, let me reconsider.", "Revised answer:",
        "Final answer:", "On second thought,", "It should be", "but it is", "Korrektur:",
        "Moment mal:", "Pardon,", "En realidad:", "In realtà:", "訂正：", "更正：",
    ],
)  # fmt: skip
def test_an_answer_that_is_taken_back_gives_way_to_the_next(words: str) -> None:
    assert told(f"{ANSWER}\n\n{words}\n{OTHER}") == ["female", "zed"]
    assert told(f'{ANSWER}\n{words}\n{{"gender": "female"}}') == ["female", "acme"]


def test_an_answer_in_lines_can_be_taken_back_too() -> None:
    lines = "Gender: male\nBrand: Acme\n{}\nGender: female\nBrand: Zed"
    assert told(lines.format("Wait, no.")) == ["female", "zed"]
    assert told(lines.format("")) == ["male", "acme"]


@pytest.mark.parametrize(
    "thoughts",
    [
        "Let me think. It may be {}. Yet the title names ladies.\n\n",
        "Draft: {}\n\nFinal:\n",
        "First I would say {}.\nThe text is about a dress.\n\nAnswer:\n",
        "<think>{}</think>",
    ],
)
def test_a_draft_gives_way_to_the_answer_it_leads_to(thoughts: str) -> None:
    for draft in (ANSWER, '{"gender": "male"}'):
        votes = told(thoughts.format(draft) + OTHER)
        assert votes in (["female", "zed"], ["(unreadable)", "(unreadable)"])
    assert told(thoughts.format('{"gender": "male"}') + OTHER) == ["female", "zed"]


def test_the_first_complete_answer_counts_where_words_do_not_take_it_back() -> None:
    for words in ("This is what the title says.", "It would be so for ladies of Zed:"):
        assert told(f"{ANSWER}\n\n{words}\n{OTHER}") == ["male", "acme"]
        assert told(f"Here is the JSON:\n{ANSWER}\n\n{words}\n{OTHER}") == ["male", "acme"]


@pytest.mark.parametrize("words", ["\n", "\n\nor\n\n", "\nAlternatively:\n"])
def test_where_nobody_can_tell_which_is_meant_neither_counts(words: str) -> None:
    assert told(ANSWER + words + OTHER) == ["(unreadable)", "(unreadable)"]
    same_brand = OTHER.replace("Zed", "Acme")
    assert told(ANSWER + words + same_brand) == ["(unreadable)", "acme"]


def test_a_part_that_contradicts_what_was_announced_is_not_understood() -> None:
    part = '{"gender": "male"}'
    assert told(f"{part}\nThe blue one of Zed is different:\n{OTHER}")[0] == "(unreadable)"


def test_a_second_answer_that_says_the_same_changes_nothing() -> None:
    for words in ("\n\nIn short:\n", "\n", "\n\nSorry, again:\n"):
        assert told(ANSWER + words + ANSWER) == ["male", "acme"]


def test_parts_of_an_answer_may_stand_apart() -> None:
    raw = 'The gender is {"gender": "male"} and the brand is {"brand": "Acme"}.'
    assert told(raw) == ["male", "acme"]


def test_an_attribute_may_be_called_as_the_next_product_is_announced() -> None:
    assert told("Title: Air Max\nBrand: Acme", TITLE, BRAND) == ["air max", "acme"]
    raw = '{"title": "Air Max", "brand": "Acme"}\n\nTitle: Air Max\n'
    assert told(raw, TITLE, BRAND) == ["air max", "acme"]


def test_a_heading_before_the_answer_is_no_answer() -> None:
    assert told("Extraction\nProduct: Air Max\nBrand: Acme", BRAND) in (["acme"], ["(unreadable)"])


def test_an_answer_without_names_counts_in_the_same_way() -> None:
    assert told('{"answer": "male"}\n\nProduct 2:\n{"answer": "female"}', GENDER) == ["male"]
    assert told('{"answer": "male"}\nWait:\n{"answer": "female"}', GENDER) == ["female"]


@pytest.mark.parametrize(
    "raw",
    [
        f"<think>{OTHER}</think>\n{ANSWER}",
        f"{OTHER}</think>\n{ANSWER}",
        f"<think>{OTHER}</think>{ANSWER}<think>{OTHER}</think>",
        f"{ANSWER}\n<think>Is it right? Yes.</think>",
        f"{ANSWER}</think>",
        f"<think>hm, {OTHER}\n<answer>{ANSWER}</answer>",
        f"<thinking>{OTHER}</thinking>{ANSWER}",
        f"<analysis>{OTHER}</analysis>{ANSWER}",
        f"◁think▷{OTHER}◁/think▷{ANSWER}",
        f"<seed:think>{OTHER}</seed:think>{ANSWER}",
        f"<|START_THINKING|>{OTHER}<|END_THINKING|>{ANSWER}",
        f"analysisIt may be {OTHER}.assistantfinal{ANSWER}",
    ],
)
def test_thoughts_are_no_answer(raw: str) -> None:
    assert told(raw) == ["male", "acme"]


@pytest.mark.parametrize(
    "raw", [f"<think>{OTHER}", f"<think>{OTHER}</think>", f"hm {OTHER}</think>"]
)
def test_thoughts_alone_hold_none(raw: str) -> None:
    assert told(raw) == ["(unreadable)", "(unreadable)"]

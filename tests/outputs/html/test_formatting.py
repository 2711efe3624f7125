import pytest

from attrx.outputs.html import formatting


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain, ä 日本 👕", "plain, ä 日本 👕"),
        ("a\tb\nc\r", "a b c "),
        ("\x00\x1b[2J", "␀␛[2J"),
        ("\x9b31m\x7f", "�31m�"),
        ("\u202eevil\u2066", "�evil�"),
        ("a\u200bb\ufeff", "a�b�"),
        ("\ud800", "�"),
    ],
)
def test_what_is_not_seen_is_made_visible(text: str, shown: str) -> None:
    assert formatting.visible(text) == shown


def test_a_text_is_cut_only_where_it_is_too_long() -> None:
    assert formatting.shorten("12345", 5) == "12345"
    assert formatting.shorten("123 456", 5) == "123…"


def test_numbers_are_written_for_people() -> None:
    assert (
        formatting.fraction(0.98765),
        formatting.fraction(0.98765, 2),
        formatting.fraction(None),
    ) == (
        "0.988",
        "0.99",
        "–",
    )
    assert (formatting.percent(0.876), formatting.percent(None)) == ("88 %", "–")

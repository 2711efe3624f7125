import pytest
from hypothesis import given
from hypothesis import strategies as st

from attrx.cli.formatting import duration, fraction, printable, printable_lines, size


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;new title\x07after", "after"),
        ("\x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x9b2Jgone", "gone"),
        ("back\x08\x08space", "backspace"),
        ("two\r\nlines\tand a tab", "two lines and a tab"),
        ("right\u202eleft", "rightleft"),
        ("half \ud800 pair", "half ? pair"),
        ("[bold]kept[/bold]", "[bold]kept[/bold]"),
        ("Größe 42 – 日本", "Größe 42 – 日本"),
    ],
)
def test_a_terminal_finds_nothing_to_act_on(text: str, plain: str) -> None:
    assert printable(text) == plain


@given(st.text(alphabet=st.characters(codec=None), max_size=60))
def test_no_control_character_survives(text: str) -> None:
    assert not any(
        character < " " or "\x7f" <= character <= "\x9f" for character in printable(text)
    )


def test_a_message_of_several_lines_keeps_them() -> None:
    assert printable_lines("one\r\ntwo\x1b[1m\nthree") == "one\ntwo\nthree"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, ""), (9.6, "10 s"), (61, "1 min 01 s"), (3599.4, "59 min 59 s"), (7500, "2 h 05 min")],
)
def test_a_duration_is_read_at_a_glance(seconds: float | None, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0 bytes"), (1023, "1,023 bytes"), (1536, "1.5 KiB"), (3 * 1024**3, "3.0 GiB")],
)
def test_a_size_has_a_unit(number: int, text: str) -> None:
    assert size(number) == text


def test_a_fraction_has_three_decimals_or_is_blank() -> None:
    assert (fraction(2 / 3), fraction(None)) == ("0.667", "")

"""Which characters hide or turn text, and that no output lets them through."""

import sys
import unicodedata

import pytest

from attrx.cli.formatting import printable, printable_lines
from attrx.configs.characters import replace_lone_surrogates
from attrx.outputs.html.formatting import visible
from attrx.prompts.asking import fence

ALL_CHARACTERS = [chr(code) for code in range(sys.maxunicode + 1)]


def span(first: int, last: int) -> set[str]:
    return {chr(code) for code in range(first, last + 1)}


def removed_by_prompts() -> set[str]:
    """What the fence removes wherever it stands, written out.

    Keys of cached answers depend on it: a character more has every text that holds it asked again,
    and a character less all that ever held it.
    """
    return (
        (span(0x00, 0x1F) - {"\t", "\n", "\r"})  # a carriage return becomes a line feed
        | span(0x7F, 0x9F)
        | {"\u061c", "\u200b", "\u200e", "\u200f"}
        | span(0x2028, 0x202E)
        | span(0x2060, 0x206F)
        | {"\ufeff", "\ufffe", "\uffff"}
        | span(0xFFF9, 0xFFFB)
        | span(0xD800, 0xDFFF)
        | span(0xE0000, 0xE0FFF)
    )


def test_prompts_remove_what_hides_and_leave_what_a_language_may_need() -> None:
    assert fence.FENCE_VERSION == 1
    # One by one: of those that a language needs, three in a row are removed.
    passed = fence.remove_hidden("x".join(ALL_CHARACTERS))
    assert set(ALL_CHARACTERS) - set(passed) == removed_by_prompts() | {"\r"}


def test_terminals_and_pages_let_nothing_through_that_prompts_remove() -> None:
    everything = "".join(ALL_CHARACTERS)
    hidden = removed_by_prompts()
    assert hidden.isdisjoint(printable(everything))
    assert hidden.isdisjoint(printable_lines(everything))
    assert hidden.isdisjoint(visible(everything))


@pytest.mark.parametrize("show", [printable, visible, fence.remove_hidden])
def test_what_is_seen_stays_as_it_is(show: object) -> None:
    assert callable(show)
    for text in ("Größe 42 – 日本", "👩\u200d👧", "❤\ufe0f", "می\u200cخواهم", "soft\u00adhyphen"):
        assert show(text) == text


def test_every_mark_that_turns_the_direction_is_known() -> None:
    turning = {
        character
        for character in ALL_CHARACTERS
        if unicodedata.bidirectional(character)
        in {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    }
    assert len(turning) == 9
    assert turning.isdisjoint(printable("".join(ALL_CHARACTERS)))
    assert turning.isdisjoint(visible("".join(ALL_CHARACTERS)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("café 👟", "café 👟"),
        ("\ud83d", "\ufffd"),
        ("a\ud83d\udc5fb", "a👟b"),
        ("\udc5fx", "\ufffdx"),
    ],
)
def test_halves_of_cut_escapes_are_replaced_before_they_reach_a_file(
    text: str, expected: str
) -> None:
    assert replace_lone_surrogates(text) == expected

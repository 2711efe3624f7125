from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attrx.configs.normalization import bare_form, lookup_form
from attrx.prompts.reading.absence import is_absent, mentions_absence

EVERYWHERE = [
    "n/a", "N/A", "n.a.", "N.A", "n / a", "N\\A", "na", "NA", "None", "none.", "null", "NULL", "-",
    "--", "–", "—", "?", "", ".", '""', "...", "[]", "unknown", "Unspecified", "undefined",
    "(n/a)", "*n/a*", "not available", "Not specified", "Not Mentioned.", "not provided",
    "not stated", "not given", "not known", "not applicable", "not found", "not listed",
    "not disclosed", "not indicated", "not explicitly stated", "not specified in the title",
    "Not mentioned in the product description", "not specified or mentioned", "none specified",
    "none mentioned", "no information", "no information available", "no data", "no mention",
    "no brand mentioned", "No color is specified.", "there is no brand mentioned in the title",
    "The brand is not specified", "brand is unknown", "the title does not mention a brand",
    "the text doesn't say", "cannot be determined", "Can't determine",
    "can’t be determined from the title", "unable to determine",
    "could not be inferred from the text", "I cannot determine the brand",
    "insufficient information", "n/a (not mentioned)", "N/A - not mentioned in the text",
    "n/a, since the text does not tell", "n/a: not given", "None (not specified)",
    "not specified (unisex?)",
]  # fmt: skip
LISTED_ONLY = [
    "nan",
    "NaN",
    "nil",
    "Blank",
    "empty",
    "missing",
    "TBD",
    "unclear",
    "None of the above",
]
VALUES = [
    "NA-KD", "NA!AN", "N.A.G.", "None Such", "Nonesuch", "Unknown Mortal Orchestra",
    "Not Your Mother's", "No Brand", "NO-AD", "No Nonsense", "Noxzema", "Nina Ricci", "Nautica",
    "Null & Void Ltd", "not included", "non-woven", "-5", "Unknown London", "Clear", "Naan",
    "Anna", "no", "not flammable", "none-slip", "None - 100% cotton", "i/a", "0", "A+",
    "Information Society", "Can't Stop", "Available", "Data", "Unspecific", "?!x",
]  # fmt: skip


@pytest.mark.parametrize("text", EVERYWHERE)
def test_these_say_that_the_text_does_not_tell(text: str) -> None:
    assert is_absent(bare_form(lookup_form(text)), listed=False)
    assert is_absent(bare_form(lookup_form(text)), listed=True)


@pytest.mark.parametrize("text", LISTED_ONLY)
def test_these_say_so_only_where_they_cannot_be_values(text: str) -> None:
    assert is_absent(bare_form(lookup_form(text)), listed=True)
    assert not is_absent(bare_form(lookup_form(text)), listed=False)


@pytest.mark.parametrize("text", VALUES)
def test_these_are_values(text: str) -> None:
    assert not is_absent(bare_form(lookup_form(text)), listed=False)


def test_a_very_long_text_is_not_searched() -> None:
    assert not is_absent("n/a - " + "because " * 100, listed=False)


@pytest.mark.parametrize(
    ("sentence", "mentions"),
    [
        ("the gender is not specified in the title", True),
        ("it is unknown", True),
        ("the answer is n/a", True),
        ("the shoe is for men", False),
        ("noteworthy, this is a man's shoe", False),
        ("the unknowns are many", False),
    ],
)
def test_a_sentence_can_say_so_in_passing(sentence: str, mentions: bool) -> None:
    assert mentions_absence(sentence) is mentions


@given(st.text(max_size=400))
def test_any_text_can_be_asked(text: str) -> None:
    is_absent(bare_form(lookup_form(text)), listed=True)
    mentions_absence(lookup_form(text))

from hypothesis import given
from hypothesis import strategies as st

from attrx.configs.normalization import comparable, comparable_name


def test_case_width_and_spaces_do_not_count() -> None:
    assert comparable("  Ｍen\u00a0 ’S ") == "men 's"
    assert comparable("STRASSE") == comparable("straße")


@given(st.text())
def test_a_comparable_text_stays_as_it_is(text: str) -> None:
    assert comparable(comparable(text)) == comparable(text)


def test_a_name_is_the_same_however_its_words_are_joined() -> None:
    assert (
        len({comparable_name(name) for name in ("Age group", "age_group", "ageGroup", "AGE-GROUP")})
        == 1
    )
    assert comparable_name("+") != comparable_name("-")

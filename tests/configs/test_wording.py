import pytest

from attrx.configs.wording import cost, quantity, thousands


@pytest.mark.parametrize(
    ("usd", "text"),
    [
        (None, "unknown"),
        (0.0, "$0.00"),
        (0.00042, "$0.0004"),
        (0.1, "$0.10"),
        (1234.5, "$1,234.50"),
    ],
)
def test_a_cost_that_is_not_known_is_not_printed_as_0(usd: float | None, text: str) -> None:
    assert cost(usd) == text


def test_a_noun_follows_its_number() -> None:
    assert [quantity(number, "row") for number in (0, 1, 1200)] == ["0 rows", "1 row", "1,200 rows"]


def test_thousands_are_set_apart() -> None:
    assert [thousands(number) for number in (0, 999, 12345)] == ["0", "999", "12,345"]

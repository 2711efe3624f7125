"""A category has the names that people call it by, however a shop writes it."""

from __future__ import annotations

import pytest

from attrx.configs.categories import category_key, category_keys


@pytest.mark.parametrize(
    ("category", "name"),
    [
        ("Lamps", "Lamps"),
        ("lamps", "Lamps"),
        ("  LAMPS ", "lamps"),
        ("Home > Lights > Lamps", "Lamps"),
        ("Home > Lights > Lamps", "Home"),
        ("Home > Lights > Lamps", "Lights > Lamps"),
        ("Home>Lights>Lamps", "home / lights"),
        ("Default Category/Home/Lamps", "Lamps"),
        ("Home » Lamps", "Lamps"),
        ("Lamps, Sale", "Lamps"),
        ("Sale|Home > Lamps", "Home > Lamps"),
        ("Home/Lamps,Home/Sale", "lamps"),
        ('["lamps", "summer"]', "Lamps"),
        ("Fish & Chips", "fish & chips"),
        ("Health, Beauty & Care", "Health, Beauty & Care"),
        ("Hats/Caps", "Hats/Caps"),
        ("Ｌamps", "Lamps"),
    ],
)
def test_a_category_is_called_so(category: str, name: str) -> None:
    assert category_key(name) in category_keys(category)


@pytest.mark.parametrize(
    ("category", "name"),
    [
        ("Home > Lamps", "Lamp"),
        ("Home > Lights > Lamps", "Home > Lamps"),
        ("Table lamps", "Lamps"),
        ("", ""),
        ("[broken", "broken"),
    ],
)
def test_and_not_so(category: str, name: str) -> None:
    assert category_key(name) not in category_keys(category)

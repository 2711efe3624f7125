from __future__ import annotations

import pytest

from attrx.configs.scopes import Scopes
from attrx.configs.settings import Attribute

ATTRIBUTES = [
    Attribute(name="brand", open=True),
    Attribute(name="collar", open=True, applies_to=("Shirts", "Apparel > Polos")),
    Attribute(name="sole", open=True, applies_to=("shoes",)),
    Attribute(name="fit", open=True, applies_to=("Shirts", "Shoes")),
    Attribute(name="never", open=True, applies_to=("Boats",)),
]


@pytest.mark.parametrize(
    "category",
    [
        None,
        "",
        "Shirts",
        "SHOES",
        "Apparel > Shirts",
        "Apparel / Polos",
        "Polos",
        "Sale, Shoes",
        "?",
    ],
)
def test_a_category_has_the_attributes_that_name_it(
    category: str | None,
) -> None:
    scopes = Scopes(ATTRIBUTES)
    expected = [attribute.applies(category) for attribute in ATTRIBUTES]
    assert scopes.of(category) == expected
    assert scopes.of(category) == expected

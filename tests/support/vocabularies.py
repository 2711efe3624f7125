"""The attributes that the tests of prompts ask for."""

from __future__ import annotations

from attrx.configs.settings import Attribute
from attrx.prompts.vocabulary import Vocabulary

GENDER = Attribute(
    name="gender",
    description="Who the product is made for.",
    values={"male": ["men", "men's", "mens"], "female": ["women", "women's"], "unisex": []},
)
AGE_GROUP = Attribute(name="age_group", values=["newborn", "kids", "adult"])
COLOR = Attribute(name="color", values={"light blue": ["sky"], "blue": [], "red": [], "None": []})
BRAND = Attribute(name="brand", description="Maker's name as printed.", open=True, examples=["Nike", "Levi's"])
WEIGHT = Attribute(name="weight", open=True, type="number", unit="g", accept_units=["kg", "oz", "lb"])


def vocabularies(*attributes: Attribute) -> tuple[Vocabulary, ...]:
    """Their vocabularies, in the same order."""
    return tuple(Vocabulary(attribute) for attribute in attributes)

"""The attributes that the tests of prompts ask for."""

from __future__ import annotations

from typing import Any

from attrx.configs.settings import Attribute
from attrx.prompts.reading.vocabulary import Vocabulary


def configured(**settings: Any) -> Attribute:
    """An attribute as the config gives it."""
    return Attribute.model_validate(settings)


GENDER = configured(
    name="gender",
    description="Who the product is made for.",
    values={"male": ["men", "men's", "mens"], "female": ["women", "women's"], "unisex": []},
)
AGE_GROUP = configured(name="age_group", values=["newborn", "kids", "adult"])
COLOR = configured(name="color", values={"light blue": ["sky"], "blue": [], "red": [], "None": []})
BRAND = configured(
    name="brand", description="Maker's name as printed.", open=True, examples=["Nike", "Levi's"]
)
WEIGHT = configured(
    name="weight", open=True, type="number", unit="g", accept_units=["kg", "oz", "lb"]
)


def vocabularies(*attributes: Attribute) -> tuple[Vocabulary, ...]:
    """Their vocabularies, in the same order."""
    return tuple(Vocabulary(attribute) for attribute in attributes)

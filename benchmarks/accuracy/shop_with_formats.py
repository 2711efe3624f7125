"""A simulated shop in which models are good at different attributes, and some have own formats.

12,560 products with six attributes, five models. How often a model is right differs by attribute;
mistakes are shared, since hard texts mislead several models to the same wrong value; and the models
that are best on most attributes write compositions each in a format of its own, so that none of
these equals the gold. What is learned from compositions then misleads on all other attributes.
"""

from __future__ import annotations

import numpy as np

from attrx.configs.settings import Attribute
from attrx.ensemble.arrays import Codes, IntArray

from .vote_sets import Table, VoteSet

PRODUCTS = 12_560
MODELS = ("flagship", "solid", "quick", "small", "older")
COMPOSITION = "composition"
ATTRIBUTES = {
    # Number of values; how often each model is right where the text is plain.
    "brand": (400, (0.98, 0.96, 0.95, 0.92, 0.93)),
    "color": (40, (0.96, 0.95, 0.93, 0.93, 0.90)),
    "gender": (4, (0.98, 0.97, 0.97, 0.94, 0.96)),
    COMPOSITION: (150, (0.95, 0.93, 0.90, 0.91, 0.92)),
    "pattern": (12, (0.95, 0.93, 0.94, 0.88, 0.90)),
    "fit": (8, (0.94, 0.95, 0.91, 0.90, 0.86)),
}
HARD = 0.12
MISLED = 0.55


def shop(seed: int = 0, own_formats: int = 3) -> VoteSet:
    """The shop; another seed gives another one of the same kind.

    Args:
        seed: Of all that is drawn.
        own_formats: So many models write compositions in a format of their own.
    """
    rng = np.random.default_rng(seed)
    tables = [_table(name, rng, own_formats) for name in ATTRIBUTES]
    return VoteSet("shop", MODELS, tuple(tables))


def _table(name: str, rng: np.random.Generator, own_formats: int) -> Table:
    n_values, skills = ATTRIBUTES[name]
    products = PRODUCTS
    truth = rng.integers(1, n_values + 1, products)
    decoy = _another(truth, n_values, rng)
    is_hard = rng.random(products) < HARD
    codes = np.zeros((products, len(MODELS)), np.int32)
    for model, skill in enumerate(skills):
        is_misled = is_hard & (rng.random(products) < MISLED)
        is_wrong = rng.random(products) > skill
        vote = np.where(is_wrong, _another(truth, n_values, rng), truth)
        vote = np.where(is_misled, decoy, vote)
        says_nothing = rng.random(products) < 0.02
        codes[:, model] = np.where(says_nothing, 0, vote)
    if name == COMPOSITION:
        _write_in_own_formats(codes, n_values, own_formats)
    attribute = Attribute(name=name, open=True)
    return Table(attribute, codes, truth.astype(np.int32))


def _write_in_own_formats(codes: Codes, n_values: int, n_models: int) -> None:
    """Let the first models each give other codes than anybody else for the same values."""
    for model in range(n_models):
        gives_value = codes[:, model] > 0
        codes[gives_value, model] += (model + 1) * n_values


def _another(truth: IntArray, n_values: int, rng: np.random.Generator) -> IntArray:
    """[n_cells] a value that is not the true one; some wrong values are more usual than others."""
    step = 1 + np.minimum(rng.geometric(0.5, len(truth)), n_values - 1) - 1
    step = np.maximum(step, 1)
    return np.asarray((truth - 1 + step) % n_values + 1)

"""What a product's category is called: shops write paths, lists of paths, and either case.

Apparel > Clothing > Shirts           Google, Shopify, WooCommerce
Default Category/Men/Tops,Sale        Magento
["shirts", "summer_2020"]             Akeneo and whatever writes JSON
"""

from __future__ import annotations

import html
import re
from functools import lru_cache
from itertools import combinations

import orjson

from .normalization import normal_form

_LEVELS = re.compile(r"\s*(?:>|»|›|/|\\|::|->|→)\s*")
_ITEMS = re.compile(r"\s*[,;|\n]\s*")
_STEP = " > "


def category_key(name: str) -> str:
    """The form in which two names of a category are compared: one case, one way to write a path."""
    return _STEP.join(_levels(name))


@lru_cache(maxsize=65_536)
def category_keys(category: str) -> frozenset[str]:
    """Keys of all names that a category has: the whole, each item of a list, each part of a path.

    Of `Apparel > Clothing > Shirts` these are the path, its parts, and each stretch of it, such as
    `Clothing > Shirts`.
    """
    keys = {category_key(category)}
    for item in _items(category):
        levels = _levels(item)
        for start, end in combinations(range(len(levels) + 1), 2):
            stretch = levels[start:end]
            keys.add(_STEP.join(stretch))
    return frozenset(keys - {""})


def _items(category: str) -> list[str]:
    """The categories of a list; the category itself where it is none."""
    text = category.strip()
    if text.startswith("["):
        try:
            items = orjson.loads(text)
        except orjson.JSONDecodeError:
            items = None
        if isinstance(items, list):
            return [str(item) for item in items]
    return [text, *_ITEMS.split(text)]


def _levels(text: str) -> list[str]:
    path = normal_form(html.unescape(text))
    return [level for level in _LEVELS.split(path) if level]

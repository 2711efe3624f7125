"""Which attributes apply to the products of a category, where there are many of both."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from .categories import category_key, category_keys
from .settings import Attribute


class Scopes:
    """The attributes of each category.

    Args:
        attributes: The configured attributes.
    """

    def __init__(self, attributes: Sequence[Attribute]) -> None:
        self._everywhere = [each.applies_to is None for each in attributes]
        self._attributes_of_key: defaultdict[str, list[int]] = defaultdict(list)
        for index, attribute in enumerate(attributes):
            for name in attribute.applies_to or ():
                key = category_key(name)
                self._attributes_of_key[key].append(index)
        self._known_categories: dict[str, list[bool]] = {}

    def of(self, category: str | None) -> list[bool]:
        """[n_attributes] whether each is asked of products of a category; None is none."""
        name = category or ""
        if name not in self._known_categories:
            applies = self._everywhere.copy()
            for key in category_keys(name):
                for index in self._attributes_of_key.get(key, ()):
                    applies[index] = True
            self._known_categories[name] = applies
        return self._known_categories[name]

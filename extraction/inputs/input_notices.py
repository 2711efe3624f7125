"""What a user should know about how an input was read, before anything is paid for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ...configs.categories import category_key, category_keys
from ...configs.notices import Notice
from ...configs.settings import Attribute, Settings
from ...configs.suggestions import closest_name
from ...ensemble.groups import ALL
from .table import Table

CATEGORIES_SHOWN = 8
FEW_PRODUCTS = 0.001
"""Share of the products; an attribute for fewer is pointed out."""
SHORTENED_ID = r"^\d(?:[.,]\d+[eE]\+?|[eE]\+)\d{1,3}$"
"""What a spreadsheet has made of an id such as 5012345678900: 5.01235E+12."""
DECIMAL_ID = r"^\d{5,}[.,]0$"
"""A whole number to which a program has put decimals: 5012345678900.0."""


def notices_of_table(table: Table) -> Iterator[Notice]:
    """What was made of a file that leaves room for doubt."""
    if table.encoding and table.encoding.sample:
        text = (
            f"{table.path} is not UTF-8; read as {table.encoding.name}, it says"
            f" '{table.encoding.sample}': if that is wrong, name its encoding under input.encoding"
            " in the config"
        )
        yield Notice("input_encoding", text)
    if table.bad_rows is not None and table.bad_rows.count:
        yield Notice("input_rows_skipped", table.bad_rows.summary)


def notices_of_ids(column: str, shortened_id: str | None, decimal_ids: int) -> Iterator[Notice]:
    """Ids that will not be found again in the shop.

    Args:
        column: The column of the ids.
        shortened_id: One that a spreadsheet has shortened.
        decimal_ids: Number of ids that are whole numbers with decimals.
    """
    if shortened_id is not None:
        yield Notice("ids_shortened", shortened_text(column, shortened_id))
    if decimal_ids:
        ids = "1 id ends" if decimal_ids == 1 else f"{decimal_ids:,} ids end"
        text = (
            f"{ids} in .0 (column '{column}'): a program has made numbers of them; they stay as"
            " they are, and will match only files that write them alike"
        )
        yield Notice("ids_with_decimals", text)


def shortened_text(column: str, example: str) -> str:
    """Says that a spreadsheet has shortened ids."""
    return (
        f"a spreadsheet has shortened ids to numbers such as {example} (column '{column}'):"
        " they can no longer be told apart, nor be found in the shop; export the file again with"
        " that column as text"
    )


def notices_of_categories(
    settings: Settings, categories: Mapping[str | None, int]
) -> Iterator[Notice]:
    """Attributes for next to no product, and names in `applies_to` that occur nowhere.

    Args:
        settings: The configuration.
        categories: Category -> products.
    """
    n_products = sum(categories.values())
    for attribute in settings.attributes:
        if attribute.applies_to is None:
            continue
        n_applicable = sum(
            count for category, count in categories.items() if attribute.applies(category)
        )
        if text := _coverage_text(attribute, n_applicable, n_products, categories):
            yield Notice("attribute_without_products", text, groups=((ALL, attribute.name),))


def _coverage_text(
    attribute: Attribute,
    n_applicable: int,
    n_products: int,
    categories: Mapping[str | None, int],
) -> str:
    names = [name for name in categories if name]
    if n_applicable == 0:
        return (
            f"attribute '{attribute.name}' applies to no product that was read: it is for"
            f" {_quote_all(attribute.applies_to or ())}, and the categories read are"
            f" {_quote_all(sorted(names)) or 'all empty'}"
        )
    all_keys = {key for name in names for key in category_keys(name)}
    idle_names = [name for name in attribute.applies_to or () if category_key(name) not in all_keys]
    if idle_names:
        suggestion = _near_miss(idle_names[0], names)
        return (
            f"attribute '{attribute.name}': no product that was read is in {_quote_all(idle_names)}"
            f"{suggestion}; it applies to {n_applicable:,} of {n_products:,} products"
        )
    if n_applicable < FEW_PRODUCTS * n_products:
        return (
            f"attribute '{attribute.name}' applies to {n_applicable:,} of {n_products:,} products"
        )
    return ""


def _near_miss(name: str, categories: Sequence[str]) -> str:
    """The category read that a name may have meant, as an insertion."""
    closest = closest_name(name, categories)
    if closest is None:
        word = category_key(name)
        closest = next((each for each in categories if word in category_key(each)), None)
    return "" if closest is None else f" (there is '{closest}')"


def _quote_all(names: Sequence[str]) -> str:
    listing = ", ".join(f"'{name}'" for name in names[:CATEGORIES_SHOWN])
    return listing + (" ..." if len(names) > CATEGORIES_SHOWN else "")

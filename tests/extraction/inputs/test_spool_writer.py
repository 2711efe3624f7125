"""What is said about an input once it has been read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from attrx.configs.errors import InputError
from attrx.configs.settings import Settings
from attrx.extraction.inputs.spool_writer import spool_products


def settings(*applies_to: str, **given: Any) -> Settings:
    attribute = {
        "name": "brand",
        "open": True,
        **({"applies_to": applies_to} if applies_to else {}),
    }
    return Settings.model_validate(
        {
            "version": 1,
            "input": {"id": "sku", "text": ("title",), "category": "category", **given},
            "attributes": (attribute,),
            "models": ({"name": "one", "provider": "mock"},),
        }
    )


def catalog(folder: Path, rows: str, encoding: str = "utf-8") -> Path:
    path = folder / "products.csv"
    path.write_bytes(f"sku,title,category\n{rows}".encode(encoding))
    return path


def notes(path: Path, config: Settings, limit: int | None = None) -> list[str]:
    with spool_products(path, config, path.parent, limit=limit, extra=()) as spool:
        spool.check_products(1)
        return [notice.text for notice in spool.notices]


def test_a_file_without_products_is_an_error_and_leaves_nothing_behind(tmp_path: Path) -> None:
    path = catalog(tmp_path, "")
    with pytest.raises(InputError, match=r"products\.csv: has a header and no products") as error:
        notes(path, settings())
    assert error.value.hint == "Expected a header and one row per product."
    assert list(tmp_path.iterdir()) == [path]


def test_a_parquet_file_without_products_is_an_error_too(tmp_path: Path) -> None:
    columns = {name: pa.array([], pa.string()) for name in ("sku", "title", "category")}
    pq.write_table(pa.table(columns), tmp_path / "products.parquet")
    with pytest.raises(InputError, match="has a header and no products"):
        notes(tmp_path / "products.parquet", settings())


def test_a_guessed_encoding_is_shown_with_a_sample(tmp_path: Path) -> None:
    path = catalog(tmp_path, "1,Crème,Beauté\n", "cp1252")
    [note] = notes(path, settings())
    assert "is not UTF-8; read as cp1252, it says '1,Crème,Beauté'" in note
    assert "input.encoding" in note
    assert notes(path, settings(encoding="cp1252")) == []


def test_an_attribute_for_categories_that_never_occur_is_warned_of(tmp_path: Path) -> None:
    path = catalog(tmp_path, "1,a,Shoes\n2,b,Bags\n")
    assert notes(path, settings("Shoe", "Boots")) == [
        "attribute 'brand' applies to no product that was read: it is for 'Shoe', 'Boots', and"
        " the categories read are 'Bags', 'Shoes'"
    ]
    assert notes(path, settings("Shoe", "Bags")) == [
        "attribute 'brand': no product that was read is in 'Shoe' (there is 'Shoes'); it applies to"
        " 1 of 2 products"
    ]
    assert notes(path, settings("shoes", "Bags")) == []
    assert len(notes(path, settings("Bags"), limit=1)) == 1


def test_products_without_any_category_are_told_apart(tmp_path: Path) -> None:
    [note] = notes(catalog(tmp_path, "1,a,\n"), settings("Shoes"))
    assert note.endswith("it is for 'Shoes', and the categories read are all empty")

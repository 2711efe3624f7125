"""Inputs as shops have them, from the file to the outputs."""

from __future__ import annotations

import csv
import datetime
import json
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from shop import Watching

from attrx.cli import app
from attrx.configs.errors import InputError
from attrx.configs.loading import load_settings
from attrx.configs.settings import Settings
from attrx.runs.ensemble import EnsembleOptions, ensemble
from attrx.runs.extract import ExtractOptions, extract
from attrx.runs.status import status
from attrx.testing import VendorServer

Values = dict[tuple[str, str], str]


class Catalog:
    """One input, and a config for it."""

    def __init__(self, folder: Path, server: VendorServer, **input_section: Any) -> None:
        self.folder = folder
        model = {
            "name": "m",
            "provider": "openai",
            "model": "x",
            "base_url": server.base_url("openai"),
        }
        self.config: dict[str, Any] = {
            "version": 1,
            "input": {"id": "id", "text": ["name"], **input_section},
            "attributes": {"brand": {"open": True}},
            "models": [model],
        }

    @property
    def settings(self) -> Settings:
        path = self.folder / "attrx.yaml"
        path.write_text(yaml.safe_dump(self.config, sort_keys=False))
        return load_settings(path)

    def run(self, path: Path) -> tuple[int, Values, Watching]:
        """Requests that were sent, and the values."""
        observer = Watching()
        result = extract(self.settings, ExtractOptions(path), observer)
        ensemble(self.settings, EnsembleOptions(path), observer)
        with (self.folder / "out" / "values.csv").open(newline="") as file:
            rows = list(csv.DictReader(file))
        values = {(row["product_id"], row["attribute"]): row["value"] for row in rows}
        return sum(tally.attempts for tally in result.models), values, observer

    def products(self) -> list[dict[str, str]]:
        with (self.folder / "out" / "products.csv").open(newline="") as file:
            return list(csv.DictReader(file))


@pytest.fixture
def server() -> Any:
    with VendorServer() as started:
        yield started


def ids_of(values: Values) -> set[str]:
    return {product_id for product_id, _ in values}


def test_rows_of_variants_and_images_belong_to_the_product_of_their_id(
    tmp_path: Path, server: VendorServer
) -> None:
    path = tmp_path / "export.csv"
    path.write_text(
        "Handle,Title,Size,Image\nlamp,Desk lamp,S,1.jpg\nlamp,,M,2.jpg\nlamp,,,3.jpg\n"
        "mug,Mug,,4.jpg\nlamp,Desk lamp,L,\n"
    )
    catalog = Catalog(tmp_path, server, id="Handle", text=["Title"])
    requests, values, observer = catalog.run(path)
    assert requests == 2
    assert ids_of(values) == {"lamp", "mug"}
    assert "rows_grouped" in observer.kinds
    products = catalog.products()
    assert [row["Size"] for row in products] == ["S", "M", "", "", "L"]
    brands = {row["Handle"]: row["brand"] for row in products}
    assert [row["brand"] for row in products] == [brands[row["Handle"]] for row in products]
    assert all(brands.values())


VIEWS = "id,view,name\n1,,Lamp\n1,de,Lampe\n2,,Mug\n2,de,Tasse\n"


def test_rows_that_contradict_each_other_are_an_error_that_names_the_way_out(
    tmp_path: Path, server: VendorServer
) -> None:
    path = tmp_path / "views.csv"
    path.write_text(VIEWS)
    with pytest.raises(InputError, match="id '1' stands in row 1 and in row 2") as error:
        Catalog(tmp_path, server).run(path)
    assert "input.group: first" in error.value.hint


def test_or_one_product_with_the_first_texts(tmp_path: Path, server: VendorServer) -> None:
    path = tmp_path / "views.csv"
    path.write_text(VIEWS)
    requests, values, _ = Catalog(tmp_path, server, group="first").run(path)
    assert (requests, ids_of(values)) == (2, {"1", "2"})
    assert not any("Tasse" in call.prompt for call in server.calls)


def test_with_group_off_a_repeated_id_is_an_error_always(
    tmp_path: Path, server: VendorServer
) -> None:
    path = tmp_path / "views.csv"
    path.write_text("id,name\n1,Lamp\n1,\n")
    with pytest.raises(InputError, match="ids must be unique"):
        Catalog(tmp_path, server, group="off").run(path)


def test_html_is_cleaned_before_it_is_sent_and_switching_asks_nothing(
    tmp_path: Path, server: VendorServer
) -> None:
    path = tmp_path / "products.csv"
    path.write_text('id,name\n1,"<p>Fish &amp; <b>Chips</b></p><script>x()</script>"\n2,Plain\n')
    catalog = Catalog(tmp_path, server, html="keep")
    assert catalog.run(path)[0] == 2
    assert any("<script>" in call.prompt for call in server.calls)
    catalog.config["input"]["html"] = "auto"
    requests, values, _ = catalog.run(path)
    assert requests == 0
    assert ids_of(values) == {"1", "2"}
    path.write_text('id,name\n1,"<p>Fish &amp; <b>Eggs</b></p>"\n2,Plain\n')
    assert catalog.run(path)[0] == 1
    assert "Fish & Eggs" in server.calls[-1].prompt
    assert "<b>" not in server.calls[-1].prompt
    catalog.config["input"]["html"] = "keep"
    assert catalog.run(path)[0] == 0


def test_only_new_text_is_asked_about_where_the_markup_changes(
    tmp_path: Path, server: VendorServer
) -> None:
    path = tmp_path / "products.csv"
    path.write_text('id,name\n1,"<p>Lamp</p>"\n')
    catalog = Catalog(tmp_path, server)
    assert catalog.run(path)[0] == 1
    path.write_text('id,name\n1,"<div class=""x""><p>Lamp</p></div>"\n')
    assert catalog.run(path)[0] == 0


def test_whole_floats_are_whole_ids_and_nan_is_no_value(
    tmp_path: Path, server: VendorServer
) -> None:
    path = tmp_path / "products.parquet"
    table = pa.table({"id": [4012345.0, 78.0], "name": ["Lamp", "Mug"], "kg": [float("nan"), 1.5]})
    pq.write_table(table, path)
    catalog = Catalog(tmp_path, server, text=["name", "kg"])
    _, values, _ = catalog.run(path)
    assert ids_of(values) == {"4012345", "78"}
    assert [row["kg"] for row in catalog.products()] == ["", "1.5"]
    assert not any("nan" in call.prompt for call in server.calls)


@pytest.mark.parametrize(
    "ids", [("4.0123E+12", "5.0321E+12"), ("4,01E+12", "5,03E+12"), ("4E+12", "5E+12")]
)
def test_ids_that_a_spreadsheet_shortened_are_warned_of(
    tmp_path: Path, server: VendorServer, ids: tuple[str, str]
) -> None:
    path = tmp_path / "products.csv"
    path.write_text(f'id,name\n"{ids[0]}",Lamp\n"{ids[1]}",Mug\n')
    _, _, observer = Catalog(tmp_path, server).run(path)
    assert "ids_shortened" in observer.kinds


def test_and_where_they_are_alike_that_is_the_error(tmp_path: Path, server: VendorServer) -> None:
    path = tmp_path / "products.csv"
    path.write_text("id,name\n4.01E+12,Lamp\n4.01E+12,Mug\n")
    with pytest.raises(InputError, match="a spreadsheet has shortened ids"):
        Catalog(tmp_path, server).run(path)


@pytest.mark.parametrize("product_id", ["1E5", "12E3", "8.5", "E+12", "4012345678901"])
def test_other_ids_are_not(tmp_path: Path, server: VendorServer, product_id: str) -> None:
    path = tmp_path / "products.csv"
    path.write_text(f"id,name\n{product_id},Lamp\n")
    assert "ids_shortened" not in Catalog(tmp_path, server).run(path)[2].kinds


def test_rows_that_cannot_be_read_are_left_out_listed_and_warned_of(
    tmp_path: Path, server: VendorServer
) -> None:
    path = tmp_path / "feed.tsv"
    path.write_text("id\tname\n1\tLamp\n2\t=Mug\tred\n3\tCup\n")
    catalog = Catalog(tmp_path, server, bad_rows="skip")
    requests, values, observer = catalog.run(path)
    assert (requests, ids_of(values)) == (2, {"1", "3"})
    assert [row["id"] for row in catalog.products()] == ["1", "3"]
    assert "input_rows_skipped" in observer.kinds
    with (tmp_path / "out" / "skipped_rows.csv").open(newline="") as file:
        [row] = csv.DictReader(file)
    assert row == {"line": "3", "reason": "has 3 fields, the header has 2", "text": "2\t=Mug\tred"}


def test_the_list_of_rows_left_out_goes_with_the_last_of_them(
    tmp_path: Path, server: VendorServer
) -> None:
    path = tmp_path / "feed.tsv"
    path.write_text("id\tname\n1\tLamp\n2\tMug\tred\n")
    catalog = Catalog(tmp_path, server, bad_rows="skip")
    catalog.run(path)
    assert (tmp_path / "out" / "skipped_rows.csv").exists()
    path.write_text("id\tname\n1\tLamp\n2\tMug\n")
    catalog.run(path)
    assert not (tmp_path / "out" / "skipped_rows.csv").exists()


def test_outputs_never_take_the_place_of_the_input(tmp_path: Path, server: VendorServer) -> None:
    path = tmp_path / "products.csv"
    path.write_text("id,name\n1,Lamp\n")
    catalog = Catalog(tmp_path, server)
    catalog.config["paths"] = {"output": "."}
    with pytest.raises(InputError, match="would be replaced by"):
        catalog.run(path)
    assert path.read_text() == "id,name\n1,Lamp\n"


def test_a_workbook_is_read(tmp_path: Path, server: VendorServer) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Price list", None, None])
    sheet.append(["id", "name", "since", None])
    sheet.append([4012345678901, "Lamp", datetime.datetime(2026, 1, 2)])
    sheet.append([None, None, None])
    sheet.append([7.0, "Mug"])
    book.create_sheet("Notes").append(["nothing"])
    book.save(tmp_path / "products.xlsx")
    catalog = Catalog(tmp_path, server, text=["name", "since"])
    _, values, _ = catalog.run(tmp_path / "products.xlsx")
    assert ids_of(values) == {"4012345678901", "7"}
    assert [row["since"] for row in catalog.products()] == ["2026-01-02", ""]
    catalog.config["input"]["sheet"] = "Stock"
    with pytest.raises(InputError, match="no sheet 'Stock'; found: Sheet, Notes"):
        catalog.run(tmp_path / "products.xlsx")


def test_a_limit_counts_products_not_rows(tmp_path: Path, server: VendorServer) -> None:
    path = tmp_path / "products.csv"
    path.write_text("id,name\n1,Lamp\n1,\n2,Mug\n2,\n3,Cup\n")
    catalog = Catalog(tmp_path, server)
    extract(catalog.settings, ExtractOptions(path, limit=2), Watching())
    assert len(server.calls) == 2
    ensemble(catalog.settings, EnsembleOptions(path, limit=2), Watching())
    assert [row["id"] for row in catalog.products()] == ["1", "1", "2", "2"]


def test_a_product_without_text_is_never_asked_about_and_nobodys_work(
    tmp_path: Path, server: VendorServer
) -> None:
    path = tmp_path / "products.csv"
    path.write_text("id,name\n1,Lamp\n2,\n3,  \n4,<p><br></p>\n")
    catalog = Catalog(tmp_path, server)
    requests, values, observer = catalog.run(path)
    assert requests == 1
    assert ids_of(values) == {"1", "2", "3", "4"}
    assert "products_without_text" in observer.kinds
    run = json.loads((tmp_path / "out" / "run.json").read_text())
    assert run["statuses"]["no_text"] == 3
    assert run["statuses"]["no_answer"] == 0
    assert run["products_without_text"] == {"products": 3, "product_ids": ["2", "3", "4"]}
    assert not run["incomplete"]
    with (tmp_path / "out" / "review.csv").open(newline="") as file:
        assert {row["product_id"] for row in csv.DictReader(file)} <= {"1"}
    [model] = status(catalog.settings).models
    assert (model.cells, model.to_do) == (1, 0)
    assert app.run(["run", str(path), "-c", str(tmp_path / "attrx.yaml"), "--quiet"]) == 0


CATEGORIES = {
    "1": "Home > Lights > Lamps",
    "2": "Lamps, Sale",
    "3": "LAMPS",
    "4": '["lamps", "new"]',
    "5": "Home > Mugs",
    "6": "",
}


def test_categories_are_met_as_paths_lists_and_in_any_case(
    tmp_path: Path, server: VendorServer
) -> None:
    path = tmp_path / "products.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "name", "kind"])
        writer.writerows([key, f"Thing {key}", kind] for key, kind in CATEGORIES.items())
    catalog = Catalog(tmp_path, server, category="kind")
    catalog.config["attributes"]["brand"]["applies_to"] = ["Lamps", "Mugs & Cups"]
    _, values, observer = catalog.run(path)
    assert ids_of(values) == {"1", "2", "3", "4"}
    warning = observer.warnings[observer.kinds.index("attribute_without_products")]
    assert warning.startswith("attribute 'brand': no product that was read is in 'Mugs & Cups'")
    assert "it applies to 4 of 6 products" in warning

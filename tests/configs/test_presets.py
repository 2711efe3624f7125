import csv
import io
from pathlib import Path

import pytest

from attrx.configs.normalization import lookup_form
from attrx.configs.presets import PRESETS, preset_files
from attrx.configs.settings import Settings
from attrx.runs.configuration import load_config


def loaded(preset: str, name: str, folder: Path) -> Settings:
    path = folder / name
    path.write_text(preset_files(preset)[name])
    return load_config(path)


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize("preset", PRESETS)
def test_the_config_with_mock_models_needs_no_key(preset: str, tmp_path: Path) -> None:
    models = loaded(preset, "attrx.yaml", tmp_path).models
    assert {model.provider for model in models} == {"mock"}
    assert [model.options["accuracy"] for model in models] == [0.95, 0.93, 0.88, 0.80, 0.70]


@pytest.mark.parametrize("preset", PRESETS)
def test_the_config_with_vendors_holds_the_models_of_the_paper(preset: str, tmp_path: Path) -> None:
    models = loaded(preset, "attrx.vendors.yaml", tmp_path).models
    assert [model.name for model in models] == [
        "gpt-3.5-turbo",
        "gpt-4",
        "gemini",
        "llama-2-13b",
        "llama-2-70b",
    ]
    assert all(model.api_key_env for model in models)


def test_the_vendors_attributes_are_those_of_the_mock_config(tmp_path: Path) -> None:
    mock, vendors = (
        loaded("apparel", name, tmp_path) for name in ("attrx.yaml", "attrx.vendors.yaml")
    )
    assert mock.attributes == vendors.attributes
    assert mock.input == vendors.input


@pytest.mark.parametrize(
    ("preset", "attribute", "values"),
    [
        ("gender", "gender", ["male", "female", "unisex"]),
        ("age_group", "age_group", ["newborn", "infant", "toddler", "kids", "adult"]),
    ],
)
def test_the_values_are_those_of_googles_product_data(
    preset: str, attribute: str, values: list[str], tmp_path: Path
) -> None:
    settings = loaded(preset, "attrx.yaml", tmp_path)
    assert [known.name for known in settings.attributes] == [attribute]
    assert list(settings.attributes[0].values) == values


@pytest.mark.parametrize("preset", PRESETS)
def test_every_sample_product_has_what_the_config_names(preset: str, tmp_path: Path) -> None:
    settings = loaded(preset, "attrx.yaml", tmp_path)
    products = rows(preset_files(preset)["products.csv"])
    assert len(products) == len({product[settings.input.id] for product in products}) == 30
    needed = [
        *settings.input.text,
        settings.input.category,
        *(f"true_{known.name}" for known in settings.attributes),
    ]
    for product in products:
        assert all(product[str(column)] for column in needed)


@pytest.mark.parametrize("preset", PRESETS)
def test_the_gold_of_a_closed_attribute_is_one_of_its_values(preset: str, tmp_path: Path) -> None:
    settings = loaded(preset, "attrx.yaml", tmp_path)
    gold = rows(preset_files(preset)["gold.csv"])
    assert len(gold) == 30 * len(settings.attributes)
    for row in gold:
        attribute = settings.attribute(row["attribute"])
        assert attribute.open or row["value"] in {*attribute.values, "n/a"}


def test_the_gold_of_an_open_attribute_is_in_the_text() -> None:
    products = {
        product["sku"]: product for product in rows(preset_files("apparel")["products.csv"])
    }
    for row in rows(preset_files("apparel")["gold.csv"]):
        if row["attribute"] in ("brand", "material", "size") and row["value"] != "n/a":
            product = products[row["product_id"]]
            assert lookup_form(row["value"]) in lookup_form(
                product["title"] + " " + product["description"]
            ), row

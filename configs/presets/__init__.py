"""Configs and sample files that `attrx init` writes.

A config is put together from the YAML files beside this one: the attributes of the preset between
the parts that all presets share.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from importlib import resources
from types import MappingProxyType

import yaml

PRESETS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "gender": ("gender",),
        "age_group": ("age_group",),
        "apparel": ("gender", "age_group", "apparel"),
    }
)
"""Preset -> files with its attributes.

`gender` and `age_group` are as Google's product data specification has them.
"""

_GOLD_COLUMN = "true_"


def preset_files(preset: str) -> dict[str, str]:
    """What `attrx init` writes for a preset.

    Args:
        preset: A key of PRESETS.

    Returns:
        File name -> content: a config with mock models that runs at once, one with the vendors'
        models, 30 invented products whose `true_` columns hold what is right, and those of the
        preset's attributes as a gold file.
    """
    attributes = "".join(_text(f"{part}.yaml") for part in PRESETS[preset])
    products = _text("products.csv")
    return {
        "attrx.yaml": _config(attributes, "models.mock.yaml"),
        "attrx.vendors.yaml": _config(attributes, "models.vendors.yaml"),
        "products.csv": products,
        "gold.csv": _gold(products, attributes),
    }


def _config(attributes: str, models_file: str) -> str:
    head = _text("head.yaml") + _text("attributes.yaml")
    return head + attributes + _text(models_file) + _text("tail.yaml")


def _text(name: str) -> str:
    return resources.files(__name__).joinpath(name).read_text(encoding="utf-8")


def _gold(products: str, attributes: str) -> str:
    """The `true_` columns as rows product_id, attribute, value, for a preset's attributes."""
    names = list(yaml.safe_load(attributes))
    gold = io.StringIO()
    writer = csv.writer(gold, lineterminator="\n")
    writer.writerow(("product_id", "attribute", "value"))
    for row in csv.DictReader(io.StringIO(products)):
        for name in names:
            writer.writerow((row["sku"], name, row[_GOLD_COLUMN + name]))
    return gold.getvalue()

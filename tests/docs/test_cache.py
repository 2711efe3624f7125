"""The table of what is asked again.

Each of its changes is made, and the requests are counted by a server.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from documents import ROOT, table_under
from shop import Shop

from attrx.runs.cache import export
from attrx.testing import VendorServer

CACHE = ROOT / "docs" / "cache.md"
TITLES = {"1": "Trail shoe", "2": "Silk blouse", "3": "Rain coat"}
Change = Callable[[dict[str, Any], Shop], object]

REQUESTS = {
    "nothing": 0,
    "nothing: the stored answers are read again": 0,
    "that product": 2,  # 1 product x 2 models
    "that attribute alone": 6,  # 3 products x 2 models
    "the cells that are new": 2,
    "everything, of that model": 3,
    "everything": 6,
}


def _weight(config: dict[str, Any]) -> dict[str, Any]:
    section: dict[str, Any] = config["attributes"]["weight"]
    return section


def _gender(config: dict[str, Any]) -> dict[str, Any]:
    section: dict[str, Any] = config["attributes"]["gender"]
    return section


def _every_model(**settings: Any) -> Change:
    return lambda config, shop: [model.update(settings) for model in config["models"]]


def _one_model(**settings: Any) -> Change:
    return lambda config, shop: config["models"][0].update(settings)


def _reversed_rows(config: dict[str, Any], shop: Shop) -> None:
    shop.products = dict(reversed(shop.products.items()))


def _new_base_url(config: dict[str, Any], shop: Shop) -> None:
    model = config["models"][0]
    model["base_url"] = model["base_url"].replace("127.0.0.1", "localhost")


def _newly_applies(config: dict[str, Any], shop: Shop) -> None:
    _weight(config)["applies_to"] = ["Shoes", "Coats"]


def _newly_categorised(config: dict[str, Any], shop: Shop) -> None:
    shop.categories["3"] = "Shoes"


def _new_template(config: dict[str, Any], shop: Shop) -> None:
    (shop.folder / "my.j2").write_text(
        "{% block system %}Answer as JSON: "
        "{{ keys }}{% endblock %}{% block user %}{{ product }}{% endblock %}"
    )
    config["prompt"] = {"template": "my.j2"}


CHANGES: Mapping[str, tuple[Change, ...]] = {
    "a synonym, a unit, or `absent`": (
        lambda config, shop: _gender(config)["values"]["male"].append("gents"),
        lambda config, shop: _weight(config).update(accept_units=["kg", "lb"]),
        lambda config, shop: _gender(config).update(absent="missing"),
    ),
    "`prices`, `limits`, `timeout_s`, `max_tokens`, or the key": (
        _every_model(prices={"input": 1, "output": 2}),
        _every_model(limits={"concurrency": 2}),
        _every_model(timeout_s=9),
        _every_model(max_tokens=99),
        _every_model(api_key_env="ATTRX_TEST_KEY"),
    ),
    "the name of a model": (_one_model(name="another"),),
    "the order of the rows, the name of the file, or a column that is not under `input.text`": (
        _reversed_rows,
    ),
    "a new product": (lambda config, shop: shop.products.update({"4": "Bucket hat"}),),
    "the text of a product": (
        lambda config, shop: shop.products.update({"1": "Trail shoe, blue"}),
    ),
    "a new attribute": (lambda config, shop: config["attributes"].update(brand={"open": True}),),
    "`applies_to` or a category": (_newly_applies, _newly_categorised),
    "the description, values or examples of an attribute": (
        lambda config, shop: _gender(config).update(description="Whom it fits."),
        lambda config, shop: _gender(config)["values"].update(children=[]),
        lambda config, shop: _gender(config).update(examples=["male"]),
    ),
    "`prompt.style`, or a template": (
        lambda config, shop: config.update(prompt={"style": "list"}),
        _new_template,
    ),
    "the `model`, `base_url`, `temperature` or `options` of a model": (
        _one_model(model="m-9"),
        _new_base_url,
        _one_model(temperature=0.5),
        _one_model(options={"seed": 7}),
    ),
    "a new model": (
        lambda config, shop: config["models"].append(
            config["models"][0] | {"name": "third", "model": "m-3"}
        ),
    ),
}
ROWS = {row[0]: row[1] for row in table_under(CACHE, "change")}
CASES = [
    pytest.param(change, REQUESTS[ROWS[row]], id=f"{row}-{number}")
    for row, changes in CHANGES.items()
    for number, change in enumerate(changes, 1)
]


def _shop(folder: Path, server: VendorServer) -> Shop:
    models = [
        {
            "name": name,
            "provider": "openai",
            "model": f"m-{name}",
            "base_url": server.base_url("openai"),
        }
        for name in ("one", "two")
    ]
    gender = {"values": {"male": ["men"], "female": ["women"]}}
    weight = {
        "open": True,
        "type": "number",
        "unit": "g",
        "accept_units": ["kg"],
        "applies_to": ["Shoes"],
    }
    shop = Shop(folder, models, TITLES, attributes={"gender": gender, "weight": weight})
    shop.categories = {"2": "Blouses", "3": "Coats"}
    return shop


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[VendorServer, Path]]:
    """A server, and a shop of which everything has been asked."""
    folder = tmp_path_factory.mktemp("filled")
    with VendorServer() as server:
        _shop(folder, server).extract()
        yield server, folder


def test_every_row_of_the_table_is_tried() -> None:
    assert list(ROWS) == list(CHANGES)


@pytest.mark.parametrize(("change", "requests"), CASES)
def test_a_change_asks_what_the_table_says(
    change: Change,
    requests: int,
    filled: tuple[VendorServer, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server, folder = filled
    monkeypatch.setenv("ATTRX_TEST_KEY", "a-key-that-is-not-one")
    shutil.copytree(folder / ".attrx", tmp_path / ".attrx")
    shop = _shop(tmp_path, server)
    change(shop.config, shop)
    before = len(server.calls)
    shop.extract()
    assert len(server.calls) - before == requests


def test_every_column_of_the_export_is_explained_and_no_other(tmp_path: Path) -> None:
    with VendorServer() as server:
        model = {"name": "a", "provider": "openai", "model": "a"}
        store = Shop(tmp_path, [{**model, "base_url": server.base_url("openai")}], TITLES)
        store.extract()
    columns = []
    for path in export(store.settings, tmp_path / "plain"):
        names = pq.read_schema(path).names
        columns += [(f"`{path.stem}`", f"`{name}`") for name in names]
    rows = table_under(CACHE, "file")
    assert [tuple(row[:2]) for row in rows] == columns

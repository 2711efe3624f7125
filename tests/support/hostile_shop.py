"""A small shop whose runs are made hard, and what is compared afterwards."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml
from forked_runs import Ended, ForkedRuns

from attrx.configs.errors import AttrxError
from attrx.extraction.cache.answers_cache import AnswersCache
from attrx.testing import Call, VendorServer

PRODUCTS = {f"p{number}": f"Acme shirt no. {number}." for number in range(6)}
MODELS = ("ann", "bob")
CONCURRENCY = 1
KEY = "sk-proj-7Qm2vXw9Zt4Lk8Rb5Nc3Hd6Jf1Gs0"  # in the environment of every run; shown by none
ENVIRONMENT = {"SHOP_KEY": KEY}
# Waits of the real world are cut: a test shows what is done, and not how patiently.
IN_A_HURRY: dict[str, Any] = {
    "attrx.providers.calling.retries:_FIRST_WAIT_S": 0.001,
    "attrx.providers.calling.retries:_LONGEST_WAIT_S": 0.01,
    "attrx.providers.calling.slow_start:_FIRST_COOLDOWN_S": 0.001,
    "attrx.providers.calling.slow_start:_LONGEST_OWN_COOLDOWN_S": 0.01,
    "attrx.extraction.batches.lookup:SETTLING_S": 0.0,
    "attrx.extraction.batches.collect:ANSWERS_A_COMMIT": 3,
    "attrx.extraction.cache.group_commit:QUEUED_REQUESTS": 1,
}
Requests = Counter[tuple[str, str]]
"""(model, product) -> how often it was asked."""


def answer(call: Call) -> str:
    """An answer by which the models differ on some products."""
    number = product_of(call)[1:]
    gender = "female" if call.model == "bob" and number in {"1", "4"} else "male"
    return json.dumps({"gender": gender, "color": f"shade {number}"})


def product_of(call: Call) -> str:
    """The product that a call is about; empty where it is about none."""
    return next((name for name, text in PRODUCTS.items() if text in call.prompt), "")


def config(server: VendorServer, vendor: str = "openai") -> dict[str, Any]:
    """The config of the shop, with two models at a server."""
    model = {
        "provider": vendor,
        "base_url": server.base_url(vendor),
        "api_key_env": "SHOP_KEY",
        "prices": {"input": 1, "output": 2},
        "limits": {"concurrency": CONCURRENCY},
        "timeout_s": 20,
    }
    return {
        "version": 1,
        "input": {"id": "sku", "text": ["title"]},
        "attributes": {
            "gender": {"values": {"male": ["men"], "female": [], "unisex": []}},
            "color": {"open": True},
        },
        "models": [{**model, "name": name, "model": name} for name in MODELS],
    }


def write_shop(folder: Path, settings: dict[str, Any]) -> None:
    """Write the config, the products, and what further commands take."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "attrx.yaml").write_text(yaml.safe_dump(settings, sort_keys=False))
    _write_csv(folder / "products.csv", [("sku", "title"), *PRODUCTS.items()])
    imported = [("product_id", "model", "raw")]
    for product in PRODUCTS:
        imported.append((product, "carl", '{"gender": "unisex", "color": "red"}'))
    _write_csv(folder / "imported.csv", imported)
    gold = [("product_id", "attribute", "value")]
    gold += [(product, "gender", "male") for product in PRODUCTS]
    _write_csv(folder / "gold.csv", gold)


def _write_csv(path: Path, rows: Sequence[tuple[str, ...]]) -> None:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(rows)


def attrx(runs: ForkedRuns, folder: Path, command: str, crash_at: int | None = None) -> Ended:
    """Run a command in the shop."""
    return runs.run(
        command.split(), folder, crash_at, environment=ENVIRONMENT, constants=IN_A_HURRY
    )


def requests(server: VendorServer) -> Requests:
    """What a server was asked so far."""
    return Counter((call.model, product_of(call)) for call in server.calls if product_of(call))


def cached(folder: Path) -> set[tuple[str, str]]:
    """(model, product) of every answer in the cache; none where there is no cache yet."""
    pairs = set()
    try:
        cache = AnswersCache(folder / ".attrx")
        for bucket in range(cache.buckets):
            columns = cache.answers(bucket, ["model", "product_id"]).to_pydict()
            pairs |= set(zip(columns["model"], columns["product_id"], strict=True))
    except AttrxError:
        return pairs
    return pairs


def contents(folder: Path) -> dict[str, bytes]:
    """Path -> content of all files that a run leaves, without the cache and what was there."""
    files = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and not name.startswith(".attrx/"):
            files[name] = path.read_bytes()
    return files


def cache_files(folder: Path) -> set[str]:
    """Names of the files in the cache, without those that SQLite makes and removes."""
    paths = (folder / ".attrx").rglob("*")
    names = {path.relative_to(folder).as_posix() for path in paths}
    return {name for name in names if not name.endswith(("-wal", "-shm"))}

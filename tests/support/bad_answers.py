"""Bad answers of models, and the vote that each one becomes; see `bad_inputs`."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from attrx.extraction.asking.observer import Silent
from attrx.extraction.cache.answers_cache import AnswersCache
from attrx.runs.configuration import load_config
from attrx.runs.extract import ExtractOptions, extract

CONFIG = """\
version: 1
input: {id: sku, text: [title]}
attributes:
  gender: {values: {male: [men], female: [women], unisex: []}}
  brand: {open: true}
  weight: {open: true, type: number, unit: g, accept_units: [kg, oz]}
  lining: {values: [wool, None]}
models:
  - {name: m, provider: replay, options: {file: answers.jsonl}}
"""
ATTRIBUTES = ("gender", "brand", "weight", "lining")


@dataclass(frozen=True)
class BadAnswer:
    """One answer to the four attributes of CONFIG.

    Attributes:
        name: What is wrong, in a few words.
        raw: The answer.
        votes: What it says about each of ATTRIBUTES: the value in quotes, or the vote's state.
    """

    name: str
    raw: str
    votes: tuple[str, str, str, str]


def _json(**changed: object) -> str:
    """The answer as it should be, with some of its values changed."""
    good = {"gender": "male", "brand": "Acme", "weight": "350 g", "lining": "wool"}
    return json.dumps(good | changed, ensure_ascii=False)


GOOD = ("'male'", "'acme'", "'350'", "'wool'")


def _but(**states: str) -> tuple[str, str, str, str]:
    """The votes of a good answer, with some of them changed."""
    gender, brand, weight, lining = GOOD
    votes = {"gender": gender, "brand": brand, "weight": weight, "lining": lining} | states
    return votes["gender"], votes["brand"], votes["weight"], votes["lining"]


UNREADABLE = ("unreadable",) * 4
TEN_MEGABYTES = 10_000_000

CASES = (
    BadAnswer("nothing", "", UNREADABLE),
    BadAnswer("prose", "It is a nice jacket that many people like.", UNREADABLE),
    BadAnswer("a refusal", "I'm sorry, but I can't help with that.", ("refused",) * 4),
    BadAnswer("a sentence around it", f"Sure! Here is the JSON:\n{_json()}\nLet me know.", GOOD),
    BadAnswer("a fence around it", f"```json\n{_json()}\n```", GOOD),
    BadAnswer("a wrapper around it", f'{{"product": {{"attributes": {_json()}}}}}', GOOD),
    BadAnswer("a list around it", f"[{_json()}]", GOOD),
    BadAnswer("half an object", _json()[:49], ("'male'", "'acme'", "left_out", "left_out")),
    BadAnswer("a trailing comma", f"{_json()[:-1]},}}", GOOD),
    BadAnswer("single quotes", _json().replace('"', "'"), GOOD),
    BadAnswer(
        "keys in another case", _json().replace("gender", "Gender").replace("brand", "BRAND"), GOOD
    ),
    BadAnswer("keys that were not asked for", _json(color="red"), GOOD),
    BadAnswer(
        "a key left out",
        '{"gender": "male", "brand": "Acme"}',
        ("'male'", "'acme'", "left_out", "left_out"),
    ),
    BadAnswer("a key twice, the same", f'{_json()[:-1]}, "gender": "men"}}', GOOD),
    BadAnswer(
        "a key twice: the last one counts",
        f'{_json()[:-1]}, "gender": "female"}}',
        ("'female'", *GOOD[1:]),
    ),
    BadAnswer(
        "a second answer that corrects the first",
        f"{_json(gender='female')}\nNo, wait:\n{_json()}",
        GOOD,
    ),
    BadAnswer("a value off the list", _json(gender="robot"), ("off_list", *GOOD[1:])),
    BadAnswer("a synonym, in capitals", _json(gender=" MEN. "), GOOD),
    BadAnswer("two values", _json(gender=["male", "female"]), ("off_list", *GOOD[1:])),
    BadAnswer("n/a in words", _json(gender="not specified in the text"), ("absent", *GOOD[1:])),
    BadAnswer("null", _json(brand=None), ("'male'", "absent", *GOOD[2:])),
    BadAnswer("an empty text", _json(brand=""), ("'male'", "absent", *GOOD[2:])),
    BadAnswer("None, which is on the list", _json(lining="None"), (*GOOD[:3], "'None'")),
    BadAnswer("None, which is on no list", _json(brand="None"), ("'male'", "absent", *GOOD[2:])),
    BadAnswer("another unit", _json(weight="0.35 kg"), GOOD),
    BadAnswer(
        "a unit that cannot be converted", _json(weight="350 ml"), (*GOOD[:2], "off_list", "'wool'")
    ),
    BadAnswer("a number without a unit", _json(weight=350), GOOD),
    BadAnswer("a number in words", _json(weight="light"), (*GOOD[:2], "unreadable", "'wool'")),
    BadAnswer("a number with a comma", _json(weight="0,35 kg"), GOOD),
    BadAnswer(
        "the next product, made up",
        f"{_json()}\n<product>{{}}</product>\n{_json(gender='female')}",
        GOOD,
    ),
    BadAnswer(
        "the next product, in words", f"{_json()}\n\nProduct 2:\n{_json(gender='female')}", GOOD
    ),
    BadAnswer(
        "a second answer, without words that take the first back",
        f"{_json()}\nA dress would be:\n{_json(gender='female')}",
        GOOD,
    ),
    BadAnswer(
        "two answers, and no word which counts",
        f"{_json()}\n{_json(gender='female')}",
        ("unreadable", *GOOD[1:]),
    ),
    BadAnswer("thoughts before it", f"<think>{_json(gender='female')}</think>{_json()}", GOOD),
    BadAnswer("thoughts that never end", f"<think>{_json()}", UNREADABLE),
    BadAnswer(
        "the form said back",
        _json(gender="string", brand="<brand>", weight="number", lining="..."),
        UNREADABLE,
    ),
    BadAnswer(
        "the form before the answer",
        f"{_json(gender='male|female|unisex', brand='string', weight='...', lining='lining')}"
        f"\n{_json()}",
        GOOD,
    ),
    BadAnswer("a JSON text in a wrapper", json.dumps({"answer": _json()}), GOOD),
    BadAnswer("parts of a message", json.dumps([{"type": "text", "text": _json()}]), GOOD),
    BadAnswer("a value with how sure the model is", _json(brand=["Acme", 0.9]), GOOD),
    BadAnswer("a text beside a number", _json(brand=["Acme", 7]), _but(brand="unreadable")),
    BadAnswer("another spelling", _json(brand="“ACME”®."), GOOD),
    BadAnswer("n/a in another language", _json(brand="nicht angegeben"), _but(brand="absent")),
    BadAnswer("a number and its unit apart", _json(weight={"value": 0.35, "unit": "kg"}), GOOD),
    BadAnswer("a unit beside the number", _json(weight=0.35, weight_unit="kg"), GOOD),
    BadAnswer(
        "a unit that is none",
        _json(weight={"value": 0.35, "unit": "zork"}),
        _but(weight="unreadable"),
    ),
    BadAnswer("10 MB of prose before it", "word " * (TEN_MEGABYTES // 5) + _json(), GOOD),
    BadAnswer("10 MB of nothing else", "word " * (TEN_MEGABYTES // 5), UNREADABLE),
    BadAnswer("10,000 brackets", "[" * 10_000, UNREADABLE),
)


def votes_on(cases: Iterable[BadAnswer], folder: Path) -> dict[str, tuple[str, ...]]:
    """Run the cases as one catalog, a product each, and read the votes back from the answers cache.

    Args:
        cases: The cases.
        folder: An empty folder.

    Returns:
        Name of the case -> what it says about each of ATTRIBUTES.
    """
    names = [case.name for case in cases]
    (folder / "attrx.yaml").write_text(CONFIG)
    (folder / "products.csv").write_text(
        "sku,title\n" + "".join(f"p{n},Shirt {n}\n" for n in range(len(names)))
    )
    with (folder / "answers.jsonl").open("w") as file:
        for number, case in enumerate(cases):
            file.write(
                json.dumps({"product_id": f"p{number}", "model": "m", "raw": case.raw}) + "\n"
            )
    settings = load_config(folder / "attrx.yaml")
    extract(settings, ExtractOptions(folder / "products.csv"), Silent())
    found = {}
    for row in AnswersCache(settings.paths.cache).answers(0, ["product_id", "votes"]).to_pylist():
        said = {vote["attribute"]: _as_text(vote["state"], vote["value"]) for vote in row["votes"]}
        found[names[int(row["product_id"][1:])]] = tuple(said[name] for name in ATTRIBUTES)
    return found


def _as_text(state: str, value: str | None) -> str:
    return f"'{value}'" if state == "value" else state

"""Bad inputs and what attrx says about each: the tests run this table, and a page of the docs is written from it.

Every case runs in an empty folder that holds `attrx.yaml` (CONFIG) and `products.csv` (PRODUCTS),
with the case's own files written over them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

CONFIG = """\
version: 1
input:
  id: sku
  text: [title]
attributes:
  gender:
    values:
      male: [men]
      female: [women]
  brand:
    open: true
models:
  - name: one
    provider: mock
    temperature: 0
    options: {accuracy: 0.9, seed: 1}
  - name: two
    provider: mock
    options: {accuracy: 0.8, seed: 2}
"""

PRODUCTS = """\
sku,title
p1,Acme men's running shoe
p2,Brookvale women's rain jacket
"""


@dataclass(frozen=True)
class BadInput:
    """One bad input.

    Attributes:
        name: What is wrong, in a few words.
        message: A part of what is printed after `ERROR: `; several parts for several lines.
        files: Path below the folder -> its content; a config is written `{"attrx.yaml": ...}`.
        command: The arguments of `attrx`.
        code: The exit code.
        unsaid: Texts that must not be printed.
    """

    name: str
    message: str | tuple[str, ...]
    files: Mapping[str, str | bytes] = field(default_factory=dict)
    command: tuple[str, ...] = ("status",)
    code: int = 2
    unsaid: tuple[str, ...] = ()

    @property
    def parts(self) -> tuple[str, ...]:
        """The message as parts."""
        return (self.message,) if isinstance(self.message, str) else self.message

    def write(self, folder: Path) -> None:
        """Write the files of this case into an empty folder."""
        for name, content in (
            {"attrx.yaml": CONFIG, "products.csv": PRODUCTS} | dict(self.files)
        ).items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())


def edited(*edits: tuple[str, str]) -> dict[str, str]:
    """The config with texts replaced; each must be there exactly once."""
    text = CONFIG
    for old, new in edits:
        if text.count(old) != 1:
            raise ValueError(f"{old!r} is in the config {text.count(old)} times")
        text = text.replace(old, new)
    return {"attrx.yaml": text}


def appended(text: str) -> dict[str, str]:
    """The config with lines after its 19."""
    return {"attrx.yaml": CONFIG + text}


SECRET = "sk-proj-4f9a8b7c6d5e"
_ACCURACY = "options: {accuracy: 0.9, seed: 1}"

FILE_CASES = (
    BadInput(
        "no config",
        "elsewhere.yaml: there is no such file",
        command=("status", "-c", "elsewhere.yaml"),
    ),
    BadInput(
        "a folder in place of the config",
        "conf: expected a file, found a folder",
        {"conf/readme.txt": "here"},
        ("status", "-c", "conf"),
    ),
    BadInput("an empty config", "attrx.yaml: the file is empty", {"attrx.yaml": "# nothing yet\n"}),
    BadInput(
        "a list in place of keys",
        "attrx.yaml:1: expected keys such as 'version', found a list",
        {"attrx.yaml": "- version: 1\n"},
    ),
    BadInput(
        "a sentence in place of keys",
        "attrx.yaml:1: expected keys such as 'version', found text",
        {"attrx.yaml": "hello\n"},
    ),
    BadInput(
        "a config in Latin-1",
        "attrx.yaml:6: expected UTF-8, found the byte 0xe9",
        {"attrx.yaml": CONFIG.replace("gender:", "genré:").encode("latin-1")},
    ),
    BadInput(
        "a config in UTF-16",
        "attrx.yaml: expected UTF-8, found UTF-16",
        {"attrx.yaml": CONFIG.encode("utf-16")},
    ),
    BadInput(
        "a control character",
        "attrx.yaml:3: expected text, found the character U+001B",
        edited(("id: sku", "id: sku\x1b[31m")),
    ),
    BadInput(
        "a tab in the indentation",
        "attrx.yaml:3: expected spaces before the key, found a tab",
        edited(("  id: sku", "\tid: sku")),
    ),
    BadInput(
        "a colon in an unquoted text",
        "attrx.yaml:7: this is not YAML: mapping values are not allowed in this context",
        edited(("    values:", "    description: Who: men or women\n    values:")),
    ),
    BadInput(
        "an alias without its anchor",
        "attrx.yaml:19: this is not YAML: found undefined alias",
        edited(("options: {accuracy: 0.8, seed: 2}", "options: *shared")),
    ),
    BadInput(
        "an anchor inside itself",
        "attrx.yaml:16: models[0].options.self: an anchor (&) is used inside itself",
        edited((_ACCURACY, "options: &o {self: *o}")),
    ),
    BadInput(
        "a YAML tag",
        "attrx.yaml:13: models[0].name: a tag (!env) has no meaning here",
        edited(("name: one", "name: !env NAME")),
    ),
    BadInput(
        "two documents in one file",
        "attrx.yaml:20: this is not YAML: but found another document",
        appended("---\nversion: 1\n"),
    ),
)

KEY_CASES = (
    BadInput(
        "a mistyped key",
        "attrx.yaml:15: models[0]: unknown key 'temprature'; did you mean 'temperature'?",
        edited(("temperature: 0", "temprature: 0")),
    ),
    BadInput(
        "a key that resembles none",
        "attrx.yaml:20: unknown key 'zzz'; known: attributes, budget, ensemble, input, models, output, paths, prompt",
        appended("zzz: 1\n"),
    ),
    BadInput(
        "a mistyped key of an attribute",
        "attrx.yaml:11: attributes.brand: unknown key 'opne'; did you mean 'open'?",
        edited(("open: true", "opne: true")),
    ),
    BadInput(
        "a key twice",
        "attrx.yaml:16: models[0]: the key 'name' is there twice, in line 13 and in line 16",
        edited((_ACCURACY, "name: uno")),
    ),
    BadInput(
        "an attribute twice",
        "attrx.yaml:12: attributes: the key 'gender' is there twice, in line 6 and in line 12",
        edited(("    open: true\n", "    open: true\n  gender: {open: true}\n")),
    ),
    BadInput(
        "no models",
        "attrx.yaml: the key 'models' is missing",
        {"attrx.yaml": CONFIG[: CONFIG.index("models:")]},
    ),
    BadInput(
        "an empty list of models",
        "attrx.yaml:12: models: expected at least one",
        {"attrx.yaml": CONFIG[: CONFIG.index("models:")] + "models: []\n"},
    ),
    BadInput(
        "an id column left empty",
        "attrx.yaml:3: input: the key 'id' is missing",
        edited(("id: sku", "id:")),
    ),
    BadInput(
        "no text columns",
        "attrx.yaml:4: input.text: expected at least one",
        edited(("text: [title]", "text: []")),
    ),
    BadInput(
        "a version of the future",
        "attrx.yaml:1: version: expected 1, found '2'",
        edited(("version: 1", "version: 2")),
    ),
    BadInput(
        "attributes as a list",
        "attrx.yaml:5: attributes: expected 'name:' with keys below, found a list",
        {
            "attrx.yaml": CONFIG.replace("  gender:\n", "  - name: gender\n").replace(
                "  brand:\n", "  - name: brand\n"
            )
        },
    ),
    BadInput(
        "an attribute that is only a text",
        "attrx.yaml:10: attributes.brand: expected keys such as 'values' or 'open', found 'open'",
        edited(("  brand:\n    open: true\n", "  brand: open\n")),
    ),
    BadInput(
        "a name inside an attribute",
        "attrx.yaml:11: attributes.brand.name: an attribute's name is the key above, here 'brand'",
        edited(("    open: true", "    name: maker\n    open: true")),
    ),
)

VALUE_CASES = (
    BadInput(
        "a word for a number",
        "attrx.yaml:15: models[0].temperature: expected a number, found 'warm'",
        edited(("temperature: 0", "temperature: warm")),
    ),
    BadInput(
        "a temperature out of bounds",
        "attrx.yaml:15: models[0].temperature: expected at most 2, found '3'",
        edited(("temperature: 0", "temperature: 3")),
    ),
    BadInput(
        "a number that is none",
        "attrx.yaml:15: models[0].timeout_s: expected a number, found 'nan'",
        edited(("temperature: 0", "timeout_s: nan")),
    ),
    BadInput(
        "no tokens",
        "attrx.yaml:15: models[0].max_tokens: expected more than 0, found '0'",
        edited(("temperature: 0", "max_tokens: 0")),
    ),
    BadInput(
        "half a token",
        "attrx.yaml:15: models[0].max_tokens: expected a whole number, found '1.5'",
        edited(("temperature: 0", "max_tokens: 1.5")),
    ),
    BadInput(
        "an unknown style",
        "attrx.yaml:20: prompt.style: expected 'list', 'schema' or 'choice', found 'json'",
        appended("prompt: {style: json}\n"),
    ),
    BadInput(
        "a list for a text",
        "attrx.yaml:13: models[0].name: expected a text, found a list",
        edited(("name: one", "name: [one]")),
    ),
    BadInput(
        "a text for keys",
        "attrx.yaml:15: models[0].limits: expected keys, found '500'",
        edited(("temperature: 0", "limits: 500")),
    ),
    BadInput(
        "maybe for true or false",
        "attrx.yaml:11: attributes.brand.open: expected true or false, found 'maybe'",
        edited(("open: true", "open: maybe")),
    ),
    BadInput(
        "half a price",
        "attrx.yaml:15: models[0].prices: the key 'output' is missing",
        edited(("temperature: 0", "prices: {input: 1}")),
    ),
    BadInput(
        "a null among the values",
        "attrx.yaml:7: attributes.gender.values: expected a list of texts; a value spelt null or ~ needs quotes",
        edited(("values:\n      male: [men]\n      female: [women]\n", "values: [male, null]\n")),
    ),
    BadInput(
        "a value listed twice",
        "attrx.yaml:7: attributes.gender.values: 'male' is listed twice",
        edited(("values:\n      male: [men]\n      female: [women]\n", "values: [male, male]\n")),
    ),
    BadInput(
        "several things at once",
        (
            "attrx.yaml:1: version:",
            "attrx.yaml:15: models[0]: unknown key",
            "attrx.yaml:17: models[1]: the key",
        ),
        edited(
            ("version: 1", "version: 2"),
            ("temperature: 0", "temprature: 0"),
            ("name: two\n    provider: mock", "name: two"),
        ),
    ),
)

SENSE_CASES = (
    BadInput(
        "a model's name twice",
        "attrx.yaml:17: models[1]: models[0] has the name 'one' too; names must differ",
        edited(("name: two", "name: one")),
    ),
    BadInput(
        "a model named like a column of the outputs",
        "attrx.yaml:17: models[1].name: the name 'majority' has a meaning of its own in the outputs",
        edited(("name: two", "name: majority")),
    ),
    BadInput(
        "a comma in a model's name",
        "attrx.yaml:17: models[1].name: a comma cannot be in a name",
        edited(("name: two", 'name: "two,three"')),
    ),
    BadInput(
        "two attributes that differ in case",
        "attrx.yaml:10: attributes.GENDER: an answer cannot tell 'GENDER' from 'gender'",
        edited(("  brand:", "  GENDER:")),
    ),
    BadInput(
        "neither values nor open",
        "attrx.yaml:10: attributes.brand: expected 'values' (the allowed values) or 'open: true', found neither",
        edited(("open: true", "description: Maker.")),
    ),
    BadInput(
        "both values and open",
        "attrx.yaml:6: attributes.gender: expected either 'values' or 'open: true', found both",
        edited(("    values:\n", "    open: true\n    values:\n")),
    ),
    BadInput(
        "a synonym of two values",
        "attrx.yaml:9: attributes.gender.values.female[1]: 'Ｍen' already stands for 'male'",
        edited(("female: [women]", "female: [women, Ｍen]")),
    ),
    BadInput(
        "a synonym that is another value",
        "attrx.yaml:8: attributes.gender.values.male[1]: 'Female' already stands for 'female'",
        edited(("male: [men]\n", "male: [men, Female]\n")),
    ),
    BadInput(
        "two values that differ in case",
        "attrx.yaml:9: attributes.gender.values.Male: 'Male' and 'male' differ only in case, width or spaces",
        edited(("female: [women]", "Male: [gents]")),
    ),
    BadInput(
        "an empty synonym",
        "attrx.yaml:8: attributes.gender.values.male[1]: a synonym is empty",
        edited(("male: [men]\n", "male: [men, '']\n")),
    ),
    BadInput(
        "a number chosen from a list",
        "attrx.yaml:7: attributes.gender.type: a number cannot be chosen from a list of values",
        edited(("    values:\n", "    type: number\n    values:\n")),
    ),
    BadInput(
        "a unit of a text",
        "attrx.yaml:12: attributes.brand.unit: 'unit' needs 'type: number'",
        edited(("    open: true\n", "    open: true\n    unit: g\n")),
    ),
    BadInput(
        "units to convert from and none to convert to",
        "attrx.yaml:11: attributes.brand.accept_units: 'accept_units' needs 'unit'",
        edited(("    open: true\n", "    {open: true, type: number, accept_units: [kg]}\n")),
    ),
    BadInput(
        "categories without their column",
        "attrx.yaml:12: attributes.brand.applies_to: products have categories only where 'input.category' names",
        edited(("    open: true\n", "    open: true\n    applies_to: [Shoes]\n")),
    ),
    BadInput(
        "groups by category without its column",
        "attrx.yaml:20: ensemble.group_by: 'category' needs 'input.category'",
        appended("ensemble: {group_by: category}\n"),
    ),
    BadInput(
        "a text column twice",
        "attrx.yaml:4: input.text: the column 'title' is listed twice",
        edited(("text: [title]", "text: [title, title]")),
    ),
    BadInput(
        "an unknown encoding",
        "attrx.yaml:4: input.encoding: unknown encoding 'utf-9'",
        edited(("  text:", "  encoding: utf-9\n  text:")),
    ),
    BadInput(
        "a separator of two characters",
        "attrx.yaml:4: input.separator: expected one character, found '||'",
        edited(("  text:", "  separator: '||'\n  text:")),
    ),
    BadInput(
        "an unknown method",
        "attrx.yaml:20: ensemble.method: unknown method 'majorty'; did you mean 'majority'?",
        appended("ensemble: {method: majorty}\n"),
    ),
    BadInput(
        "a single model that is not there",
        "attrx.yaml:20: ensemble.method: unknown model 'ones'; did you mean 'one'?",
        appended('ensemble: {method: "single:ones"}\n'),
    ),
    BadInput(
        "an unknown leader",
        "attrx.yaml:20: ensemble.leader: unknown model 'three'; known: one, two",
        appended("ensemble: {leader: three}\n"),
    ),
    BadInput(
        "one account, two limits",
        "attrx.yaml:17: models[1].limits: 'two' and 'one' share an account and its limits, and the two differ",
        edited(("temperature: 0", "limits: {concurrency: 4}")),
    ),
    BadInput(
        "a vendor without a model",
        "attrx.yaml:13: models[0]: the key 'model' is missing: which of openai's models to ask",
        edited(("name: one\n    provider: mock", "name: one\n    provider: openai")),
    ),
    BadInput(
        "a replay without its recording",
        "attrx.yaml:16: models[0].options: 'replay' needs 'file'",
        edited(("name: one\n    provider: mock", "name: one\n    provider: replay")),
    ),
)

SECRET_CASES = (
    BadInput(
        "an API key in the config",
        "attrx.yaml:15: models[0].api_key: an API key does not belong in a config",
        edited(("temperature: 0", f"api_key: {SECRET}")),
        unsaid=(SECRET,),
    ),
    BadInput(
        "an API key in a header",
        "models[0].options.extra_headers.Authorization: an API key does not belong",
        edited((_ACCURACY, f"options: {{extra_headers: {{Authorization: {SECRET}}}}}")),
        unsaid=(SECRET,),
    ),
    BadInput(
        "an API key for its variable's name",
        "attrx.yaml:15: models[0].api_key_env: expected the name of an environment variable, found what looks like",
        edited(("temperature: 0", f"api_key_env: {SECRET}")),
        unsaid=(SECRET,),
    ),
    BadInput(
        "a variable's name with spaces",
        "attrx.yaml:15: models[0].api_key_env: expected the name of an environment variable, such as",
        edited(("temperature: 0", "api_key_env: my key")),
        unsaid=("my key",),
    ),
    BadInput(
        "a password in an address",
        "attrx.yaml:15: models[0].base_url: API keys and passwords do not belong",
        edited(("temperature: 0", "base_url: https://me:hunter2@example.org/v1")),
        unsaid=("hunter2",),
    ),
    BadInput(
        "an API key in an address",
        "attrx.yaml:15: models[0].base_url: API keys and passwords do not belong",
        edited(("temperature: 0", "base_url: https://example.org/v1?key=hunter2")),
        unsaid=("hunter2",),
    ),
    BadInput(
        "an address without http",
        "attrx.yaml:15: models[0].base_url: expected an address such as http://127.0.0.1",
        edited(("temperature: 0", "base_url: 127.0.0.1:8000")),
    ),
    BadInput(
        "an API key for a key of the config",
        "attrx.yaml:15: models[0]: unknown key, which looks like an API key; known:",
        edited(("temperature: 0", f"{SECRET}: 0")),
        unsaid=(SECRET,),
    ),
    BadInput(
        "an API key in the wrong place",
        "attrx.yaml:15: models[0].max_tokens: expected a whole number, found what",
        edited(("temperature: 0", f"max_tokens: {SECRET}")),
        unsaid=(SECRET,),
    ),
)

CONFIG_CASES = FILE_CASES + KEY_CASES + VALUE_CASES + SENSE_CASES + SECRET_CASES

CASES = CONFIG_CASES
"""Everything that is bad, whoever found it: each is run through the command line."""

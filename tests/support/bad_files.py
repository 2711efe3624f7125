"""Bad products, gold and answers files, and what attrx says about each; see `bad_inputs`."""

from __future__ import annotations

import gzip

from bad_inputs import PRODUCTS, BadInput, edited

EXTRACT = ("extract", "products.csv")
EVALUATE = ("evaluate", "--gold", "gold.csv")
IMPORT = ("import", "answers.csv")


def _bad(what: str, message: str, content: str | bytes, file: str = "products.csv") -> BadInput:
    """A products file that cannot be used."""
    return BadInput(what, message, {file: content}, ("extract", file), code=1)


PRODUCTS_CASES = (
    BadInput(
        "no products file", "nowhere.csv: no such file", command=("extract", "nowhere.csv"), code=1
    ),
    BadInput("what another program prints", "-: expected a file", command=("extract", "-"), code=1),
    BadInput(
        "a folder in place of the products",
        "catalog.csv: is a folder, expected a file",
        {"catalog.csv/readme.txt": "here"},
        ("extract", "catalog.csv"),
        code=1,
    ),
    _bad(
        "lists in lists in lists",
        "products.jsonl: line 1 has lists in lists, too deep to be read",
        '{"sku": "p1", "title": ' + "[" * 100_000 + "]" * 100_000 + "}",
        "products.jsonl",
    ),
    _bad(
        "a column for each product",
        "products.csv: has 20,002 columns, more than 20,000",
        "sku,title," + ",".join(f"p{number}" for number in range(20_000)),
    ),
    _bad("an unknown ending", "products.xls: cannot tell the format", b"\xd0\xcf", "products.xls"),
    _bad(
        "a workbook that is none", "products.xlsx: not a workbook", b"PK\x03\x04", "products.xlsx"
    ),
    _bad("no ending", "products: cannot tell the format", PRODUCTS, "products"),
    _bad("an empty file", "products.csv: the file is empty", ""),
    _bad("a byte order mark and nothing else", "products.csv: no header found", b"\xef\xbb\xbf"),
    _bad("blank lines and nothing else", "products.csv: no header found", "\n\n\n"),
    _bad("a header and nothing else", "products.csv: has a header and no products", "sku,title\n"),
    _bad("no id column", "products.csv: no column 'sku' (input.id)", "id,title\np1,Shirt\n"),
    _bad(
        "a mistyped text column",
        "products.csv: no column 'title' (input.text)",
        "sku,titel\np1,Shirt\n",
    ),
    _bad(
        "a column twice",
        "products.csv: the header names 'title' 2 times",
        "sku,title,title\np1,a,b\n",
    ),
    _bad(
        "an id twice",
        "products.csv: id 'p1' stands in row 1 and in row 3; ids must be unique",
        "sku,title\np1,a\np2,b\np1,c\n",
    ),
    _bad(
        "an empty id",
        "products.csv: row 2 has no id (column 'sku' is empty)",
        "sku,title\np1,a\n ,b\n",
    ),
    _bad(
        "a row that is too long",
        "products.csv: row 2 (line 3) has 3 fields",
        "sku,title\np1,a\np2,b,c\n",
    ),
    _bad("a row that is too short", "products.csv: row 1 (line 2) has 1 field", "sku,title\np1\n"),
    _bad(
        "a quote that is not closed",
        "products.csv: row 2 (line 3)",
        'sku,title\np1,a\np2,"12 inch\np3,c\n',
    ),
    _bad(
        "a quote inside a quoted text",
        "products.csv: row 1 (line 2)",
        'sku,title\np1,"a 12" pan"\n',
    ),
    BadInput(
        "Latin-1, with UTF-8 in the config",
        "products.csv: byte 0xe9 is not valid utf-8",
        {
            **edited(("  text:", "  encoding: utf-8\n  text:")),
            "products.csv": "sku,title\np1,Café\n".encode("latin-1"),
        },
        EXTRACT,
        code=1,
    ),
    _bad(
        "a file that is no gzip", "products.csv.gz: cannot be unpacked", PRODUCTS, "products.csv.gz"
    ),
    _bad(
        "a gzip file that is cut off",
        "products.csv.gz: cannot be unpacked",
        gzip.compress((PRODUCTS * 500).encode(), mtime=0)[:80],
        "products.csv.gz",
    ),
    _bad(
        "a file that is no Parquet",
        "products.parquet: not a Parquet file",
        "PAR1 not really",
        "products.parquet",
    ),
    _bad(
        "a line that is no JSON",
        "products.jsonl: line 2 is not JSON",
        '{"sku": "p1"}\n{"sku": \n',
        "products.jsonl",
    ),
    _bad(
        "an array of something else than objects",
        "products.jsonl: item 1: expected a JSON object, found str",
        '["p1", "Shirt"]\n',
        "products.jsonl",
    ),
    _bad(
        "objects without the id",
        "products.jsonl: no column 'sku' (input.id)",
        '{"id": "p1", "title": "Shirt"}\n',
        "products.jsonl",
    ),
)

OPTION_CASES = (
    BadInput(
        "a model that is not in the config",
        "--models: no model 'three' in the config; known: one, two",
        command=(*EXTRACT, "--models", "one,three"),
    ),
    BadInput(
        "no models at all",
        "--models: expected names of models, separated by commas, found none",
        command=(*EXTRACT, "--models", ","),
    ),
    BadInput(
        "a budget that is no number",
        "Invalid value for '--max-cost'",
        command=(*EXTRACT, "--max-cost", "five"),
    ),
    BadInput(
        "a budget for models without prices",
        "a cost can be bounded only where every model has prices; without: one, two",
        command=(*EXTRACT, "--max-cost", "1"),
    ),
    BadInput("an ensemble of nothing", ".attrx: no answers yet", command=("ensemble",), code=1),
)

GOLD_HEADER = "product_id,attribute,value\n"
GOLD_CASES = (
    BadInput("no gold file", "gold.csv: no such file", command=EVALUATE, code=1),
    BadInput(
        "gold without a column",
        "gold.csv: no column 'attribute'",
        {"gold.csv": "product_id,attr,value\np1,gender,male\n"},
        EVALUATE,
        code=1,
    ),
    BadInput(
        "a weight that is no number",
        "gold.csv: row 1: weight 'high' is not a positive number",
        {"gold.csv": "product_id,attribute,value,weight\np1,gender,male,high\n"},
        EVALUATE,
        code=1,
    ),
    BadInput(
        "an empty gold file", "gold.csv: the file is empty", {"gold.csv": ""}, EVALUATE, code=1
    ),
    BadInput(
        "gold without rows",
        "gold.csv: there is no cell in it",
        {"gold.csv": GOLD_HEADER},
        EVALUATE,
        code=1,
    ),
    BadInput(
        "gold that nobody has filled in",
        "gold.csv: none of its 2 cells is labelled yet: fill in the column value",
        {"gold.csv": f"{GOLD_HEADER}p1,gender,\np1,brand,\n"},
        EVALUATE,
        code=1,
    ),
    BadInput(
        "a row of gold that is too long",
        "gold.csv: row 2 (line 3) has 4 fields, the header has 3",
        {"gold.csv": "product_id,attribute,value\np1,gender,male\np1,brand,Maro, Finch\n"},
        EVALUATE,
        code=1,
    ),
)

IMPORT_CASES = (
    BadInput(
        "answers without their columns",
        "answers.csv: expected the columns product_id, model, raw or product_id, attribute, "
        "model, value",
        {"answers.csv": "product_id,text\np1,male\n"},
        IMPORT,
        code=1,
    ),
    BadInput(
        "answers without a model column",
        "answers.csv: no column 'model'",
        {"answers.csv": "product_id,raw\np1,male\n"},
        IMPORT,
        code=1,
    ),
    BadInput(
        "an answer without its product",
        "answers.csv: row 2 has no product_id",
        {"answers.csv": "product_id,model,raw\np1,one,{}\n,one,{}\n"},
        IMPORT,
        code=1,
    ),
    BadInput(
        "an answer without its model",
        "answers.csv: row 1 has no model",
        {"answers.csv": "product_id,attribute,model,value\np1,gender,,male\n"},
        IMPORT,
        code=1,
    ),
)

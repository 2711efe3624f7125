"""Files that are small and want much, and limits of the operating system: one row each."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import openpyxl

BOMB_PROMISE = (
    "The command ends within seconds with a message, or goes through; it takes less than 1 GB of memory,"
    " a quarter of which is what attrx imports. No traceback shows."
)
LIMIT_PROMISE = (
    "The command goes through, or ends with exit code 1 and what to do. Given again without the limit it"
    " goes through, and asks nothing whose answer was committed."
)
MOST_MB = 1024
MEGABYTE = 1_000_000
_HEAD = "version: 1\ninput: {id: sku, text: [title]}\n"
_MODELS = "models: [{name: one, provider: mock}]\n"
_ATTRIBUTES = "attributes: {gender: {values: [male, female]}}\n"
CONFIG = _HEAD + _ATTRIBUTES + _MODELS


@dataclass(frozen=True)
class Bomb:
    """One file.

    Attributes:
        name: What it is.
        path: Where it is written.
        content: Makes its bytes.
        command: What reads it.
        config: The config beside it.
    """

    name: str
    path: str
    content: Callable[[], bytes]
    command: str = "run {path} --quiet"
    config: str = CONFIG


def _aliases() -> bytes:
    """A billion laughs: nine levels of nine aliases."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    for level in range(1, 10):
        lines.append(f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 9)}]")
    return (CONFIG + "\n".join(lines)).encode()


def _gzip(content: bytes, times: int) -> bytes:
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb") as file:
        for _ in range(times):
            file.write(content)
    return packed.getvalue()


def _workbook(part: str, content: bytes, times: int) -> bytes:
    """A workbook in which one part is as large as it likes."""
    book = openpyxl.Workbook()
    book.active.append(["sku", "title"])
    book.active.append(["p1", "A shirt"])
    saved, packed = io.BytesIO(), io.BytesIO()
    book.save(saved)
    with (
        zipfile.ZipFile(saved) as source,
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in source.namelist():
            if name != part:
                target.writestr(name, source.read(name))
        with target.open(part, "w", force_zip64=True) as file:
            for _ in range(times):
                file.write(content)
    return packed.getvalue()


_ENTITIES = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "xxxxxxxxxx">""" + b"".join(
    f'<!ENTITY {chr(98 + level)} "{f"&{chr(97 + level)};" * 10}">'.encode() for level in range(9)
) + b"""]><sst><si><t>&j;</t></si></sst>"""  # fmt: skip


def _template(user: str) -> str:
    return f"{{% block system %}}x{{% endblock %}}{{% block user %}}{{{{ product }}}}{user}{{% endblock %}}"


def _jinja(name: str, user: str) -> Bomb:
    return Bomb(
        f"a template: {name}",
        "bad.j2",
        lambda: _template(user).encode(),
        command="extract products.csv --quiet --dry-run",
        config=f"{CONFIG}prompt: {{template: bad.j2}}\n",
    )


BOMBS = (
    Bomb("YAML: a billion aliases", "attrx.yaml", _aliases, "status --quiet"),
    Bomb("YAML: 100,000 brackets", "attrx.yaml", lambda: b"[" * 100_000, "status --quiet"),
    Bomb("YAML: 20,000 levels", "attrx.yaml", lambda: b"- " * 20_000, "status --quiet"),
    Bomb("YAML: a Python object", "attrx.yaml", lambda: b"!!python/object/apply:os.system [exit 1]", "status"),
    Bomb("YAML: an integer of 100,000 digits", "attrx.yaml", lambda: b"version: " + b"9" * 100_000, "status"),
    Bomb("YAML: itself in itself", "attrx.yaml", lambda: b"&a [*a]", "status --quiet"),
    Bomb("YAML: 5 MB of keys", "attrx.yaml", lambda: b"".join(b"k%d: 1\n" % n for n in range(400_000)), "status"),
    Bomb("gzip: 2 GB of zeros", "p.csv.gz", lambda: _gzip(bytes(MEGABYTE), 2000)),
    Bomb("gzip: one line of 1 GB", "p.csv.gz", lambda: _gzip(b"x" * MEGABYTE, 1000)),
    Bomb("gzip: one field of 1 GB", "p.csv.gz", lambda: _gzip(b'sku,title\np1,"' + b"x" * MEGABYTE, 1000)),
    Bomb("gzip: JSON of 1 GB in one text", "p.json.gz", lambda: _gzip(b'[{"sku": "' + b"x" * MEGABYTE, 1000)),
    Bomb("gzip: half of it", "p.csv.gz", lambda: _gzip(b"sku,title\np1,A shirt\n", 9000)[:-20]),
    Bomb("gzip in gzip", "p.csv.gz", lambda: gzip.compress(gzip.compress(b"sku,title\np1,A shirt\n"))),
    Bomb("a workbook: 1 GB of a sheet", "p.xlsx", lambda: _workbook("xl/worksheets/sheet1.xml", bytes(MEGABYTE), 1000)),
    Bomb("a workbook: 1 GB of styles", "p.xlsx", lambda: _workbook("xl/styles.xml", b" " * MEGABYTE, 1000)),
    Bomb("a workbook: entities in entities", "p.xlsx", lambda: _workbook("xl/sharedStrings.xml", _ENTITIES, 1)),
    Bomb("JSON: 100,000 brackets", "p.json", lambda: b"[" * 100_000),
    Bomb("JSON: 100,000 objects in each other", "p.jsonl", lambda: b'{"sku":' * 100_000),
    Bomb("JSON: an integer of 100,000 digits", "p.jsonl", lambda: b'{"sku": ' + b"9" * 100_000 + b', "title": "x"}'),
    Bomb("JSON: a million columns", "p.jsonl", lambda: b"{" + b",".join(b'"c%d":1' % n for n in range(10**6)) + b"}"),
    Bomb("CSV: a million columns", "p.csv", lambda: b"sku,title" + b",x" * 10**6 + b"\np1,A shirt\n"),
    Bomb("CSV: a quote that never ends, 100 MB", "p.csv", lambda: b'sku,title\np1,"' + b"x,\n" * 33_000_000),
    Bomb("CSV: 10 MB of quotes", "p.csv", lambda: b"sku,title\np1," + b'"' * 10_000_001),
    Bomb("CSV: a title of 10 MB of `<`", "p.csv", lambda: b"sku,title\np1," + b"<" * 10_000_000),
    Bomb("CSV: a title of 100,000 tags in each other", "p.csv", lambda: b"sku,title\np1," + b"<div>" * 100_000),
    Bomb("CSV: a title of 200,000 blanks behind a bracket", "p.csv", lambda: b"sku,title\np1,[" + b" " * 200_000 + b"x"),
    _jinja("ten thousand million turns", "{% for i in range(10000000000) %}x{% endfor %}"),
    _jinja("itself", "{% include 'bad.j2' %}"),
    _jinja("a file of the system", "{% include '/etc/passwd' %}"),
    _jinja("Python's classes", "{{ ''.__class__.__mro__[1].__subclasses__() }}"),
    _jinja("a function's globals", "{{ cycler.__init__.__globals__.os.popen('id').read() }}"),
    _jinja("an attribute by name", "{{ (''|attr('__class__')) }}"),
    _jinja("a format that reaches for attributes", "{{ '{0.__class__.__mro__}'.format('') }}"),
)  # fmt: skip


@dataclass(frozen=True)
class Limit:
    """A limit of the operating system, or a place that takes no more.

    Attributes:
        name: What is limited.
        limits: Names of the module resource -> value.
        stdout: Where stdout goes.
        may_fail: Whether the command may end with exit code 1.
    """

    name: str
    limits: Mapping[str, int] = field(default_factory=dict)
    stdout: str | None = None
    may_fail: bool = True


LIMITS = (
    Limit("64 open files", {"RLIMIT_NOFILE": 64}, may_fail=False),
    Limit("20 open files", {"RLIMIT_NOFILE": 20}),
    *(
        Limit(f"files of at most {size:,} bytes", {"RLIMIT_FSIZE": size})
        for size in (0, 1, 100, 1000, 4096, 5000, 8192, 20_000, 40_000, 100_000, 200_000)
    ),
    Limit("no file of core", {"RLIMIT_CORE": 0}, may_fail=False),
    Limit("stdout is a pipe that nobody reads", stdout="closed", may_fail=False),
    Limit("stdout is a full disk", stdout="/dev/full"),
)

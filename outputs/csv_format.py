"""How the CSV files are written that people open: as the input is, or as the config says.

The contract: docs/outputs.md.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import orjson

from ..configs.errors import CacheError
from ..configs.settings import OutputDialect, Settings
from ..extraction.inputs.dialect import UNQUOTED_FEEDS, Dialect
from ..extraction.inputs.encodings import Encoding
from ..extraction.inputs.formats import open_table
from .commit_record import RUN, output_path

ROWS_SEEN = 1000
"""As many rows of the input show how it writes its decimals."""
UTF_8, UTF_8_BOM, UTF_16 = "utf-8", "utf-8-sig", "utf-16"
_WITH_COMMA = re.compile(r"[+-]?\d+,\d+")
_WITH_POINT = re.compile(r"[+-]?\d+\.\d+")


@dataclass(frozen=True)
class CsvFormat:
    """How a file is written.

    Attributes:
        separator: What stands between two fields.
        encoding: As Python knows it.
        has_decimal_commas: Whether numbers have a comma before their decimals.
    """

    separator: str = ","
    encoding: str = UTF_8
    has_decimal_commas: bool = False

    def number(self, text: str) -> str:
        """A number of attrx's own as this format has it."""
        if not self.has_decimal_commas:
            return text
        return text.replace(".", ",")

    def number_of(self, text: str) -> str:
        """The same of a text that may be a number."""
        is_number = _WITH_POINT.fullmatch(text) is not None
        return self.number(text) if is_number else text

    @property
    def for_sheets(self) -> CsvFormat:
        """The same for files that a spreadsheet opens and a person fills in.

        Their texts may hold any letter, so that they are in Unicode, and are known to be.
        """
        encoding = UTF_8_BOM
        if self.encoding.startswith(UTF_16):
            encoding = UTF_16
        elif self.encoding == UTF_8 and self.separator == ",":
            encoding = UTF_8
        return replace(self, encoding=encoding)


STANDARD = CsvFormat()
_FORMATS = {
    "standard": STANDARD,
    "excel": CsvFormat(encoding=UTF_8_BOM),
    "excel_semicolon": CsvFormat(";", encoding=UTF_8_BOM, has_decimal_commas=True),
}


def choose_format(settings: Settings, source: Path | None) -> CsvFormat:
    """The format of a run's files.

    Args:
        settings: The configuration.
        source: The products file; None = none was given, and where the config says no format, that
            of the last run holds.

    Raises:
        InputError: The products file cannot be read.
    """
    dialect: OutputDialect = settings.output.dialect
    if dialect != "auto":
        return _FORMATS[dialect]
    if source is None:
        return _format_of_last_run(settings.paths.output)
    table = open_table(source, settings.input)
    if table.dialect is None or table.encoding is None:
        return STANDARD
    separator = table.dialect.separator
    encoding = _python_name(table.encoding)
    if separator in UNQUOTED_FEEDS and encoding == UTF_8:
        return STANDARD  # a feed, which a program wrote for programs
    rows = islice(table.rows, ROWS_SEEN)
    return CsvFormat(
        separator=separator,
        encoding=encoding,
        has_decimal_commas=_has_decimal_commas(rows, table.dialect),
    )


def _python_name(encoding: Encoding) -> str:
    """The encoding as Python knows it; the one without a mark where there is none."""
    name = codecs.lookup(encoding.name).name
    return UTF_8 if name == "ascii" else name


def _has_decimal_commas(rows: Iterable[Sequence[str]], dialect: Dialect) -> bool:
    """What most numbers of the input show; without any, what goes with the separator."""
    if dialect.separator == ",":
        return False
    commas = 0
    points = 0
    for row in rows:
        for field in row:
            commas += _WITH_COMMA.fullmatch(field) is not None
            points += _WITH_POINT.fullmatch(field) is not None
    return commas > points if commas or points else dialect.separator == ";"


def _format_of_last_run(output: Path) -> CsvFormat:
    try:
        run = orjson.loads(output_path(output, RUN).read_bytes())
        return CsvFormat(**run["csv_format"])
    except (OSError, ValueError, KeyError, TypeError, CacheError):
        return STANDARD

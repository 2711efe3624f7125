"""Products files, read as a stream: CSV, TSV, JSONL and Parquet, each also gzipped.

Everything becomes text; a value that is not there becomes the empty text. Rows are numbered from 1,
the header apart.
"""

from __future__ import annotations

import codecs
import contextlib
import csv
import gzip
import io
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from ...configs.errors import InputError
from ...configs.settings import InputSettings
from ...configs.suggestions import did_you_mean
from .encodings import Encoding, detect_encoding

Row = tuple[str, ...]
SEPARATORS = (",", "\t", ";", "|")
SAMPLE_BYTES = 1 << 20
PARQUET_BATCH_ROWS = 8192
ONE_ROW_PER_PRODUCT = "Expected a header and one row per product."
FORMATS = ".csv, .tsv, .jsonl (or .ndjson) and .parquet, each also with .gz"


@dataclass(frozen=True)
class Table:
    """An opened file: its column names, and its rows as they are read.

    Attributes:
        path: The file.
        columns: Column names in file order.
        rows: The rows, each as long as `columns`; can be walked once.
        encoding: What text files were read as; None for Parquet.
    """

    path: Path
    columns: tuple[str, ...]
    rows: Iterator[Row]
    encoding: Encoding | None = None

    def index(self, column: str, role: str) -> int:
        """Position of a column.

        Raises:
            InputError: The column is not there, or is there twice.
        """
        found = self.columns.count(column)
        if found > 1:
            raise InputError(f"{self.path}: the header names '{column}' {found} times")
        if found == 0:
            hints = [did_you_mean(column, self.columns)]
            if role.startswith("input."):
                hints.append("Name the columns of your file under 'input:' in the config.")
            listed = ", ".join(self.columns[:20]) + (" ..." if len(self.columns) > 20 else "")
            raise InputError(
                f"{self.path}: no column '{column}' ({role}); found: {listed}",
                hint=" ".join(filter(None, hints)),
            )
        return self.columns.index(column)


def open_table(path: Path, settings: InputSettings) -> Table:
    """Open a products file of any supported format.

    Args:
        path: The file; its name's ending says the format.
        settings: Column names, and the encoding and separator where they are given.

    Raises:
        InputError: The file is missing, empty, of an unknown kind, or broken (also while its rows
            are walked).
    """
    kind, zipped = check_file(path)
    if kind == "parquet":
        return _open_parquet(path, zipped)
    if kind == "jsonl":
        return _open_jsonl(path, zipped, settings)
    return _open_csv(path, zipped, settings, "\t" if kind == "tsv" else None)


def _format_of(path: Path) -> tuple[str, bool]:
    suffixes = [suffix.lower() for suffix in path.suffixes]
    zipped = bool(suffixes) and suffixes[-1] == ".gz"
    ending = (suffixes[:-1] if zipped else suffixes)[-1:]
    kinds = {
        ".csv": "csv",
        ".tsv": "tsv",
        ".tab": "tsv",
        ".jsonl": "jsonl",
        ".ndjson": "jsonl",
        ".parquet": "parquet",
    }
    if not ending or ending[0] not in kinds:
        raise InputError(
            f"{path}: cannot tell the format from the name", hint=f"Supported: {FORMATS}."
        )
    return kinds[ending[0]], zipped


def check_file(path: Path) -> tuple[str, bool]:
    """What can be told without reading it: its kind, and whether it is gzipped.

    Raises:
        InputError: The file is missing, empty, or of an unknown kind.
    """
    kind_and_zipped = _format_of(path)
    if path.is_dir():
        raise InputError(f"{path}: is a folder, expected a file")
    if not path.exists():
        raise InputError(f"{path}: no such file")
    if path.stat().st_size == 0:
        raise InputError(f"{path}: the file is empty", hint=ONE_ROW_PER_PRODUCT)
    return kind_and_zipped


def _open_binary(path: Path, zipped: bool) -> IO[bytes]:
    try:
        return gzip.open(path) if zipped else path.open("rb")  # type: ignore[return-value]
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from error


def _detect_encoding(path: Path, zipped: bool) -> Encoding:
    """As far as the first megabyte tells."""
    try:
        with _open_binary(path, zipped) as file:
            return detect_encoding(file.read(SAMPLE_BYTES))
    except (OSError, EOFError) as error:
        raise InputError(f"{path}: cannot be unpacked: {error}") from error


@contextlib.contextmanager
def _text(path: Path, zipped: bool, encoding: str, given: bool) -> Iterator[IO[str]]:
    """The file as text; what goes wrong while it is read becomes an InputError."""
    with (
        _open_binary(path, zipped) as binary,
        io.TextIOWrapper(binary, encoding=encoding, newline="") as text,
    ):
        try:
            yield text
        except UnicodeDecodeError as error:
            where = f"byte {error.object[error.start]:#04x}"
            hint = "Correct" if given else "Set"
            raise InputError(
                f"{path}: {where} is not valid {encoding}",
                hint=f"{hint} 'input.encoding' in the config.",
            ) from error
        except (EOFError, gzip.BadGzipFile) as error:
            raise InputError(f"{path}: cannot be unpacked: {error}") from error


def _known_encoding(path: Path, zipped: bool, settings: InputSettings) -> Encoding:
    if settings.encoding is None:
        return _detect_encoding(path, zipped)
    try:
        codecs.lookup(settings.encoding)
    except LookupError as error:
        raise InputError(f"input.encoding: '{settings.encoding}' is not an encoding") from error
    return Encoding(settings.encoding)


def _open_csv(path: Path, zipped: bool, settings: InputSettings, separator: str | None) -> Table:
    encoding = _known_encoding(path, zipped, settings)
    opened = lambda: _text(path, zipped, encoding.name, settings.encoding is not None)  # noqa: E731
    separator = settings.separator or separator or _detect_separator(path, opened, settings)
    rows = _csv_rows(path, opened, separator)
    try:
        header = next(rows)
    except StopIteration:
        raise InputError(f"{path}: no header found", hint=ONE_ROW_PER_PRODUCT) from None
    return Table(path, tuple(name.strip() for name in header), rows, encoding)


Opener = Callable[[], contextlib.AbstractContextManager[IO[str]]]


def _detect_separator(path: Path, opened: Opener, settings: InputSettings) -> str:
    """The separator that splits the header into the columns that the config names."""
    wanted = {settings.id, *settings.text} | ({settings.category} if settings.category else set())

    def columns_found(separator: str) -> tuple[int, int]:
        header = next(_csv_rows(path, opened, separator), ())
        return len(wanted & {name.strip() for name in header}), len(header)

    return max(SEPARATORS, key=columns_found)


def _csv_rows(path: Path, opened: Opener, separator: str) -> Iterator[Row]:
    """The header, then the rows; every row must be as long as the header."""
    csv.field_size_limit(sys.maxsize)
    width, number = 0, 0
    with opened() as text:
        reader = csv.reader(text, delimiter=separator, strict=True)
        try:
            for row in reader:
                if not row:
                    continue
                width = width or len(row)
                if len(row) != width:
                    fields = f"{len(row)} field{'s' if len(row) > 1 else ''}"
                    raise InputError(
                        f"{path}: row {number} (line {reader.line_num}) has {fields}, the header has {width}",
                        hint="A text that holds the separator must stand in double quotes.",
                    )
                yield tuple(row)
                number += 1
        except csv.Error as error:
            raise InputError(
                f"{path}: row {number} (line {reader.line_num}): {error}",
                hint="Look for a double quote that is not closed, or not doubled inside a quoted text.",
            ) from error


def _open_jsonl(path: Path, zipped: bool, settings: InputSettings) -> Table:
    encoding = _known_encoding(path, zipped, settings)
    given = settings.encoding is not None
    columns = _jsonl_columns(path, zipped, encoding.name, given)
    rows = (_in_order(row, columns) for row in _jsonl(path, zipped, encoding.name, given))
    return Table(path, columns, rows, encoding)


def _jsonl_columns(path: Path, zipped: bool, encoding: str, given: bool) -> tuple[str, ...]:
    """All keys in the order in which they first appear: a line may leave out what it does not have."""
    columns: dict[str, None] = {}
    for row in _jsonl(path, zipped, encoding, given):
        columns.update(dict.fromkeys(row))
    if not columns:
        raise InputError(f"{path}: no JSON object found", hint="Expected one JSON object per line.")
    return tuple(columns)


def _jsonl(path: Path, zipped: bool, encoding: str, given: bool) -> Iterator[dict[str, Any]]:
    with _text(path, zipped, encoding, given) as text:
        for number, line in enumerate(text, 1):
            if not line.strip():
                continue
            try:
                row = orjson.loads(line)
            except orjson.JSONDecodeError as error:
                raise InputError(f"{path}: line {number} is not JSON: {error}") from error
            if not isinstance(row, dict):
                raise InputError(
                    f"{path}: line {number}: expected a JSON object, found {type(row).__name__}"
                )
            yield row


def _in_order(row: dict[str, Any], columns: Sequence[str]) -> Row:
    return tuple(as_text(row.get(column)) for column in columns)


def as_text(value: Any) -> str:
    """A value of JSON or Parquet as the text that a CSV would hold."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | dict):
        return orjson.dumps(value, default=str).decode()
    return str(value)


def _open_parquet(path: Path, zipped: bool) -> Table:
    try:
        source = pa.BufferReader(gzip.decompress(path.read_bytes())) if zipped else path
        file = pq.ParquetFile(source)
    except (pa.ArrowInvalid, OSError, EOFError) as error:
        raise InputError(f"{path}: not a Parquet file: {error}") from error
    return Table(path, tuple(file.schema_arrow.names), _parquet_rows(path, file))


def _parquet_rows(path: Path, file: pq.ParquetFile) -> Iterator[Row]:
    try:
        for batch in file.iter_batches(PARQUET_BATCH_ROWS):
            columns = [[as_text(value) for value in column.to_pylist()] for column in batch.columns]
            yield from zip(*columns, strict=True)
    except (pa.ArrowInvalid, OSError) as error:
        raise InputError(f"{path}: broken Parquet file: {error}") from error
    finally:
        file.close()

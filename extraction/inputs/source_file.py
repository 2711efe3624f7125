"""A file on the disk as bytes or as text, gzipped or not."""

from __future__ import annotations

import codecs
import contextlib
import gzip
import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from ...configs.errors import InputError
from ...configs.settings import InputSettings
from .bounds import BoundedLines, UnpackedStream
from .encodings import Encoding, detect_encoding

UNPACKED_BUFFER_BYTES = 1 << 16
SAMPLE_BYTES = 1 << 20
"""As far into a file its encoding is looked for."""


@dataclass(frozen=True)
class SourceFile:
    """A file that can be read from its start as often as needed.

    Attributes:
        path: The file.
        is_gzipped: Whether it is unpacked while it is read.
    """

    path: Path
    is_gzipped: bool

    def open_bytes(self) -> IO[bytes]:
        """Open it for reading.

        Raises:
            InputError: It cannot be opened.
        """
        try:
            if self.is_gzipped:
                packed_file = cast(IO[bytes], gzip.open(self.path))  # noqa: SIM115  closed with it
                return io.BufferedReader(
                    UnpackedStream(packed_file, self.path), UNPACKED_BUFFER_BYTES
                )
            return self.path.open("rb")
        except OSError as error:
            raise InputError(f"{self.path}: {error.strerror or error}") from error

    def read_start(self) -> bytes:
        """Its first `SAMPLE_BYTES`.

        Raises:
            InputError: It is no gzip file, or a broken one.
        """
        try:
            with self.open_bytes() as file:
                return file.read(SAMPLE_BYTES)
        except (OSError, EOFError, zlib.error) as error:
            raise InputError(f"{self.path}: cannot be unpacked: {error}") from error


@dataclass(frozen=True)
class TextFile:
    """A text file that can be read from its start as often as needed.

    Attributes:
        file: The file.
        encoding: What it is read as.
        is_configured: Whether the config says that encoding.
    """

    file: SourceFile
    encoding: Encoding
    is_configured: bool

    @property
    def path(self) -> Path:
        """The file."""
        return self.file.path

    @contextlib.contextmanager
    def open(self) -> Iterator[BoundedLines]:
        """The text; what goes wrong while it is read becomes an InputError."""
        name = self.encoding.name
        with (
            self.file.open_bytes() as binary,
            io.TextIOWrapper(binary, encoding=name, newline="") as text,
        ):
            try:
                yield BoundedLines(text, self.path)
            except UnicodeDecodeError as error:
                advice = "Correct" if self.is_configured else "Set"
                raise InputError(
                    f"{self.path}: byte {error.object[error.start]:#04x} is not valid {name}",
                    hint=f"{advice} 'input.encoding' in the config.",
                ) from error
            except (EOFError, gzip.BadGzipFile, zlib.error) as error:
                raise InputError(f"{self.path}: cannot be unpacked: {error}") from error


def open_text(file: SourceFile, settings: InputSettings) -> TextFile:
    """A file as text, in the configured encoding or else in the one that its start shows.

    Raises:
        InputError: The configured encoding does not exist, or the file cannot be read.
    """
    if settings.encoding is None:
        return TextFile(file, detect_encoding(file.read_start()), is_configured=False)
    try:
        codecs.lookup(settings.encoding)
    except LookupError as error:
        raise InputError(f"input.encoding: '{settings.encoding}' is not an encoding") from error
    return TextFile(file, Encoding(settings.encoding), is_configured=True)

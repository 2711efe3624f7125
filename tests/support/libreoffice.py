"""Files opened and saved by a real spreadsheet: LibreOffice, without a window."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

SOFFICE = shutil.which("soffice")
LANGUAGES = {"en": 1033, "de": 1031, "fr": 1036, "pl": 1045}
"""Windows' numbers of languages, by which LibreOffice reads numbers and dates."""
CODE_PAGES = {"utf-8": "76", "utf-16": "65535", "cp1252": "1", "cp1250": "33"}
needs_libreoffice = pytest.mark.skipif(SOFFICE is None, reason="LibreOffice (soffice) is absent")


def open_and_save(
    source: Path,
    target: Path,
    language: str,
    *,
    separator: str = ";",
    encoding: str = "utf-8",
    source_separator: str = ",",
) -> Path:
    """Open a CSV file by double click, so to say, and save it as CSV or as a workbook.

    Args:
        source: A CSV file in UTF-8.
        target: The file to write; its ending says the format.
        language: A key of `LANGUAGES`: that of the spreadsheet, which decides what is a number.
        separator: What separates in a target in CSV.
        encoding: A key of `CODE_PAGES`: of a target in CSV.
        source_separator: What separates in the source.
    """
    folder = target.parent / f".{target.name}"
    infilter = f"CSV:{ord(source_separator)},34,76,1,,{LANGUAGES[language]},false,true"
    form = "xlsx:Calc MS Excel 2007 XML"
    if target.suffix == ".csv":
        form = (
            f"csv:Text - txt - csv (StarCalc):{ord(separator)},34,{CODE_PAGES[encoding]},1,,0"
            ",false,true,false"
        )
    arguments = [f"--infilter={infilter}", "--convert-to", form, "--outdir", str(folder)]
    _soffice(folder / "profile", *arguments, str(source))
    shutil.move(folder / f"{source.stem}{target.suffix}", target)
    return target


def _soffice(profile: Path, *arguments: str) -> None:
    assert SOFFICE is not None
    command = [SOFFICE, f"-env:UserInstallation=file://{profile}", "--headless", "--norestore"]
    subprocess.run([*command, *arguments], check=True, capture_output=True, timeout=600)


def convert(source: Path, target: Path) -> Path:
    """Open a file as it is and save it in the format that the target's ending says."""
    folder = target.parent / f".{target.name}"
    arguments = ["--convert-to", target.suffix[1:], "--outdir", str(folder)]
    _soffice(folder / "profile", *arguments, str(source))
    shutil.move(folder / f"{source.stem}{target.suffix}", target)
    return target

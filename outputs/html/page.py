"""A report as one HTML page that needs nothing else: no script, no font, no image, no address.

All text of products, models and vendors is escaped by the template engine, and a
Content-Security-Policy lets the browser use the page's own style sheet, known by its digest, and
nothing more.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache, partial
from importlib import resources
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined, Template
from markupsafe import Markup

from ...configs import wording
from . import formatting
from .facts import Report

LONGEST_TEXT = 400
"""Characters of a product's text that are shown."""
_TONES = 10


def render(report: Report) -> str:
    """The page.

    Args:
        report: What it says.

    Returns:
        HTML, for a file in UTF-8.
    """
    style = _read("report.css")
    return _template().render(report=report, style=Markup(style), policy=_policy(style))  # noqa: S704  our own file


@cache
def _template() -> Template:
    environment = Environment(
        autoescape=True,
        finalize=_make_visible,
        loader=FunctionLoader(_read),
        lstrip_blocks=True,
        trim_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters |= {
        "cost": wording.cost,
        "fraction": formatting.fraction,
        "percent": formatting.percent,
        "quantity": wording.quantity,
        "shorten": partial(formatting.shorten, longest=LONGEST_TEXT),
        "thousands": wording.thousands,
        "tone": _tone,
        "width": _width,
    }
    return environment.get_template("report.html.j2")


def _read(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")


def _make_visible(value: Any) -> Any:
    """Every value on its way into the page; what is markup is our own."""
    if isinstance(value, Markup):
        return value
    return formatting.visible(str(value))


def _policy(style: str) -> str:
    """Nothing is fetched, run, framed or sent; only this style sheet is applied."""
    sha256 = hashlib.sha256(style.encode())
    digest = base64.b64encode(sha256.digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def _width(value: float | None, most: float = 1.0) -> str:
    """How long a bar is, in hundredths of the longest."""
    if value is None or most <= 0:
        return "0"
    part = min(max(value / most, 0.0), 1.0)
    return f"{100 * part:.1f}"


def _tone(value: float | None) -> int:
    """How dark a cell of the matrix is, 0 to 9."""
    if value is None:
        return 0
    tone = max(int(value * _TONES), 0)
    return min(tone, _TONES - 1)

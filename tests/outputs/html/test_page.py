"""The page is whole without anything else, and no text can act in it."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_reports import made_report

from attrx.outputs.html.page import LONGEST_TEXT, render

HOSTILE = (
    "<script>alert(1)</script>\"' onload='x' </style><img src=x onerror=y> {{ 7 * 7 }}"
    " & &amp; \x00\x1b[31m\u202e"
)


class Seen(HTMLParser):
    """The tags of a page with the names of their attributes, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, tuple[str, ...]]] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(name for name, _ in attrs)))
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_hostile_text_is_shown_as_text() -> None:
    page = render(made_report(HOSTILE))
    seen = Seen(page)
    assert seen.tags == Seen(render(made_report())).tags
    assert "<script>alert(1)</script>\"' onload='x'" in seen.text
    assert "{{ 7 * 7 }} & &amp;" in seen.text
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f\u202e]", page)
    assert "␀␛[31m�" in seen.text


@settings(max_examples=60)
@given(st.text(max_size=60))
def test_no_text_changes_the_structure_of_the_page(text: str) -> None:
    page = render(made_report(text))
    assert Seen(page).tags == Seen(render(made_report())).tags
    page.encode("utf-8")


def test_the_policy_lets_the_browser_use_this_style_and_nothing_more() -> None:
    page = render(made_report())
    [style] = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = next(
        value
        for tag, name, value in Seen(page).attributes
        if tag == "meta" and "default-src" in value
    )
    assert (
        policy
        == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )
    assert page.index("Content-Security-Policy") < page.index("<style>")


def test_the_page_needs_nothing_else() -> None:
    page = render(made_report())
    seen = Seen(page)
    assert {tag for tag, _ in seen.tags} & {
        "script",
        "link",
        "img",
        "iframe",
        "object",
        "form",
        "base",
    } == set()
    assert not [
        name for _, name, _ in seen.attributes if name.startswith("on") or name in {"src", "style"}
    ]
    assert all(value.startswith("#") for _, name, value in seen.attributes if name == "href")
    assert not re.search(r"https?://|url\(|@import", page)


def test_every_section_of_the_navigation_is_there() -> None:
    seen = Seen(render(made_report()))
    targets = [value[1:] for _, name, value in seen.attributes if name == "href"]
    assert targets == ["values", "warnings", "weights", "agreement", "gold", "cost", "review"]
    assert set(targets) == {
        value for tag, name, value in seen.attributes if tag == "section" and name == "id"
    }


def test_what_there_is_not_is_not_shown() -> None:
    report = made_report(
        warnings=(), pairs={}, scores=(), gold_scores=(), verdict="", cards=(), more_groups=0
    )
    seen = Seen(render(report))
    sections = [value for tag, name, value in seen.attributes if tag == "section" and name == "id"]
    assert sections == ["values", "weights", "cost"]


def test_a_report_of_nothing_is_a_page() -> None:
    nothing = made_report(
        statuses={"decided": 0},
        groups=(),
        models=(),
        model_statuses=(),
        pairs={},
        cards=(),
        scores=(),
    )
    assert '<svg class="stack"' not in render(nothing)


def test_the_parts_of_the_status_bar_add_up() -> None:
    page = render(made_report(statuses={"decided": 5, "tie": 0, "absent": 3, "no_answer": 2}))
    bar = page.split('<svg class="stack"')[1].split("</svg>")[0]
    rects = re.findall(r'class="([\w-]+)" x="([\d.]+)" width="([\d.]+)"', bar)
    assert rects == [
        ("decided", "0.0", "50.0"),
        ("absent", "50.0", "30.0"),
        ("no-answer", "80.0", "20.0"),
    ]


def test_an_unknown_cost_is_never_shown_as_nothing() -> None:
    first, other = made_report().model_statuses
    without_cost = replace(first, usage=replace(first.usage, cost_usd=None))
    assert "$0.0125" in render(made_report())
    page = render(made_report(model_statuses=(without_cost, other)))
    assert page.count("unknown") == 2  # the model's, and that of all


@pytest.mark.parametrize(
    ("weight", "width"), [(0.9, "100.0"), (0.3, "33.3"), (0.0, "0.0"), (-0.4, "0.0")]
)
def test_a_bar_is_as_long_as_its_weight_beside_the_largest(weight: float, width: str) -> None:
    report = made_report()
    [group] = report.groups
    weights = (group.weights[0], replace(group.weights[1], weight=weight))
    page = render(
        replace(
            report,
            groups=(replace(group, weights=weights),),
            cards=(),
            scores=(),
            gold_scores=(),
        )
    )
    assert re.findall(r'class="fill" width="([\d.]+)"', page) == ["100.0", width]


def test_votes_show_who_backs_the_value_and_what_did_not_count() -> None:
    page = render(made_report())
    card = page.split('<article class="card">')[1]
    assert re.search(
        r'<tr class="backs"><th scope="row">one plain</th><td class="said">Navy plain</td>', card
    )
    assert "<s>robot plain</s>" in card
    assert "<i>no usable answer</i>" in card


def test_a_long_text_is_cut() -> None:
    report = made_report()
    long = replace(report.cards[0], texts=(("title", "x" * 10_000),))
    page = render(replace(report, cards=(long,)))
    assert "x" * (LONGEST_TEXT - 1) + "…" in page
    assert "x" * LONGEST_TEXT not in page

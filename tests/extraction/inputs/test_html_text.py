"""HTML becomes the text that a reader would see, and all other text stays as it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attrx.extraction.inputs.html_text import html_to_text, is_html


@pytest.mark.parametrize(
    "text",
    [
        "5 < 6 & 7 > 3",
        "Fish & Chips",
        "sizes <M> and <L>",
        "a <3 b",
        "AT&T; R&D",
        "x\n\ny",
        "<>",
        "",
    ],
)
def test_what_is_no_html_stays_as_it_is(text: str) -> None:
    assert not is_html(text)
    assert html_to_text(text) == text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>One</p><p>Two</p>", "One\nTwo"),
        ("One<br/>Two<BR>Three", "One\nTwo\nThree"),
        ("<b>Wool</b>len <i>cap</i>", "Woollen cap"),
        ("<ul><li>wool</li><li>grey</li></ul>after", "- wool\n- grey\nafter"),
        ("<table><tr><th>Size<td>L<tr><th>Mass<td>1 kg</table>", "Size | L\nMass | 1 kg"),
        ("<dl><dt>Fit<dd>slim</dl>", "Fit\nslim"),
        ("<style>p {color: red}</style><p>seen</p><script>unseen()</script>", "seen"),
        ("<!-- note --><div>Cap</div>", "Cap"),
        ("Caf&eacute;&nbsp;&#8211; 5&deg;", "Café\xa0– 5°"),
        ("<p>Caf&eacute;&nbsp;&ndash;</p>", "Café –"),
        ("&lt;p&gt;Ham &amp;amp; eggs&lt;/p&gt;", "Ham & eggs"),
        ("<p>open <b>bold", "open bold"),
        ("<p><img src='x.png' alt='x'></p>", ""),
    ],
)
def test_html_becomes_its_text(html: str, text: str) -> None:
    assert html_to_text(html) == text


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=300))
def test_no_text_breaks_it(text: str) -> None:
    assert isinstance(html_to_text(text), str)
    assert isinstance(html_to_text(f"<p>{text}</p>"), str)

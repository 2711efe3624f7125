"""HTML -> the text that a reader of the page would see.

Shops' descriptions are HTML more often than not, and tags, styles and scripts are half of all that
a model would be sent and paid for. Blocks, items of lists and rows of tables stay lines; whatever
is not shown on a page goes; entities become the characters they stand for.
"""

from __future__ import annotations

import html
import re

from selectolax.lexbor import LexborHTMLParser

_NOT_SHOWN = "script, style, noscript, template, iframe, svg, object, head, title"
_BLOCKS = (
    "address, article, aside, blockquote, br, dd, div, dl, dt, fieldset, figcaption, figure, "
    "footer, form, "
    "h1, h2, h3, h4, h5, h6, header, hr, li, main, nav, ol, p, pre, section, table, tr, ul"
)
_CELLS = "td, th"
# Names that are tags of HTML and nothing else that a shop's text has in angle brackets.
_TAG = re.compile(
    r"<(?:!--|!doctype\b|/?(?:a|abbr|article|b|big|blockquote|body|br|center|cite|code|dd|del|div|dl|dt|em|"
    r"figure|font|footer|h[1-6]|head|header|hr|html|i|iframe|img|ins|label|li|link|main|meta|nav|ol|p|"
    r"picture|pre|s|script|section|small|span|strike|strong|style|sub|sup|table|tbody|td|tfoot|th|thead|"
    r"title|tr|tt|u|ul|video)(?:\s[^<>]*|\s*/)?>)",
    re.IGNORECASE,
)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,30});", re.IGNORECASE)
# Between lines while the tree is still one text: a sign that no text of a shop has.
_LINE_BREAK = "\x1e"
_BLANKS = re.compile(r"\s+")


def is_html(text: str) -> bool:
    """Whether a text has tags or entities of HTML; `5 < 6` and `<size>` are none."""
    return ("<" in text and _TAG.search(text) is not None) or (
        "&" in text and _ENTITY.search(text) is not None
    )


def html_to_text(text: str) -> str:
    """The text of a fragment of HTML, a line for each block; any other text is returned as it is.

    HTML that was escaped once more on its way (`&lt;p&gt;`) is plain_text and cleaned as well.
    """
    if not is_html(text):
        return text
    plain_text = _shown_text(text) if _TAG.search(text) else _without_entities(text)
    return _shown_text(plain_text) if _TAG.search(plain_text) else plain_text


def _without_entities(text: str) -> str:
    return _ENTITY.sub(lambda entity: html.unescape(entity.group()), text)


def _shown_text(text: str) -> str:
    tree = LexborHTMLParser(text.replace(_LINE_BREAK, " "))
    body = tree.body
    if body is None:
        return ""
    for node in tree.css(_NOT_SHOWN):
        node.decompose()
    for node in body.css(_BLOCKS):
        node.insert_before(_LINE_BREAK + ("- " if node.tag == "li" else ""))
        node.insert_after(_LINE_BREAK)
    for node in body.css(_CELLS):
        node.insert_after(" | ")
    text_with_breaks = body.text(deep=True, separator="", strip=False)
    lines = [_BLANKS.sub(" ", line).strip(" |") for line in text_with_breaks.split(_LINE_BREAK)]
    return "\n".join(line for line in lines if line not in {"", "-"})

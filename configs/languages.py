"""Languages of catalogs, by the sign that they put before decimals."""

from __future__ import annotations

from typing import Final, Literal

DecimalSign = Literal["point", "comma", "unsure"]
"""The sign before decimals. Where it is not sure, `1.250` and `1,250` are not understood."""

_COMMA: Final = (
    "bg ca cs da de el es et eu fi fr gl hr hu id is it kk lt lv mk nb nl nn no pl pt ro ru sk sl"
    " sq sr sv tr uk vi de-at de-de fr-fr fr-ca nl-be pt-br pt-pt es-es es-ar es-co es-cl en-za"
)
_POINT: Final = "en ja ko zh th he hi ms de-ch de-li it-ch es-mx en-us en-gb zh-cn zh-tw"

DECIMAL_SIGNS: Final[dict[str, DecimalSign]] = {
    **dict.fromkeys(_COMMA.split(), "comma"),
    **dict.fromkeys(_POINT.split(), "point"),
}
"""Code of a language, or of a language and country, in lower case -> its sign before decimals."""


def language_code(text: str) -> str:
    """A code as the tables have it: `de_CH` is `de-ch`, and `de-LU`, which has none, is `de`."""
    code = text.strip().lower().replace("_", "-")
    return code if code in DECIMAL_SIGNS else code.split("-")[0]

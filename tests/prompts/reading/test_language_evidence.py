from __future__ import annotations

import pytest

from attrx.prompts.reading.language_evidence import LanguageEvidence

GERMAN = [
    "Wanderhose für Herren mit Taschen, 98,5 cm",
    "Damen Bluse aus Baumwolle, weiß",
    "Topf, 2,5 l",
]
ENGLISH = ["Hiking shoes for men with laces, 9.5 in", "The blue shirt", "Pot, 2.5 l"]


@pytest.mark.parametrize(
    ("texts", "sign", "language"),
    [
        (GERMAN, "comma", "de"),
        (["Veste pour homme avec capuche", "Sac en cuir noir, 1,5 kg"], "comma", "fr"),
        (["Zapatos para mujer, negro", "Chaqueta de hombre, 0,750 kg"], "comma", "es"),
        (["Buty męskie, czarny", "Kurtka damska, rozmiar M"], "comma", "pl"),
        (["Erkek ayakkabı, siyah", "Kadın ceket için kemer"], "comma", "tr"),
        (ENGLISH, "point", "en"),
        (["メンズ シャツ", "レディース バッグ"], "point", "ja"),
        (["x 1", "x 2"], "point", None),
        ([], "point", None),
        (["Acme 7000"], "point", None),
        (["1.234,50 €"] * 2, "comma", None),
        (["12,5 cm"], "unsure", None),  # one number alone may be a slip
        (GERMAN + ENGLISH, "unsure", None),
        (["Jacke für Herren, 2.5 kg"] * 9, "unsure", "de"),
        (["Shirt for men, 2,5 kg"] * 9, "unsure", "en"),
        (["Shirt for men, 2,5 kg"] * 200, "comma", "en"),
        (["Shirt for men, 2.5 kg"] * 99 + ["Hose für Herren, 2,5 kg"], "point", "en"),
    ],
)
def test_numbers_and_words_tell_the_sign_before_decimals(
    texts: list[str], sign: str, language: str | None
) -> None:
    evidence = LanguageEvidence.of(texts)
    assert evidence.decimal_sign == sign
    assert language is None or evidence.language == language
    assert evidence.products == len(texts)


@pytest.mark.parametrize(
    "text",
    ["sizes 5,10,15 cm", "version 1.2.3", "12.05.2024", "Bluetooth 5.0", "1.250 g", "1,250 kg",
     "10.30 Uhr", "2024,1"],
)  # fmt: skip
def test_numbers_that_tell_nothing_do_not_count(text: str) -> None:
    evidence = LanguageEvidence.of([text])
    assert (evidence.comma_numbers, evidence.point_numbers) == (0, 0)

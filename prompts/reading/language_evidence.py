"""Which sign stands before decimals in the texts of a catalog.

Two kinds of evidence: numbers that can be read in one way only (`12,5 cm`, `1.234,56`), and the
words of languages. A doubtful number is worth less than none, so that anything mixed is not sure.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from ...configs.languages import DECIMAL_SIGNS, DecimalSign

_UNIT: Final = (
    r"(?=\s?(?:mm|cm|dm|m|km|kg|g|mg|ml|cl|l|liter|litre|zoll|inch|inches|in|oz|lbs?|ft|w|kw|v|mah|ah"
    r"|eur|usd|gbp|pln|zł|kr|chf|m²|m³|bar)\b|\s?[%€$£\"″]|\s?[x×]\s?\d)"
)
_COMMA_NUMBER: Final = re.compile(
    rf"(?<![\d.,])(?:\d{{1,3}}(?:\.\d{{3}})+,\d{{1,2}}(?![\d.,]*\d)|(?:\d{{1,4}},\d{{1,2}}|0,\d{{3}}){_UNIT})",
    re.IGNORECASE,
)
_POINT_NUMBER: Final = re.compile(
    rf"(?<![\d.,])(?:\d{{1,3}}(?:,\d{{3}})+\.\d{{1,2}}(?![\d.,]*\d)|(?:\d{{1,4}}\.\d{{1,2}}|0\.\d{{3}}){_UNIT})",
    re.IGNORECASE,
)
_WORDS: Final = {
    "de": "und mit für ohne aus der das ist nicht auch oder eine einen farbe größe gewicht"
    " damen herren schwarz weiß blau länge breite höhe stück lieferumfang baumwolle"
    " leder edelstahl jacke schuhe",
    "fr": "et avec pour une dans aux sans votre couleur taille poids homme femme noir blanc"
    " bleu rouge longueur largeur hauteur coton cuir acier chaussures veste",
    "es": "con para los una del por talla hombre mujer negro blanco azul rojo largo ancho"
    " algodón cuero acero zapatos chaqueta tamaño medidas incluye",
    "it": "con della delle dei nel gli una sono taglia colore uomo donna nero bianco rosso"
    " lunghezza larghezza altezza cotone pelle acciaio scarpe giacca",
    "nl": "met voor een het zonder kleur gewicht maat heren dames zwart grijs lengte"
    " breedte hoogte katoen schoenen roestvrij inclusief geschikt niet",
    "pl": "dla oraz jest przez kolor rozmiar waga męski damski męska damska czarny biały"
    " długość szerokość wysokość bawełna skóra buty kurtka",
    "pt": "uma dos das não cor tamanho homem mulher preto branco azul vermelho comprimento"
    " largura altura algodão couro aço sapatos casaco",
    "tr": "ve ile için bir olan renk beden ağırlık erkek kadın siyah beyaz mavi kırmızı"
    " uzunluk genişlik yükseklik pamuk deri ayakkabı ceket çelik",
    "sv": "och för från färg storlek vikt svart herr längd höjd",
    "da": "og til farve størrelse vægt hvid længde højde",
    "cs": "pro barva velikost hmotnost černá bílá délka šířka výška pánské dámské",
    "ru": "и для цвет размер вес черный белый из с",
    "en": "the and with for from this your size color colour weight black white blue red"
    " women womens men mens girls boys cotton leather steel stainless length width"
    " height shoes jacket shirt",
}
_LANGUAGES_BY_WORD: Final[dict[str, list[str]]] = {}
for _language, _words in _WORDS.items():
    for _word in _words.split():
        _LANGUAGES_BY_WORD.setdefault(_word, []).append(_language)
_WORD: Final = re.compile(r"[^\W\d_]+")
_KANA_HANGUL_HAN: Final = re.compile(r"[\u3040-\u30ff\uac00-\ud7af\u4e00-\u9fff]")
_LONGEST: Final = 4000
_MOST_WEIGHT: Final = 10.0
"""All texts together count for so many numbers."""
_CLEAR: Final = 0.9


@dataclass
class LanguageEvidence:
    """What the texts of products tell.

    Attributes:
        products: Number of products looked at.
        comma_numbers: Numbers that can only have a decimal comma.
        point_numbers: Numbers that can only have a decimal point.
        languages: Language -> products whose text is most like it.
    """

    products: int = 0
    comma_numbers: int = 0
    point_numbers: int = 0
    languages: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, texts: Iterable[str]) -> LanguageEvidence:
        """Look at one text for each product."""
        evidence = cls()
        for text in texts:
            evidence.add(text[:_LONGEST])
        return evidence

    def add(self, text: str) -> None:
        """Look at the text of one product."""
        self.products += 1
        self.comma_numbers += len(_COMMA_NUMBER.findall(text))
        self.point_numbers += len(_POINT_NUMBER.findall(text))
        language = _language_of(text)
        if language is not None:
            self.languages[language] += 1

    @property
    def language(self) -> str | None:
        """The language of most texts; None where no text tells."""
        commonest = self.languages.most_common(1)
        return commonest[0][0] if commonest else None

    @property
    def decimal_sign(self) -> DecimalSign:
        """The sign that the evidence is for; a point where there is none."""
        comma_texts = 0
        for language, products in self.languages.items():
            if DECIMAL_SIGNS[language] == "comma":
                comma_texts += products
        all_texts = self.languages.total()
        weight = min(_MOST_WEIGHT, 2.0 * all_texts)
        comma_share = comma_texts / all_texts if all_texts else 0.0
        comma = self.comma_numbers + weight * comma_share
        point = self.point_numbers + weight * (1 - comma_share)
        total = comma + point
        if comma == 0 or point >= _CLEAR * total:
            return "point"
        # One number, where no text tells anything, may be a slip.
        return "comma" if comma >= _CLEAR * total and total >= 2 else "unsure"


def _language_of(text: str) -> str | None:
    """The language whose words a text has most of; None where it has none, or two as many."""
    hits: Counter[str] = Counter()
    for word in set(_WORD.findall(text.lower())):
        for language in _LANGUAGES_BY_WORD.get(word, ()):
            hits[language] += 1
    if not hits:
        return "ja" if _KANA_HANGUL_HAN.search(text) else None
    (language, count), *others = hits.most_common(2)
    rivals: Mapping[str, int] = dict(others)
    tie_with_english = "en" in {language, *rivals} and count in rivals.values()
    return None if tie_with_english else language

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attrx.configs.normalization import bare_form, lookup_form
from attrx.prompts.reading.absence import is_absent, mentions_absence

EVERYWHERE = [
    "n/a", "N/A", "n.a.", "N.A", "n / a", "N\\A", "na", "NA", "None", "none.", "null", "NULL", "-",
    "--", "–", "—", "?", "", ".", '""', "...", "[]", "unknown", "Unspecified", "undefined",
    "(n/a)", "*n/a*", "not available", "Not specified", "Not Mentioned.", "not provided",
    "not stated", "not given", "not known", "not applicable", "not found", "not listed",
    "not disclosed", "not indicated", "not explicitly stated", "not specified in the title",
    "Not mentioned in the product description", "not specified or mentioned", "none specified",
    "none mentioned", "no information", "no information available", "no data", "no mention",
    "no brand mentioned", "No color is specified.", "there is no brand mentioned in the title",
    "The brand is not specified", "brand is unknown", "the title does not mention a brand",
    "the text doesn't say", "cannot be determined", "Can't determine",
    "can’t be determined from the title", "unable to determine",
    "could not be inferred from the text", "I cannot determine the brand",
    "insufficient information", "n/a (not mentioned)", "N/A - not mentioned in the text",
    "n/a, since the text does not tell", "n/a: not given", "None (not specified)",
    "not specified (unisex?)",
]  # fmt: skip
LISTED_ONLY = [
    "nan",
    "NaN",
    "nil",
    "Blank",
    "empty",
    "missing",
    "TBD",
    "unclear",
    "None of the above",
]
VALUES = [
    "NA-KD", "NA!AN", "N.A.G.", "None Such", "Nonesuch", "Unknown Mortal Orchestra",
    "Not Your Mother's", "No Brand", "NO-AD", "No Nonsense", "Noxzema", "Nina Ricci", "Nautica",
    "Null & Void Ltd", "not included", "non-woven", "-5", "Unknown London", "Clear", "Naan",
    "Anna", "no", "not flammable", "none-slip", "None - 100% cotton", "i/a", "0", "A+",
    "Information Society", "Can't Stop", "Available", "Data", "Unspecific", "?!x",
]  # fmt: skip

OTHER_LANGUAGES = """\
nicht angegeben|Nicht Angegeben.|k. A.|k.A.|K. A|keine Angabe|keine Angaben im Text|unbekannt
nicht spezifiziert|nicht erwähnt|Die Marke wird nicht genannt.|nicht angegeben (im Titel)
keine Informationen vorhanden|entfällt|keine Farbe angegeben|non spécifié|Non spécifiée
non précisé|non renseigné|inconnu|pas indiqué|non communiqué|La matière n'est pas précisée
aucune information disponible|non mentionné dans le titre|N.C.|n/d|N.D.|no especificado
No especificada|no se indica|desconocido|sin especificar|no disponible|No aplica|no consta
El texto no especifica|no mencionado en el título|sin información|non specificato
Non specificata|non disponibile|sconosciuto|nessuna informazione|non è indicato
non indicato nel testo|niet vermeld|Niet vermeld in de titel|niet gespecificeerd|onbekend
n.v.t.|niet van toepassing|geen informatie|nie podano|Nie określono|nieznany|brak danych
brak informacji|nie dotyczy|nie podano w tytule|não informado|Não especificado|não disponível
desconhecido|não consta|sem informação|nao informado|belirtilmemiş|BELİRTİLMEMİŞ|bilinmiyor
bilgi yok|mevcut değil|belirtilmedi|不明|未記載|記載なし|情報なし|該当なし|なし
記載されていません|不明です|未知|未指定|未提及|未注明|不详|不适用|无|暂无|无法确定|未标明|없음
해당 없음|해당없음|알 수 없음|정보 없음|명시되지 않음|언급되지 않음|미상|не указано|неизвестно
нет данных|ej angivet|ikke oplyst|okänd|neuvedeno|ei ilmoitettu|nincs megadva"""
LISTED_ONLY_ELSEWHERE = ["keine", "Aucun", "geen", "ninguno", "nessuno", "brak", "yok", "нет", "KA"]
VALUES_ELSEWHERE = """\
sans|ohne|uni|sin mangas|sans manches|ohne Kapuze|keine Ärmel|geen|Aucun|brak|Keine
nicht enthalten|no incluido|non incluso|Sans Souci|No Fear|Non|Nie|Unbekannter Künstler
Inconnu Paris|El Corte Inglés|De Niet|无印良品|不锈钢|不二家|无线|未来|不明瞭|미스터|무지|空気
N.B.A.|O.A.S.I.S.|NVT|ND Design|KA|Ka|noto|Nicht rostend"""


def phrases(lines: str) -> list[str]:
    """The phrases of lines of phrases between bars."""
    return [phrase for line in lines.splitlines() for phrase in line.split("|")]


@pytest.mark.parametrize("text", phrases(OTHER_LANGUAGES))
def test_other_languages_say_so_too(text: str) -> None:
    assert is_absent(bare_form(lookup_form(text)), listed=False)


@pytest.mark.parametrize("text", LISTED_ONLY_ELSEWHERE)
def test_words_of_other_languages_that_may_be_values_say_so_only_where_they_are_none(
    text: str,
) -> None:
    assert is_absent(bare_form(lookup_form(text)), listed=True)
    assert not is_absent(bare_form(lookup_form(text)), listed=False)


@pytest.mark.parametrize("text", phrases(VALUES_ELSEWHERE))
def test_values_of_other_languages_stay_values(text: str) -> None:
    assert not is_absent(bare_form(lookup_form(text)), listed=False)


@pytest.mark.parametrize("text", EVERYWHERE)
def test_these_say_that_the_text_does_not_tell(text: str) -> None:
    assert is_absent(bare_form(lookup_form(text)), listed=False)
    assert is_absent(bare_form(lookup_form(text)), listed=True)


@pytest.mark.parametrize("text", LISTED_ONLY)
def test_these_say_so_only_where_they_cannot_be_values(text: str) -> None:
    assert is_absent(bare_form(lookup_form(text)), listed=True)
    assert not is_absent(bare_form(lookup_form(text)), listed=False)


@pytest.mark.parametrize("text", VALUES)
def test_these_are_values(text: str) -> None:
    assert not is_absent(bare_form(lookup_form(text)), listed=False)


def test_a_very_long_text_is_not_searched() -> None:
    assert not is_absent("n/a - " + "because " * 100, listed=False)


@pytest.mark.parametrize(
    ("sentence", "mentions"),
    [
        ("the gender is not specified in the title", True),
        ("it is unknown", True),
        ("the answer is n/a", True),
        ("the shoe is for men", False),
        ("noteworthy, this is a man's shoe", False),
        ("the unknowns are many", False),
        ("die farbe ist im text nicht angegeben", True),
        ("ブランドは記載されていません", True),
        ("die jacke ist für herren", False),
    ],
)
def test_a_sentence_can_say_so_in_passing(sentence: str, mentions: bool) -> None:
    assert mentions_absence(sentence) is mentions


@given(st.text(max_size=400))
def test_any_text_can_be_asked(text: str) -> None:
    is_absent(bare_form(lookup_form(text)), listed=True)
    mentions_absence(lookup_form(text))

"""Files that do not say how they are encoded."""

from __future__ import annotations

import pytest

from attrx.extraction.inputs.encodings import detect_encoding

WESTERN = {
    "French": "1,Crème hydratante à la rose, été\n2,Pantalon léger doublé pour femme\n"
    "3,Chaussures d’hiver 12 €\n",
    "Spanish": "1,Camiseta de niño en algodón\n2,Pantalón para señora, tamaño pequeño\n"
    "3,Cinturón marrón\n",
    "Italian": "1,Maglietta di qualità, più comoda\n2,È una felpa per città\n",
    "Danish": "1,Blå støvler til mænd\n2,Grøn jakke i uld, størrelse 40\n3,Sko til børn\n",
    "German": "1,Größe für Männer\n2,Grüne Hose süß\n3,Schöne Stiefel\n",
    "signs": "1,Nike® Air\n2,Shoe ½ size 10°\n",
}
OTHERS = {
    "cp1251": "1,Мужская рубашка из хлопка Nike Air\n2,Женские ботинки зимние\n",
    "cp1253": "1,Ανδρικό πουκάμισο από βαμβάκι\n2,Γυναικείες μπότες χειμερινές\n",
    "cp1255": "1,חולצת גברים מכותנה\n2,מגפי נשים לחורף\n",
    "cp1256": "1,قميص رجالي من القطن\n2,أحذية نسائية للشتاء\n",
    "cp932": "1,メンズ ランニングシューズ USBケーブル\n2,レディース 冬用ブーツ 茶色\n",
    "gb18030": "1,男士跑步鞋 USB充电线\n2,女士冬季靴子 棕色\n",
    "cp949": "1,남성용 운동화 USB 케이블\n2,여성용 겨울 부츠 갈색\n",
}


def catalog(lines: str, repeated: int) -> str:
    return "sku,title\n" + lines * repeated


@pytest.mark.parametrize("repeated", [1, 50])
@pytest.mark.parametrize("language", WESTERN)
def test_western_languages_are_read_as_cp1252(language: str, repeated: int) -> None:
    text = catalog(WESTERN[language], repeated)
    found = detect_encoding(text.encode("cp1252"))
    assert text.encode("cp1252").decode(found.name) == text


@pytest.mark.parametrize("encoding", OTHERS)
def test_other_scripts_are_recognised(encoding: str) -> None:
    text = catalog(OTHERS[encoding], 50)
    assert text.encode(encoding).decode(detect_encoding(text.encode(encoding)).name) == text


def test_bytes_that_cp1252_does_not_know_are_read_as_latin_1() -> None:
    assert detect_encoding(b"sku,title\n1,caf\xe9 \x81\n").name == "latin-1"


def test_a_guess_comes_with_the_words_around_the_first_character_in_question() -> None:
    text = (
        "sku,title\n1,shirt\n2,A light pair of trousers, blue, doublé, pour femme et homme\n3,été\n"
    )
    # 20 characters on either side of the é.
    assert (
        detect_encoding(text.encode("cp1252")).sample == "rousers, blue, doublé, pour femme et homm"
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_what_is_no_guess_needs_no_sample(encoding: str) -> None:
    found = detect_encoding(catalog(WESTERN["French"], 1).encode(encoding))
    assert (found.name, found.sample) == (encoding, None)


def test_a_character_that_the_first_bytes_cut_in_two_is_still_utf_8() -> None:
    assert detect_encoding("sku,title\n1,Café".encode()[:-1]).name == "utf-8"


@pytest.mark.parametrize(
    "text",
    [
        "sweter damski, żółty, wełna z domieszką\nbuty męskie, białe",
        "biała bluzka",
        "Mydło z Łodzi, mąka",
        "gęś i łabędź",
    ],
)
def test_polish_of_a_polish_windows_is_read(text: str) -> None:
    assert detect_encoding(f"title\n{text}\n".encode("cp1250")).name == "cp1250"


@pytest.mark.parametrize("text", ["5 m³ Größe", "¿Qué tal?", "£20 für 2¹ Stück", "10 cm³, Café"])
def test_signs_at_the_edge_of_words_are_no_polish(text: str) -> None:
    assert detect_encoding(f"title\n{text}\n".encode("cp1252")).name == "cp1252"

"""What stands between two answers of one text: the next product, second thoughts, or nothing.

A small model that does not stop goes on with a product of its own making and answers for it; a
careful one takes its answer back. The words in between tell the two apart.
"""

from __future__ import annotations

import re
from collections.abc import Container
from typing import Final

from ...configs.normalization import name_key

# In the languages in which a model may speak to itself.
_ITEM: Final = (
    r"(?:product|item|example|entry|listing|article|sample|record|input|case|task|question|test"
    r"|produkt|beispiel|artikel|eingabe|produit|exemple|entrée|producto|ejemplo|artículo|entrada"
    r"|prodotto|esempio|articolo|voorbeeld|invoer|przykład|wejście|produto|exemplo|ürün|örnek)"
)
_NEXT: Final = (
    r"(?:next|second|third|2nd|another|other|new|following|n[äa]chste[nrs]?|zweite[nrs]?|weitere[nrs]?"
    r"|prochaine?|deuxi[èe]me|suivante?|autre|siguiente|segundo|otr[oa]|prossim[oa]|second[oa]|altro"
    r"|volgende?|tweede|ander|nast[ęe]pny|drugi|kolejny|pr[óo]xim[oa]|outr[oa]|sonraki|ikinci)"
)
_LABELS: Final = (
    r"(?:user|human|product|title|product title|product name|product text|product description"
    r"|description|name|input|text|question|q|prompt|instruction|query|task|item|example"
    r"|produkt|titel|beschreibung|eingabe|beispiel|produit|titre|exemple|producto|t[íi]tulo|ejemplo"
    r"|prodotto|titolo|esempio|voorbeeld|produto|exemplo|przyk[łl]ad|tytu[łl]|ürün|başlık"
    r"|商品|商品名|产品|標題|标题|入力|例|示例|제품|상품|예시)"
)
_BEGINNING: Final = r"^[ \t#*>_-]{0,20}"
_MARK: Final = re.compile(
    r"<product>|<\|(?:im_start|user|start_header_id)\|?>|<start_of_turn>|\[INST\]", re.IGNORECASE
)
_HEADING: Final = re.compile(
    rf"{_BEGINNING}(?:{_ITEM}\s*(?:no\.?|nr\.?|number|#|n°)?\s*[#(]?\d+\)?"
    r"\s*[*_]{0,3}\s*(?:[:.)–-]|$)"
    r"|(?:(?:and |now |here is |here's )?(?:for |f[üu]r |pour |para |per |voor |dla )?"
    rf"(?:the |das |den |la |le |el |il |o |het |de )?{_NEXT} {_ITEM}\b)"
    rf"|(?:le |el |il |o )?{_ITEM} (?:suivante?|siguiente|successivo|seguinte)\b"
    r"|(?:次の|下一个|第二个|二つ目の|다음 |두 번째 )(?:商品|产品|例|示例|제품|상품)"
    r"|(?:商品|产品|製品|例|示例|제품|상품|예시)\s*\d+)",
    re.IGNORECASE | re.MULTILINE,
)
_LABEL: Final = re.compile(
    rf"""{_BEGINNING}(?:\d{{1,2}}[.)]\s*)?["']?({_LABELS})["']?[*_]{{0,3}}\s*[:：]""",
    re.IGNORECASE | re.MULTILINE,
)
_TAKES_BACK: Final = re.compile(
    r"\b(?:wait|correction|corrected|correcting|actually|sorry|apolog\w+|oops|mistake|mistaken"
    r"|scratch that|on second thought|on reflection|on closer|re-?check\w*|re-?consider\w*"
    r"|double[- ]check\w*|re-?examin\w*|re-?evaluat\w*|re-?read\w*|hold on|hmm+|instead|not quite"
    r"|(?:revised|updated|fixed|improved|final) (?:answer|version|json|object|output|result|one)"
    r"|let me (?:fix|redo|revise|try)|ignore (?:that|the above|this)|disregard"
    r"|should (?:actually |rather |really )?be(?! noted| mentioned)"
    r"|but (?:it|the|this|that|i|then|now|looking|on|since|as)\b"
    r"|warte|korrektur|berichtigung|eigentlich|entschuldigung|korrigiert\w*|moment mal"
    r"|attende[zs]|attends|en fait|pardon|d[ée]sol[ée]\w*|corrig[ée]\w*"
    r"|espera|correcci[óo]n|en realidad|perd[óo]n|lo siento"
    r"|aspetta|correzione|in realt[àa]|scusa\w*|wacht|correctie|eigenlijk"
    r"|poprawka|w[łl]a[śs]ciwie|przepraszam|corre[çc][ãa]o|na verdade|desculp\w+|d[üu]zeltme"
    r"|asl[ıi]nda)\b"
    r"|(?:^|[.!?\n])\s*(?:no|nope|nein|non)\b\s*[,.:!–-]"
    r"|訂正|すみません|待って|实际上|更正|抱歉|等等|잠깐|정정|사실은",
    re.IGNORECASE,
)
_ALTERNATIVE: Final = re.compile(
    r"\b(?:alternatively|alternative|or|otherwise|possibly|another (?:possibility|option|reading)"
    r"|oder|alternativ|ou|o bien|oppure|lub|albo|veya)\b",
    re.IGNORECASE,
)
_DRAFT: Final = re.compile(
    r"\b(?:first|initially|at first|draft|maybe|perhaps|might|could|i think|i thought|thinking"
    r"|let me|let's|guess|probably|consider|suppose|if|entwurf|vielleicht|zuerst|d'abord|peut-être"
    r"|quizás|primero|forse|prima|misschien|eerst|może|najpierw|talvez|primeiro|belki|önce)\b",
    re.IGNORECASE,
)
_FINAL: Final = re.compile(
    r"(?:\b(?:final(?:ly)?|answer|result|output|json|therefore|thus|hence|conclusion|antwort"
    r"|ergebnis|réponse|respuesta|risposta|antwoord|odpowiedź|resposta|cevap)\b|回答|答案|答え|답변|답)"
    r"[\"'*_ ]*(?:[^\n.!?]{0,60}[:：])?[\s`*_]*(?:json\s*)?$",
    re.IGNORECASE,
)
_WORD: Final = re.compile(r"\w+")
_MOST_WORDS_OF_ANNOUNCEMENT: Final = 20


def find_next_turn(text: str, own_names: Container[str] = ()) -> int | None:
    """Where the model goes on with a turn that is not its own: the next product, the user.

    Args:
        text: What stands behind an answer.
        own_names: `name_key` of names that are the answer's own: of an attribute `title`, the line
            `Title: ...` is the answer.
    """
    places = [match.start() for match in (_MARK.search(text), _HEADING.search(text)) if match]
    for label in _LABEL.finditer(text):
        if name_key(label[1]) not in own_names:
            places.append(label.start())
            break
    return min(places, default=None)


def takes_back(text: str) -> bool:
    """Whether words between two answers take the first one back."""
    return _TAKES_BACK.search(text) is not None


def offers_another(text: str) -> bool:
    """Whether words between two answers leave it open which one is meant."""
    return _ALTERNATIVE.search(text) is not None


def announces_answer(text: str) -> bool:
    """Whether the words before an answer announce it, and are no thoughts that lead to it."""
    if _FINAL.search(text[-200:]):
        return True
    if len(_WORD.findall(text[:2000])) > _MOST_WORDS_OF_ANNOUNCEMENT:
        return False
    return _DRAFT.search(text) is None

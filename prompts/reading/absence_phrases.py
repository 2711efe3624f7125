"""How n/a is put in other languages than English: whole answers, as `bare_form` leaves them.

Words that are values as well are in `LISTED_ONLY`, which counts only where an answer is a listed
value or a number: French `aucun`, Dutch `geen`, Polish `brak`, Turkish `yok`. Words that are mostly
values are in neither: `sans`, `ohne`, `sin`, `uni`.
"""

from __future__ import annotations

from typing import Final

_GERMAN: Final = (
    r"nicht (?:n[äa]her |weiter |explizit |ausdr[üu]cklich |eindeutig |im text )?"
    r"(?:angegeben|bekannt|benannt|vorhanden|verf[üu]gbar|genannt|spezifiziert|erw[äa]hnt"
    r"|ersichtlich|erkennbar|zutreffend|anwendbar|definiert|bestimmt|bestimmbar|ermittelbar"
    r"|auffindbar|feststellbar|gefunden|aufgef[üu]hrt|gelistet|beschrieben|vermerkt|hinterlegt)",
    r"(?:es (?:gibt|liegen|liegt) )?keine(?:rlei)? (?:n[äa]heren? |genauen? )?"
    r"(?:angaben?|informationen|information|infos?|daten|nennung|erw[äa]hnung|auskunft|hinweise?)"
    r"(?: (?:vor|vorhanden|verf[üu]gbar|gefunden|m[öo]glich))?",
    r"k\. ?a|k/a|o\. ?a|unbekannt|unspezifiziert|ohne angaben?",
    r"keine \w+ (?:angegeben|genannt|erw[äa]hnt)",
    r"l[äa]sst sich nicht (?:bestimmen|ermitteln|feststellen)|entf[äa]llt",
)
_FRENCH_PARTICIPLE: Final = (
    r"(?:sp[ée]cifi[ée]|pr[ée]cis[ée]|indiqu[ée]|mentionn[ée]|renseign[ée]|communiqu[ée]|d[ée]fini"
    r"|d[ée]termin[ée]|fourni|connu|trouv[ée]|identifi[ée]|donn[ée]|divulgu[ée]|list[ée]"
    r"|pr[ée]sent[ée]|disponible|applicable|d[ée]terminable)(?:e|s|es)?"
)
_FRENCH: Final = (
    rf"(?:non|pas|n'est pas|n'a pas [ée]t[ée]) {_FRENCH_PARTICIPLE}",
    r"aucune? (?:information|donn[ée]e|mention|indication|pr[ée]cision)s?"
    r"(?: (?:disponible|fournie|donn[ée]e|trouv[ée]e)s?)?",
    r"pas d'informations?(?: disponibles?)?",
    r"informations? (?:non disponible|manquante|indisponible)s?",
    r"inconnue?s?|ind[ée]termin[ée]e?s?|sans objet|n\. ?c|n/c|n\. ?s|n/s|non renseign[ée]e?s?",
)
_SPANISH: Final = (
    r"no (?:se |est[áa] |es |ha sido |aparece )?(?:especificad|indicad|mencionad|proporcionad"
    r"|informad|determinad|definid|conocid|encontrad|detallad|facilitad|declarad|identificad)[oa]s?",
    r"no (?:se )?(?:especifica|indica|menciona|informa|proporciona|conoce|sabe|encuentra|consta"
    r"|aplica|disponible|aplicable|determinable|puede determinar|figura|detalla)s?",
    r"sin (?:especificar|informaci[óo]n|datos?|determinar|indicar|definir|informar)",
    r"(?:no hay|ninguna) (?:informaci[óo]n|datos?|menci[óo]n)(?: disponibles?)?",
    r"desconocid[oa]s?|informaci[óo]n no disponible|s/d|n/e",
)
_ITALIAN: Final = (
    r"non (?:[èe] |[èe] stat[oa] |viene )?(?:specificat|indicat|menzionat|fornit|not|definit"
    r"|dichiarat|riportat|trovat|determinat|conosciut|pervenut|segnalat|precisat|identificat)[oaie]",
    r"non (?:si (?:specifica|conosce|sa)|disponibil[ei]|applicabil[ei]|determinabil[ei]"
    r"|specifica|indica|pervenuto)",
    r"nessun[oa]? (?:informazion[ei]|indicazion[ei]|dat[oi]|menzione)(?: disponibil[ei])?",
    r"sconosciut[oaie]|ignot[oaie]|(?:informazion[ei]|dat[oi]) (?:non disponibil[ei]|mancant[ei])",
)
_DUTCH: Final = (
    r"niet (?:nader |expliciet |verder )?(?:vermeld|gespecificeerd|bekend|beschikbaar|opgegeven"
    r"|aangegeven|genoemd|gevonden|bepaald|ingevuld|gedefinieerd|van toepassing|te bepalen"
    r"|duidelijk|beschreven|omschreven)",
    r"geen (?:informatie|gegevens|vermelding|opgave|info|data|melding)(?: beschikbaar| gevonden)?",
    r"onbekend|ongespecificeerd|n\. ?v\. ?t|n\. ?b",
)
_POLISH: Final = (
    r"nie (?:zosta[łl][oa]? )?(?:podan|okre[śs]lon|wskazan|wymienion|znalezion|sprecyzowan"
    r"|zdefiniowan|ustalon|wspomnian|ujawnion|opisan)[oyae]",
    r"nie (?:dotyczy|wiadomo|ma (?:danych|informacji)|dost[ęe]pn[yae])|niedost[ęe]pn[yae]",
    r"brak (?:danych|informacji|wzmianki|opisu)",
    r"nieznan[yae]|nieokre[śs]lon[yae]|b\. ?d|nie ?dot",
)
_PORTUGUESE: Final = (
    r"n[ãa]o (?:foi |[ée] |est[áa] |se )?(?:informad|especificad|mencionad|indicad|fornecid|definid"
    r"|encontrad|identificad|determinad|divulgad|declarad|descrit|conhecid)[oa]s?",
    r"n[ãa]o (?:se )?(?:dispon[íi]vel|aplica|aplic[áa]vel|consta|especifica|informa|menciona|sei)",
    r"(?:n[ãa]o h[áa]|nenhuma|sem) (?:informa[çc][ãa]o|informa[çc][õo]es|dados|men[çc][ãa]o"
    r"|especifica[çc][ãa]o)(?: dispon[íi]ve(?:l|is))?",
    r"informa[çc][ãa]o n[ãa]o dispon[íi]vel|sem especificar|desconhecid[oa]s?|indispon[íi]vel|n/i",
)
_TURKISH: Final = (
    r"(?:metinde |a[çc][ıi]k[çc]a )?belirtil(?:memi[şs](?:tir)?|medi|miyor|mi[şs] de[ğg]il)",
    r"(?:bilgi|veri) (?:yok(?:tur)?|verilmemi[şs]|mevcut de[ğg]il|bulunmuyor|bulunamad[ıi])",
    r"bilinm(?:iyor|eyen|emekte(?:dir)?)|mevcut de[ğg]il|ge[çc]erli de[ğg]il|uygulanamaz"
    r"|tan[ıi]mlanmam[ıi][şs]|tespit edilemedi|bulunamad[ıi]|belli de[ğg]il",
)
_NORDIC: Final = (
    r"(?:ej|inte|ikke) (?:n[æaä]rmere |n[äa]rmare )?(?:angivet|angivna|angitt|oplyst|opplyst"
    r"|oppgitt|uppgivet|specificeret|spesifisert|specificerat|n[æa]vnt|nevnt|n[äa]mnt|kendt|kjent|k[äa]nt"
    r"|tilg[æja]+ngelig[t]?|tillg[äa]nglig[t]?|relevant)",
    r"ok[äa]n[dt]|ukendt|ukjent|uppgift saknas|(?:ingen|inga) (?:uppgift(?:er)?|information"
    r"|opplysninger|oplysninger|data)",
    r"ei (?:ilmoitettu|tiedossa|saatavilla|m[äa][äa]ritelty|mainittu|tietoa)|tuntematon",
)
_EASTERN: Final = (
    r"neuvedeno|neuvedené|nespecifikov[aá]no|nezn[aá]m[ýéáyea]|nen[ií] (?:uvedeno|zn[aá]mo"
    r"|specifikov[aá]no|k dispozici)|neuveden[éeý]|nie je (?:uvedené|známe|k dispozícii)",
    r"nincs (?:megadva|adat|információ|feltüntetve)|ismeretlen|nem ismert|nem elérhető",
    r"nespecificat[ăa]?|necunoscut[ăa]?|nu (?:este |e )?(?:specificat|men[țt]ionat|disponibil"
    r"|precizat|se aplic[ăa])[ăa]?",
    r"не (?:указан[оаы]?|известн[оаы]|определен[оаы]?|определён[оаы]?|применимо|упоминается"
    r"|вказан[оаі]|відом[оаі])|неизвестн[оаы]|невідом[оаі]|нет (?:данных|информации)"
    r"|немає (?:даних|інформації)|н/д",
    r"άγνωστ[οη]|δεν (?:αναφέρεται|διατίθεται|καθορίζεται|προσδιορίζεται)|μη διαθέσιμο",
    r"غير (?:محدد|معروف|متوفر|متاح|مذكور)|لا (?:يوجد|ينطبق)|غير (?:محددة|معروفة)",
    r"לא (?:צוין|ידוע|זמין|רלוונטי)",
)
_PLACE: Final = (
    r"(?: (?:im|in|auf|aus|bei|vom|von|am|zu|zur|zum|dans|sur|par|pour|en|del?|nel|nella|nello|sul"
    r"|sulla|per|no|na|nos|nas|w|we|o|dla|uit|op|voor|door|over|i|för|for|om)\b.{0,120})?"
)
# Up to five words in front: `Die Marke ist`, `La marque n'est`, `El texto`, `Il peso`.
_SUBJECT: Final = (
    r"(?:(?:die|der|das|es|dies|la|le|les|el|los|las|il|lo|l'|de|het|o|a|os|as|marka|w|den|det)\b"
    r"[^.,;]{0,60}? )?(?:ist |sind |wird |wurde |wurden |est |is |wordt |zijn )?"
)
_WESTERN: Final = (
    *_GERMAN,
    *_FRENCH,
    *_SPANISH,
    *_ITALIAN,
    *_DUTCH,
    *_POLISH,
    *_PORTUGUESE,
    *_TURKISH,
    *_NORDIC,
    *_EASTERN,
)

PHRASES: Final = rf"{_SUBJECT}(?:{'|'.join(_WESTERN)}){_PLACE}"
"""Phrases of languages that put spaces between words."""

WORDS: Final = r"n[./] ?d"
"""Abbreviations that several languages share: non disponibile, no disponible, não disponível."""

_JAPANESE: Final = (
    r"不明|未記載|未指定|未定|未設定|未確認|未詳|不詳|非公開|適用外|対象外|判断不可|特定不可"
    r"|(?:特に)?(?:記載|情報|指定|該当|明記|データ|言及|表記|設定|回答|値)(?:が|は|も)?"
    r"(?:なし|無し|無|ない|ありません|ございません|せず|しない|されていない|されていません)"
    r"|(?:[^。]{0,40}(?:は|が|に))?(?:記載|明記|指定|言及|特定)(?:さ|で)(?:れていない|れていません"
    r"|きない|きません|れておりません)|(?:分か|わか)(?:らない|りません)|特になし|なし|無し"
)
_CHINESE: Final = (
    r"未(?:知|指定|注明|標明|标明|说明|說明|提及|提供|标注|標註|列出|明确|明確|透露|填写|填寫|定义|定義"
    r"|公开|公開|详|詳|确定|確定)|不(?:明|详|詳|适用|適用|确定|確定|清楚|知道|可用)"
    r"|(?:暂)?(?:无|無|没有|沒有|缺少|暂无|暫無)(?:相关|相關)?(?:信息|資訊|资讯|数据|數據|资料|資料"
    r"|说明|說明|提及|记录|記錄)?|(?:无法|無法|不能)(?:确定|確定|判断|判斷|得知|识别|識別)"
    r"|(?:信息|資訊|数据|資料)不足|暂缺|空缺|缺失"
    r"|(?:[^。]{0,40})?(?:文本|描述|标题|產品|产品|商品)?(?:中)?(?:没有|沒有|并未|並未|未)(?:提及|说明"
    r"|說明|提供|指定|注明|标明)"
)
_KOREAN: Final = (
    r"(?:해당|정보|언급|명시|표기|데이터|기재|자료|해당 ?사항|관련 정보|값)?(?:이|가)? ?없"
    r"(?:음|습니다|다)"
    r"|(?:명시|언급|지정|기재|제공|표기|표시|공개|확인)(?:되지|되어 있지) 않"
    r"(?:음|았습니다|습니다|았음)"
    r"|알 ?수 ?없(?:음|습니다)|알려지지 않(?:음|았습니다)|확인 ?불가"
    r"|미(?:상|지정|기재|정|확인|표기|공개)|불명(?:확)?|불분명|해당 ?사항 ?없음|적용 ?불가"
)
EASTERN_ASIAN: Final = rf"(?:{_JAPANESE}|{_CHINESE}|{_KOREAN})(?:です|だ|。|\.)*"
"""Phrases of languages that write without spaces, or nearly so."""

LISTED_ONLY: Final = (
    r"keine?[rs]?|aucune?s?|ningun[oa]s?|ningún|nessun[oa]?|geen|nenhuma?|brak|yok|ka|nvt|nc|nd"
    r"|bd|s/o|leer|fehlt|fehlend|vide|manquant|vac[íi]o|vuoto|leeg|puste|vazio|bo[şs]|belirsiz"
    r"|unklar|onduidelijk|indefinid[oa]|indefinito|non d[ée]fini|nincs|нет|отсутствует|ingen"
    r"|空|空白"
)
"""Words that say n/a only where they cannot be somebody's value."""

"""Names of units that pint does not know under this spelling -> the name that it does know.

What catalogs of other countries write, and the codes of UN/CEFACT Recommendation 20, which
schema.org has in `unitCode`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_SPELLINGS_BY_NAME: Final = {
    "fluid_ounce": "fl oz|fl. oz|fl.oz|floz|fluid oz|fluid ounce|fluid ounces",
    "square_foot": "sq ft|sq. ft|ft2|ft²",
    "square_inch": "sq in|in2",
    "meter**2": "m2|qm|sq m|平方米|㎡",
    "centimeter**2": "cm2|sq cm|qcm",
    "millimeter**2": "mm2",
    "cubic_centimeter": "cc|cm3|ccm",
    "meter**3": "m3|立方米",
    "millimeter**3": "mm3",
    "decimeter**3": "dm3",
    "cubic_inch": "in3|cu in",
    "cubic_foot": "ft3|cu ft",
    "gram": "gr|gm|gms|gramm|grammes|gramme|gramo|gramos|grammo|grammi|grama|gramas|gramów|gramy"
    "|克|公克|グラム|그램|г|гр|грамм|граммов",
    "kilogram": "kgs|kilo|kilos|kilogramm|kilogrammes|kilogramme|kilogramo|kilogramos"
    "|chilogrammo|chilogrammi|chilo|chili|quilo|quilos|quilograma|quilogramas|kilogramów"
    "|kilogramy|千克|公斤|キログラム|キロ|킬로그램|кг|килограмм",
    "milligram": "milligramm|milligrammes|milligramme|miligramo|miligramos|milligrammi"
    "|miligramas|毫克|ミリグラム|밀리그램|мг",
    "microgram": "mcg",
    "meter": "metri|metro|metros|mètre|mètres|metrów|米|公尺|メートル|미터|м|метр",
    "centimeter": "zentimeter|centimètre|centimètres|centímetro|centímetros|centimetro|centimetri"
    "|centimetrów|santimetre|厘米|公分|センチ|センチメートル|센티미터|센티|см",
    "millimeter": "millimètre|millimètres|milímetro|milímetros|millimetro|millimetri|milimetrów"
    "|milimetre|毫米|ミリ|ミリメートル|밀리미터|мм",
    "kilometer": "kilomètre|kilomètres|kilómetro|kilómetros|chilometri|公里|千米|км",
    "inch": "\"|''|zoll|pouce|pouces|pulgada|pulgadas|pollice|pollici|polegada|polegadas|cal|cale"
    "|cali|duim|inç|英寸|吋|インチ|인치|дюйм",
    "foot": "'|fuß|fuss|pied|pieds|pie|pies|piede|piedi|pés|英尺|フィート|피트",
    "liter": "litre|litres|ltr|litro|litros|litri|liters|litry|litrów|升|公升|リットル|리터|л|литр",
    "milliliter": "millilitre|millilitres|mililitro|mililitros|millilitri|mililitry|毫升"
    "|ミリリットル|밀리리터|мл",
    "ounce": "unze|unzen|once|onces|onza|onzas|oncia|once|uncja|盎司|オンス|온스",
    "pound": "livre|livres|libra|libras|libbra|libbre|funt|funtów|磅|ポンド|파운드",
    "minute": "minuten|minuto|minutos|minuti|minut|分钟|分|분",
    "hour": "stunde|stunden|std|heure|heures|hora|horas|ora|ore|uur|godzin|saat|小时|時間|시간",
    "degree_Celsius": "℃",
    "degree_Fahrenheit": "℉",
}

NAMES_IN_PINT: Final[Mapping[str, str]] = {
    spelling: name
    for name, spellings in _SPELLINGS_BY_NAME.items()
    for spelling in spellings.split("|")
}
"""A spelling in lower case, without a full stop behind it -> the name."""

NAMES_BY_CODE: Final[Mapping[str, str]] = {
    "KGM": "kilogram",
    "GRM": "gram",
    "MGM": "milligram",
    "MC": "microgram",
    "TNE": "metric_ton",
    "LBR": "pound",
    "ONZ": "ounce",
    "STI": "stone",
    "MTR": "meter",
    "DMT": "decimeter",
    "CMT": "centimeter",
    "MMT": "millimeter",
    "4H": "micrometer",
    "KMT": "kilometer",
    "INH": "inch",
    "FOT": "foot",
    "YRD": "yard",
    "SMI": "mile",
    "LTR": "liter",
    "DLT": "deciliter",
    "CLT": "centiliter",
    "MLT": "milliliter",
    "OZA": "fluid_ounce",
    "OZI": "imperial_fluid_ounce",
    "GLL": "gallon",
    "GLI": "imperial_gallon",
    "PTL": "pint",
    "QTL": "quart",
    "MTK": "meter**2",
    "CMK": "centimeter**2",
    "MMK": "millimeter**2",
    "INK": "square_inch",
    "FTK": "square_foot",
    "MTQ": "meter**3",
    "DMQ": "decimeter**3",
    "CMQ": "cubic_centimeter",
    "MMQ": "millimeter**3",
    "INQ": "cubic_inch",
    "FTQ": "cubic_foot",
    "WTT": "watt",
    "KWT": "kilowatt",
    "KWH": "kilowatt_hour",
    "VLT": "volt",
    "AMP": "ampere",
    "4K": "milliampere",
    "AMH": "ampere_hour",
    "HTZ": "hertz",
    "KHZ": "kilohertz",
    "MHZ": "megahertz",
    "A86": "gigahertz",
    "BAR": "bar",
    "PAL": "pascal",
    "NEW": "newton",
    "CEL": "degree_Celsius",
    "FAH": "degree_Fahrenheit",
    "KEL": "kelvin",
    "SEC": "second",
    "MIN": "minute",
    "HUR": "hour",
    "DAY": "day",
    "MON": "month",
    "ANN": "year",
    "P1": "percent",
    "4L": "megabyte",
    "E34": "gigabyte",
}
"""A code of UN/CEFACT -> the name; only in capitals, as a unit's spelling may be like one."""

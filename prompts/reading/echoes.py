"""The form of an answer said back in place of an answer: `string`, `<brand>`, `...`, the schema.

Weak models fill the form that they were shown with itself. No such filling is a value, unless the
config lists it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from ...configs.normalization import name_key, normal_form, value_form
from ...configs.settings import Attribute
from .answer_keys import find_answer

_PLACEHOLDER_TEXTS: Final = frozenset(
    {
        "string", "str", "text", "number", "integer", "int", "float", "boolean", "bool", "enum",
        "array", "object", "value", "varchar", "numeric", "null or string", "string or null",
        "string optional", "string required", "text or null", "number or null", "type string",
        "one of", "option", "options", "placeholder", "example", "example value", "sample value",
        "string value", "some value", "the value", "value here", "text here", "string here",
        "answer here", "your answer", "your answer here", "your value", "your value here",
        "insert here", "insert value here", "fill in", "to be filled", "to be determined",
        "extracted value", "attribute value", "allowed value", "one of the values",
        "one of the options", "one of the enum values", "any text", "any string",
        "a number with its unit if the text gives one", "free text", "zeichenkette", "wert",
        "chaîne", "cadena", "valeur", "valor", "valore", "waarde", "wartość", "değer", "文字列",
        "字符串", "值", "문자열",
    }
)  # fmt: skip
_PLACEHOLDERS: Final = frozenset(map(name_key, _PLACEHOLDER_TEXTS))
_BLANK: Final = re.compile(r"(?:\.{2,}|…|_{2,}|x{3,}|X{3,}|\$[a-zA-Z_]\w*)+")
_ANY_CONTENT: Final = re.compile(r"<[^<>]{0,100}>|\{\{[^{}]{0,100}\}\}|\$\{[^{}]{0,100}\}")
_BRACKETS: Final = re.compile(r"\{([^{}]{0,100})\}|\[([^\[\]]{0,100})\]|\(([^()]{0,100})\)")
_FILLER: Final = frozenset(
    {
        "a", "actual", "an", "attribute", "extracted", "fill", "for", "from", "given", "here",
        "in", "insert", "is", "its", "name", "of", "product", "s", "products", "string", "text",
        "that", "the", "this", "to", "type", "value", "your",
    }
)  # fmt: skip
_BETWEEN_OPTIONS: Final = re.compile(r"\s*(?:[|/,;]|\bor\b|\band\b)\s*")
_SCHEMA_KEYS: Final = frozenset(
    {"type", "enum", "description", "examples", "format", "anyof", "oneof", "allof", "items",
     "properties", "ref", "const", "default", "title", "maxlength", "minlength", "pattern"}
)  # fmt: skip
_LONGEST: Final = 300


class Echoes:
    """Tells the form from an answer, for one attribute.

    Args:
        attribute: As configured.
    """

    def __init__(self, attribute: Attribute) -> None:
        self._name_key = name_key(attribute.name)
        self._name_words = _words(attribute.name)
        self._description = normal_form(attribute.description).rstrip(".")
        self._options = {value_form(value) for value in attribute.values}

    def includes(self, value: object) -> bool:
        """Whether a value of an answer is a part of the form.

        Args:
            value: A text, or what else the JSON of an answer holds.
        """
        if isinstance(value, str):
            return self._is_text_of_form(value.strip())
        if isinstance(value, Mapping):
            keys = {name_key(str(key)) for key in value}
            return bool(keys) and keys <= _SCHEMA_KEYS and not find_answer(value)
        if isinstance(value, list):
            return bool(value) and all(map(self.includes, value))
        return False

    def _is_text_of_form(self, text: str) -> bool:
        if not text or len(text) > _LONGEST:
            return False
        if _BLANK.fullmatch(text) or _ANY_CONTENT.fullmatch(text):
            return True
        brackets = _BRACKETS.fullmatch(text)
        content = brackets[brackets.lastindex or 0] if brackets else text
        key = name_key(content)
        if key in _PLACEHOLDERS or (key and key == self._name_key):
            return True
        if self._description and normal_form(text).startswith(self._description):
            return True
        return self._is_name_with_filler(content) or self._lists_all_options(content)

    def _is_name_with_filler(self, text: str) -> bool:
        """Whether a text is the attribute's name in other words: `the brand of the product`."""
        words = []
        for word in _words(text):
            if word in self._name_words or word not in _FILLER:
                words.append(word)
        return bool(words) and words == self._name_words

    def _lists_all_options(self, text: str) -> bool:
        """Whether a text is all listed values side by side: `male | female | unisex`."""
        if len(self._options) < 2:
            return False
        parts = [value_form(part) for part in _BETWEEN_OPTIONS.split(text)]
        return len(parts) >= len(self._options) and self._options <= set(parts)


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", normal_form(text.replace("_", " ")))

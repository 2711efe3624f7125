"""Products -> request messages."""

from __future__ import annotations

import hashlib
import json
import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ...configs.message import Message
from ...configs.product import Product
from ...configs.settings import ABSENT_LABEL, Attribute, PromptSettings
from .attribute_parts import AskedAttribute, answer_schema
from .demonstrations import Demonstration, read_demonstrations
from .fence import FENCE_VERSION, fenced
from .rendering import PromptTemplate

_MOST_FRAMES: Final = 4096


@dataclass(frozen=True, slots=True)
class Prompt:
    """What is sent to a model about one product.

    Attributes:
        messages: The system message, demonstrations as user and assistant turns, and the product as
            the last user turn.
        json_schema: JSON Schema of the answer, or None where plain text is asked. The same object
            for every product that is asked the same attributes; do not change it.
    """

    messages: tuple[Message, ...]
    json_schema: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class _Frame:
    """What is the same for all products that are asked the same attributes in one request."""

    template: PromptTemplate
    variables: Mapping[str, Any]
    opening: tuple[Message, ...]
    json_schema: Mapping[str, Any] | None


class PromptWriter:
    """Writes the requests of one configuration.

    Styles: `list` names the attributes in prose, `schema` describes them as a JSON schema does, and
        both ask for a JSON
    object; `choice` asks for one closed attribute per request and for one of its options alone
    (LLM-Ensemble, Fang et al., SIGIR 2024), and open attributes as `list` does. A user's own
    template takes the place of the style's.

    Args:
        prompt: Style, template and demonstrations.
        attributes: All attributes of the config.

    Raises:
        ConfigError: A template or the demonstrations cannot be used; with file and line.
    """

    def __init__(self, prompt: PromptSettings, attributes: Sequence[Attribute]) -> None:
        self._style = prompt.style
        self._alone = prompt.per == "attribute"
        self._main = PromptTemplate(prompt.style, prompt.template)
        self._open = PromptTemplate("list") if prompt.style == "choice" else self._main
        asked = [AskedAttribute.of(attribute) for attribute in attributes]
        self._demonstrations = (
            read_demonstrations(prompt.demonstrations, asked) if prompt.demonstrations else ()
        )
        self._parts: dict[str, tuple[Attribute, str]] = {}
        self._frames: dict[tuple[str, ...], tuple[tuple[Attribute, ...], _Frame]] = {}
        self._check(attributes)

    def requests(self, attributes: Sequence[Attribute]) -> tuple[tuple[Attribute, ...], ...]:
        """Split the attributes asked of one product into requests."""
        if self._alone:
            return tuple((attribute,) for attribute in attributes)
        if self._style != "choice":
            return (tuple(attributes),) if attributes else ()
        together = tuple(attribute for attribute in attributes if attribute.open)
        alone = tuple((attribute,) for attribute in attributes if attribute.closed)
        return (*alone, *((together,) if together else ()))

    def write(self, product: Product, attributes: Sequence[Attribute]) -> Prompt:
        """Write one request.

        Args:
            product: The product asked about.
            attributes: The attributes asked: one of what `requests` returns.

        Raises:
            ConfigError: A user's template fails on this product.
        """
        frame = self._frame(tuple(attributes))
        user = _user(frame.template, frame.variables, product.fields)
        return Prompt((*frame.opening, user), frame.json_schema)

    def part(self, attribute: Attribute) -> str:
        """Digest of what of this attribute reaches the model.

        It covers the template's version or source, the fence's version, the attribute's name,
        description, canonical values and examples, and what demonstrations answer for it; not the
        other attributes, their order, or anything that is only read off the answer.
        """
        known = self._parts.get(attribute.name)
        if known is not None and known[0] is attribute:
            return known[1]
        asked = AskedAttribute.of(attribute)
        shown = [
            [shot.fields, shot.answer[asked.name]]
            for shot in self._demonstrations
            if asked.name in shot.answer
        ]
        what = [
            self._template(attribute).digest,
            FENCE_VERSION,
            [asked.name, asked.description, asked.values, asked.examples, asked.number],
            shown,
        ]
        digest = hashlib.sha256(json.dumps(what, ensure_ascii=True).encode()).hexdigest()
        self._parts[attribute.name] = (attribute, digest)
        return digest

    def _template(self, attribute: Attribute) -> PromptTemplate:
        return self._open if attribute.open else self._main

    def _frame(self, attributes: tuple[Attribute, ...]) -> _Frame:
        names = tuple(attribute.name for attribute in attributes)
        known = self._frames.get(names)
        if known is not None and all(map(operator.is_, known[0], attributes)):
            return known[1]
        if len(self._frames) >= _MOST_FRAMES:
            self._frames.clear()
        frame = self._new_frame(attributes)
        self._frames[names] = (attributes, frame)
        return frame

    def _new_frame(self, attributes: tuple[Attribute, ...]) -> _Frame:
        asked = tuple(AskedAttribute.of(attribute) for attribute in attributes)
        template = self._template(attributes[0])
        plain = self._style == "choice" and attributes[0].closed
        variables = _variables(asked)
        system = Message(role="system", content=template.render("system", variables))
        turns = [
            turn
            for shot in self._demonstrations
            for turn in _turns(shot, asked, template, plain=plain)
        ]
        return _Frame(
            template, variables, (system, *turns), None if plain else answer_schema(asked)
        )

    def _check(self, attributes: Sequence[Attribute]) -> None:
        """Find a template that cannot be used before the first product is read."""
        product = Product("", (("title", "A product"),))
        for request in self.requests(attributes):
            if fenced(product.fields) not in self.write(product, request).messages[-1]["content"]:
                self._template(request[0]).fail(
                    "the block 'user' does not show the product, unchanged"
                )


def _variables(asked: Sequence[AskedAttribute]) -> dict[str, Any]:
    names = [attribute.name for attribute in asked]
    keys = ", ".join(json.dumps(name, ensure_ascii=False) for name in names)
    return {"attributes": asked, "names": names, "keys": keys, "absent": ABSENT_LABEL}


def _user(
    template: PromptTemplate, variables: Mapping[str, Any], fields: tuple[tuple[str, str], ...]
) -> Message:
    return Message(
        role="user", content=template.render("user", {**variables, "product": fenced(fields)})
    )


def _turns(
    shot: Demonstration,
    attributes: Sequence[AskedAttribute],
    template: PromptTemplate,
    *,
    plain: bool,
) -> tuple[Message, ...]:
    """A demonstration as it would have been asked and answered, for those of the attributes that it answers."""
    shown = [attribute for attribute in attributes if attribute.name in shot.answer]
    if not shown:
        return ()
    answer = {attribute.name: shot.answer[attribute.name] for attribute in shown}
    content = answer[shown[0].name] if plain else json.dumps(answer, ensure_ascii=False)
    return _user(template, _variables(shown), shot.fields), Message(
        role="assistant", content=content
    )

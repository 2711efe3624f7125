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
from .attribute_parts import AttributePart, answer_schema
from .demonstrations import Demonstration, read_demonstrations
from .fence import FENCE_VERSION, fence
from .rendering import PromptTemplate

Attributes = tuple[Attribute, ...]
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

    attributes: Attributes
    template: PromptTemplate
    variables: Mapping[str, Any]
    opening: tuple[Message, ...]
    json_schema: Mapping[str, Any] | None


class PromptWriter:
    """Writes the requests of one configuration.

    Styles: `list` names the attributes in prose, `schema` describes them as a JSON schema does, and
    both ask for a JSON object; `choice` asks for one closed attribute per request and for one of
    its options alone (LLM-Ensemble, Fang et al., SIGIR 2024), and open attributes as `list` does. A
    user's own template takes the place of the style's.

    Args:
        prompt: Style, template and demonstrations.
        attributes: All attributes of the config.

    Raises:
        ConfigError: A template or the demonstrations cannot be used; with file and line.
    """

    def __init__(self, prompt: PromptSettings, attributes: Sequence[Attribute]) -> None:
        self._style = prompt.style
        self._asks_one_attribute = prompt.per == "attribute"
        self._template = PromptTemplate(prompt.style, prompt.template)
        self._open_template = self._template
        if prompt.style == "choice":
            self._open_template = PromptTemplate("list")
        self._demonstrations: tuple[Demonstration, ...] = ()
        if prompt.demonstrations:
            parts = [AttributePart.of(attribute) for attribute in attributes]
            self._demonstrations = read_demonstrations(prompt.demonstrations, parts)
        self._digests: dict[str, tuple[Attribute, str]] = {}
        self._frames: dict[tuple[str, ...], _Frame] = {}
        self._check(attributes)

    def requests(self, attributes: Sequence[Attribute]) -> tuple[Attributes, ...]:
        """Split the attributes asked of one product into requests."""
        if self._asks_one_attribute:
            return tuple((attribute,) for attribute in attributes)
        if self._style != "choice":
            return (tuple(attributes),) if attributes else ()
        requests: list[Attributes] = []
        open_attributes = []
        for attribute in attributes:
            if attribute.closed:
                requests.append((attribute,))
            else:
                open_attributes.append(attribute)
        if open_attributes:
            requests.append(tuple(open_attributes))
        return tuple(requests)

    def write(self, product: Product, attributes: Sequence[Attribute]) -> Prompt:
        """Write one request.

        Args:
            product: The product asked about.
            attributes: The attributes asked: one of what `requests` returns.

        Raises:
            ConfigError: A user's template fails on this product.
        """
        frame = self._frame(tuple(attributes))
        user_turn = _user_turn(frame.template, frame.variables, product.fields)
        messages = (*frame.opening, user_turn)
        return Prompt(messages, frame.json_schema)

    def part_digest(self, attribute: Attribute) -> str:
        """Digest of what of this attribute reaches the model.

        It covers the template's version or source, the fence's version, the attribute's name,
        description, canonical values and examples, and what demonstrations answer for it; not the
        other attributes, their order, or anything that is only read off the answer.
        """
        memo = self._digests.get(attribute.name)
        if memo is not None:
            digested_attribute, digest = memo
            if digested_attribute is attribute:
                return digest
        part = AttributePart.of(attribute)
        demonstrations = []
        for demonstration in self._demonstrations:
            value = demonstration.answer.get(part.name)
            if value is not None:
                demonstrations.append([demonstration.fields, value])
        content = [
            self._template_for(attribute).digest,
            FENCE_VERSION,
            [
                part.name,
                part.description,
                part.values,
                part.examples,
                part.number,
            ],
            demonstrations,
        ]
        text = json.dumps(content, ensure_ascii=True)
        digest = hashlib.sha256(text.encode()).hexdigest()
        self._digests[attribute.name] = (attribute, digest)
        return digest

    def _template_for(self, attribute: Attribute) -> PromptTemplate:
        return self._open_template if attribute.open else self._template

    def _frame(self, attributes: Attributes) -> _Frame:
        names = tuple(attribute.name for attribute in attributes)
        frame = self._frames.get(names)
        if frame is None or not all(map(operator.is_, frame.attributes, attributes)):
            if len(self._frames) >= _MOST_FRAMES:
                self._frames.clear()
            frame = self._new_frame(attributes)
            self._frames[names] = frame
        return frame

    def _new_frame(self, attributes: Attributes) -> _Frame:
        parts = tuple(AttributePart.of(attribute) for attribute in attributes)
        template = self._template_for(attributes[0])
        is_plain_text = self._style == "choice" and attributes[0].closed
        variables = _variables(parts)
        system = template.render("system", variables)
        opening = [Message(role="system", content=system)]
        for demonstration in self._demonstrations:
            opening += _turns(demonstration, parts, template, is_plain_text=is_plain_text)
        json_schema = None if is_plain_text else answer_schema(parts)
        return _Frame(
            attributes=attributes,
            template=template,
            variables=variables,
            opening=tuple(opening),
            json_schema=json_schema,
        )

    def _check(self, attributes: Sequence[Attribute]) -> None:
        """Find a template that cannot be used before the first product is read."""
        product = Product("", (("title", "A product"),))
        product_text = fence(product.fields)
        for request in self.requests(attributes):
            user_turn = self.write(product, request).messages[-1]
            if product_text not in user_turn["content"]:
                template = self._template_for(request[0])
                template.fail("the block 'user' does not show the product, unchanged")


def _variables(parts: Sequence[AttributePart]) -> dict[str, Any]:
    names = [part.name for part in parts]
    keys = [json.dumps(name, ensure_ascii=False) for name in names]
    return {
        "attributes": parts,
        "names": names,
        "keys": ", ".join(keys),
        "absent": ABSENT_LABEL,
    }


def _user_turn(
    template: PromptTemplate, variables: Mapping[str, Any], fields: tuple[tuple[str, str], ...]
) -> Message:
    product = fence(fields)
    content = template.render("user", {**variables, "product": product})
    return Message(role="user", content=content)


def _turns(
    demonstration: Demonstration,
    parts: Sequence[AttributePart],
    template: PromptTemplate,
    *,
    is_plain_text: bool,
) -> tuple[Message, ...]:
    """A demonstration as it would have been asked and answered, about the parts it answers."""
    answered_parts = [part for part in parts if part.name in demonstration.answer]
    if not answered_parts:
        return ()
    question = _user_turn(template, _variables(answered_parts), demonstration.fields)
    values = {part.name: demonstration.answer[part.name] for part in answered_parts}
    first_value = values[answered_parts[0].name]
    content = first_value if is_plain_text else json.dumps(values, ensure_ascii=False)
    return question, Message(role="assistant", content=content)

"""Templates: Jinja2 in a sandbox, with every error turned into one that names file and line.

A template is one file with two blocks, `system` (the same for all products asked the same attributes; rendered once)
and `user` (rendered for each product). A user's own template (`prompt: {template: my.j2}`) defines both, or starts with
`{% extends "schema.j2" %}` (`list.j2`, `choice.j2`) and defines the one it changes. What it can use:

    attributes   the asked attributes: name, description, values (of a closed one), examples, number (true for
                 `type: number`), schema (a JSON-schema-like description)
    names        their names
    absent       how models are asked to say that the text does not tell: n/a
    product      in `user` only: the product's text as fenced data
    | json       writes a value as JSON
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from types import TracebackType
from typing import Any, Final, NoReturn

from jinja2 import StrictUndefined, Template, TemplateError, TemplateNotFound, TemplateSyntaxError
from jinja2.loaders import FunctionLoader
from jinja2.meta import find_referenced_templates
from jinja2.sandbox import ImmutableSandboxedEnvironment

from ..configs.errors import ConfigError

TEMPLATE_VERSION: Final[Mapping[str, int]] = {"list": 1, "schema": 1, "choice": 1}
"""Version of each shipped template; goes up with every change of what it renders, and products are then asked again."""

BLOCKS: Final = ("system", "user")


def shipped(style: str) -> str:
    """The source of the shipped template of a style."""
    return (files(__package__) / "templates" / f"{style}.j2").read_text(encoding="utf-8")


class PromptTemplate:
    """One compiled template.

    Args:
        style: The shipped template to use.
        path: The user's own template, used in its place; may be None.

    Attributes:
        digest: Changes when the template renders differently: the version of a shipped one, the source of a user's.

    Raises:
        ConfigError: The file cannot be read or compiled, or lacks a block.
    """

    def __init__(self, style: str, path: Path | None = None) -> None:
        self._name = str(path) if path is not None else f"{style}.j2"
        self._own = None if path is None else _read(path)
        environment = ImmutableSandboxedEnvironment(
            loader=FunctionLoader(self._load),
            undefined=StrictUndefined,
            autoescape=False,  # prompts are text, not HTML
            keep_trailing_newline=False,
        )
        environment.filters["json"] = lambda value: json.dumps(value, ensure_ascii=False)
        try:
            self._template: Template = environment.get_template(self._name)
            self.digest = self._digest(environment, style)
            self._blocks = {block: self._block(environment, block) for block in BLOCKS}
        except TemplateError as error:
            self._fail(error)

    def render(self, block: str, variables: Mapping[str, Any]) -> str:
        """Render one block.

        Raises:
            ConfigError: The template fails on these variables, for instance on one that does not exist.
        """
        try:
            return "".join(self._blocks[block](self._template.new_context(dict(variables)))).strip()
        except Exception as error:  # a template can raise anything: division by zero, a filter on the wrong type
            self._fail(error)

    def _load(self, name: str) -> tuple[str, str, None] | None:
        """Find a template by name: the user's own, or a shipped one that it builds on."""
        if name == self._name and self._own is not None:
            return self._own, name, None
        style = name.removesuffix(".j2")
        return (shipped(style), name, None) if style in TEMPLATE_VERSION else None

    def _block(self, environment: ImmutableSandboxedEnvironment, name: str) -> Any:
        """Find the code of a block, in the template or in the one it extends."""
        context = self._template.new_context({})
        # The root code of a template that extends another one registers the other's blocks in the context.
        if name not in context.blocks:
            for parent in self._parents(environment):
                context.blocks.update({key: [code] for key, code in parent.blocks.items() if key not in context.blocks})
        found = context.blocks.get(name)
        if not found:
            raise TemplateSyntaxError(f"there is no block {name!r}", 1, self._name, self._name)
        return found[0]

    def _parents(self, environment: ImmutableSandboxedEnvironment) -> list[Template]:
        parsed = environment.parse(self._own or "", self._name)
        return [environment.get_template(name) for name in find_referenced_templates(parsed) if name]

    def _digest(self, environment: ImmutableSandboxedEnvironment, style: str) -> str:
        if self._own is None:
            return f"{style}/{TEMPLATE_VERSION[style]}"
        based_on = sorted(str(parent.name) for parent in self._parents(environment))
        versions = [f"{name}/{TEMPLATE_VERSION[name.removesuffix('.j2')]}" for name in based_on]
        return hashlib.sha256("\n".join([*versions, self._own]).encode()).hexdigest()

    def _fail(self, error: Exception) -> NoReturn:
        line = error.lineno if isinstance(error, TemplateSyntaxError) else self._line(error.__traceback__)
        what = f"there is no template {error}" if isinstance(error, TemplateNotFound) else str(error)
        raise ConfigError(
            f"{self._name}:{line}: {what}",
            hint="A template defines the blocks system and user, or extends list.j2, schema.j2 or choice.j2; it can use"
            " attributes, names, absent and, in user, product.",
        ) from error

    def _line(self, traceback: TracebackType | None) -> int:
        """The template's line in which an error arose: the innermost frame that runs its code."""
        line = 1
        while traceback is not None:
            if traceback.tb_frame.f_code.co_filename == self._template.filename:
                line = self._template.get_corresponding_lineno(traceback.tb_lineno)
            traceback = traceback.tb_next
        return line


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: the template cannot be read: {error}", hint="See prompt: template.") from error

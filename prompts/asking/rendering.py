"""Templates: Jinja2 in a sandbox, with every error turned into one that names file and line.

A template is one file with two blocks, `system` (the same for all products that are asked the same
attributes, and rendered once for them) and `user` (rendered for each product). A user's own
template (`prompt: {template: my.j2}`) defines both, or starts with `{% extends "schema.j2" %}` (or
`list.j2`, `choice.j2`) and defines the one that it changes; `super()` is the shipped one. What it
can use:

    attributes   the attributes of the request: name, description, values (of a closed one),
                 examples, number (whether it is of `type: number`), schema (a JSON-schema-like
                 description)
    names        their names
    keys         their names as JSON, separated by commas
    absent       how models are asked to say that the text does not tell: n/a
    product      in `user` only, where it has to be: the product's text as fenced data
    | json       writes a value as JSON

Each block stands alone: a variable or macro that it uses is set in it. Lines that hold nothing but
a tag leave no trace (`trim_blocks`, `lstrip_blocks`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, NoReturn

from jinja2 import StrictUndefined, Template, TemplateError, TemplateNotFound, TemplateSyntaxError
from jinja2.loaders import FunctionLoader
from jinja2.meta import find_referenced_templates
from jinja2.sandbox import ImmutableSandboxedEnvironment

from ...configs.errors import ConfigError

TEMPLATE_VERSION: Final[Mapping[str, int]] = {"list": 1, "schema": 1, "choice": 1}
"""Version of each shipped template.

It goes up with every change of what the template renders, and products are then asked again.
"""

BLOCKS: Final = ("system", "user")

_HINT: Final = (
    "A template defines the blocks system and user, or extends list.j2, schema.j2 or choice.j2;"
    " it can use attributes, names, keys, absent and, in user, product."
)


class PromptTemplate:
    """One compiled template.

    Args:
        style: The shipped template to use.
        path: The user's own template, used in its place; may be None.

    Attributes:
        digest: Changes when the template renders differently: the version of a shipped one, the
            source of a user's.

    Raises:
        ConfigError: The file cannot be read or compiled, or lacks a block.
    """

    def __init__(self, style: str, path: Path | None = None) -> None:
        self._name = f"{style}.j2" if path is None else str(path)
        self._user_source = None if path is None else _read(path)
        environment = ImmutableSandboxedEnvironment(
            loader=FunctionLoader(self._load),
            undefined=StrictUndefined,
            autoescape=False,  # prompts are text, not HTML
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.filters["json"] = _json
        try:
            self._template: Template = environment.get_template(self._name)
            self._parents = self._find_parents(environment)
            self._check_blocks()
        except TemplateError as error:
            self._fail(error)
        self.digest = self._make_digest(style)

    def render(self, block: str, variables: Mapping[str, Any]) -> str:
        """Render one block.

        Raises:
            ConfigError: The template fails on these variables, for instance on one that does not
                exist.
        """
        try:
            return self._render(block, variables)
        # A template can raise anything: division by zero, a filter on the wrong type.
        except Exception as error:
            self._fail(error)

    def _render(self, block: str, variables: Mapping[str, Any]) -> str:
        context = self._template.new_context(variables)  # type: ignore[arg-type]  # it is copied, not changed
        # What the root code of a template that extends another one does; only it is not run here.
        for parent in self._parents.values():
            for name, code in parent.blocks.items():
                context.blocks.setdefault(name, []).append(code)
        render_block = context.blocks[block][0]
        return "".join(render_block(context)).strip()

    def fail(self, message: str) -> NoReturn:
        """Refuse the template for a reason that shows only in what it renders.

        Raises:
            ConfigError: Always.
        """
        raise ConfigError(f"{self._name}: {message}", hint=_HINT)

    def _load(self, name: str) -> tuple[str, str, None] | None:
        """Find a template by name: the user's own, or a shipped one that it builds on."""
        if name == self._name and self._user_source is not None:
            return self._user_source, name, None
        style = name.removesuffix(".j2")
        if style not in TEMPLATE_VERSION:
            return None
        return _shipped_source(style), name, None

    def _find_parents(self, environment: ImmutableSandboxedEnvironment) -> dict[str, Template]:
        """The shipped template that a user's own extends, by name."""
        parents: dict[str, Template] = {}
        if self._user_source is None:
            return parents
        syntax_tree = environment.parse(self._user_source, self._name)
        for name in find_referenced_templates(syntax_tree):
            if name is None:
                raise self._error("the name of a template has to be written out")
            if name == self._name:
                raise self._error("a template cannot be a part of itself")
            parents[name] = environment.get_template(name)
        return parents

    def _check_blocks(self) -> None:
        blocks = set(self._template.blocks)
        for parent in self._parents.values():
            blocks.update(parent.blocks)
        for block in BLOCKS:
            if block not in blocks:
                raise self._error(f"there is no block {block!r}")

    def _error(self, message: str) -> TemplateSyntaxError:
        return TemplateSyntaxError(message, 1, self._name, self._name)

    def _make_digest(self, style: str) -> str:
        if self._user_source is None:
            return f"{style}/{TEMPLATE_VERSION[style]}"
        versions = [
            f"{name}/{TEMPLATE_VERSION[name.removesuffix('.j2')]}" for name in sorted(self._parents)
        ]
        content = "\n".join([*versions, self._user_source])
        return hashlib.sha256(content.encode()).hexdigest()

    def _fail(self, error: Exception) -> NoReturn:
        line = self._line(error)
        message = str(error)
        if isinstance(error, TemplateNotFound):
            message = f"there is no template {message!r}"
        raise ConfigError(f"{self._name}:{line}: {message}", hint=_HINT) from error

    def _line(self, error: Exception) -> int:
        """The template's line in which an error arose: the innermost frame that runs its code."""
        if isinstance(error, TemplateSyntaxError):
            return error.lineno
        traceback = error.__traceback__
        line = 1
        while traceback is not None:
            if traceback.tb_frame.f_code.co_filename == self._name:
                line = self._template.get_corresponding_lineno(traceback.tb_lineno)
            traceback = traceback.tb_next
        return line


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _shipped_source(style: str) -> str:
    template = files(__package__) / "templates" / f"{style}.j2"
    return template.read_text(encoding="utf-8")


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        message = f"{path}: the template cannot be read: {error}"
        raise ConfigError(message, hint="See prompt: template.") from error

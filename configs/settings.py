"""The typed form of `attrx.yaml`. Loading and error messages live in `loading.py`.

The contract: docs/design.md#the-configuration.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    NonNegativeFloat,
    PositiveFloat,
    PositiveInt,
    PrivateAttr,
    model_validator,
)

from .categories import category_key, category_keys
from .errors import ConfigError
from .folder_modes import check_mode, folder_permissions
from .source import KeyPath, Problem, Source, config_error

Style = Literal["list", "schema", "choice"]
StructuredOutput = Literal["auto", "json_schema", "json_object", "none"]
OutputDialect = Literal["auto", "standard", "excel", "excel_semicolon"]
GroupBy = Literal["all", "attribute", "category"]
ABSENT_LABEL = "n/a"
"""How models are asked to say that a product's text does not tell, and how files hold an absent."""


def _as_synonyms(value: Any) -> Any:
    """Turn a plain list of values into the mapping form, each without synonyms."""
    if isinstance(value, list | tuple):
        for item in value:
            if not isinstance(item, str):
                raise ValueError("expected a list of texts; a value spelt null or ~ needs quotes")
        if len(set(value)) < len(value):
            commonest, _ = Counter(value).most_common(1)[0]
            raise ValueError(f"'{commonest}' is listed twice")
        return dict.fromkeys(value, ())
    if isinstance(value, dict):
        # A value that has nothing behind it, as in `unisex:`, has no synonyms.
        return {key: () if value[key] is None else value[key] for key in value}
    return value


def _as_number(value: Any) -> Any:
    if isinstance(value, str) and value.isdecimal():
        return int(value)
    return value


def _as_tuple(value: Any) -> Any:
    if isinstance(value, str):
        return (value,)
    return value


Texts = Annotated[tuple[str, ...], BeforeValidator(_as_tuple)]


class Section(BaseModel):
    """Base of all sections: frozen, and a key that is not known is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _nothing_means_default(cls, data: Any) -> Any:
        """A key left empty (`budget:` with all its lines commented out) counts as left out."""
        if not isinstance(data, dict):
            return data
        filled_keys = dict(data)
        for key in cls.model_fields:
            if data.get(key, "") is None:
                del filled_keys[key]
        return filled_keys


class InputSettings(Section):
    """Which columns of the input are what, and how its file is read where that is not found out.

    Attributes:
        id: The column of the product's id.
        text: The columns that the prompt shows, in this order.
        category: The column of the category.
        encoding: Of text files; None = found out, and so with the next three.
        separator: Of text files.
        quotes: How text files quote: `doubled`, `backslash`, or `none` where quotes are signs.
        header_row: The line, or row of a sheet, in which the names stand, from 1.
        sheet: Name of a workbook's sheet; None = the first.
        bad_rows: What a row that cannot be read is: an error, or left out and listed.
        group: What rows with one id are: one product where they do not contradict each other
            (`auto`), one product with the first text that each column has (`first`), or an error
            (`off`).
        html: Whether texts in HTML are cleaned before they are sent (`auto`), or kept.
        language: Of the texts, as a code such as `de`; `auto` = found out. It tells how numbers
            are written.
    """

    id: str
    text: Annotated[Texts, Field(min_length=1)]
    category: str | None = None
    encoding: str | None = None
    separator: str | None = None
    quotes: Literal["auto", "doubled", "backslash", "none"] = "auto"
    header_row: PositiveInt | None = None
    sheet: str | None = None
    bad_rows: Literal["error", "skip"] = "error"
    group: Literal["auto", "first", "off"] = "auto"
    html: Literal["auto", "keep"] = "auto"
    language: str = "auto"

    @property
    def columns(self) -> frozenset[str]:
        """All columns that the input must have."""
        columns = {self.id, *self.text}
        if self.category is not None:
            columns.add(self.category)
        return frozenset(columns)


class Attribute(Section):
    """What is asked of a product.

    A closed attribute has `values`: canonical value -> synonyms, in the order of the config. An
    open one has none, and its answers are free text or, with `type: number`, numbers in `unit`;
    `decimal` is the sign before their decimals, `auto` that of the catalog's language.
    """

    name: str
    description: str = ""
    values: Annotated[dict[str, Texts], BeforeValidator(_as_synonyms)] = Field(default_factory=dict)
    open: bool = False
    type: Literal["text", "number"] = "text"
    unit: str | None = None
    accept_units: Texts = ()
    decimal: Literal["auto", "point", "comma"] = "auto"
    examples: Texts = ()
    applies_to: Texts | None = None
    absent: Literal["label", "missing"] = "label"

    @property
    def closed(self) -> bool:
        """Whether only the listed values are allowed."""
        return not self.open

    def applies(self, category: str | None) -> bool:
        """Whether the attribute is asked of products of this category."""
        if self.applies_to is None:
            return True
        names = category_keys(category or "")
        return any(category_key(name) in names for name in self.applies_to)


class Limits(Section):
    """What an account allows; None = not known."""

    requests_per_minute: PositiveFloat | None = None
    tokens_per_minute: PositiveFloat | None = None
    concurrency: PositiveInt | None = None


class Prices(Section):
    """USD per million tokens."""

    input: NonNegativeFloat
    output: NonNegativeFloat


class ModelSettings(Section):
    """One configured LLM: a unique name, and how it is reached.

    One that is `retired` is not asked; what it has answered goes on counting.
    """

    name: str
    provider: str
    model: str = ""
    base_url: str | None = None
    api_key_env: str | None = None
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    max_tokens: PositiveInt = 512
    timeout_s: PositiveFloat = 60.0
    structured: StructuredOutput = "auto"
    limits: Limits = Limits()
    account: str | None = None
    prices: Prices | None = None
    retired: bool = False
    options: dict[str, Any] = Field(default_factory=dict)

    @property
    def account_key(self) -> str:
        """The account whose limits it shares: as configured, or provider + base_url + key name."""
        return self.account or "|".join(
            (self.provider, self.base_url or "", self.api_key_env or "")
        )


class PromptSettings(Section):
    """How requests are written."""

    style: Style = "schema"
    per: Literal["product", "attribute"] = "product"
    demonstrations: Path | None = None
    template: Path | None = None


class EnsembleSettings(Section):
    """How votes are combined (docs/design.md#the-ensemble)."""

    method: str = "iwmv"
    chance: Literal["observed", "uniform"] = "observed"
    group_by: GroupBy = "attribute"
    shrink: NonNegativeFloat = 100.0
    leader: str | None = None
    catalog: bool = True
    by_attribute: dict[str, str] = Field(default_factory=dict)


class ReviewSettings(Section):
    """Which cells a person should look at.

    Attributes:
        accept_precision: With gold, as many values go out unread as leave this share of them right.
        below: Without gold, cells whose share is smaller.
    """

    accept_precision: Annotated[float, Field(ge=0.5, lt=1)] = 0.95
    below: Annotated[float, Field(ge=0, le=1)] = 0.6


class BudgetSettings(Section):
    """What may be spent.

    Attributes:
        max_cost: USD, in one `extract` call.
        max_requests: Attempts, in one `extract` call.
        per_day: USD in a calendar day in UTC, over all calls with this cache.
        per_month: USD in a calendar month, likewise.
        stop_after: Requests in a row without a usable vote after which a model is stopped, if they
            are a hundredth of the budget at least.
    """

    max_cost: NonNegativeFloat | None = None
    max_requests: Annotated[int, Field(ge=0)] | None = None
    per_day: NonNegativeFloat | None = None
    per_month: NonNegativeFloat | None = None
    stop_after: PositiveInt = 20

    @property
    def bounds_cost(self) -> bool:
        """Whether there is a bound in USD."""
        return not (self.max_cost is None and self.per_day is None and self.per_month is None)


class OutputSettings(Section):
    """How files are written that people open.

    Attributes:
        dialect: Of `products.csv`, `review.csv` and samples: as the input has it (`auto`), commas
            in UTF-8 (`standard`), the same with a byte order mark (`excel`), or `;` and decimal
            commas with one (`excel_semicolon`).
        workbooks: Whether the review queue is also written as a workbook.
    """

    dialect: OutputDialect = "auto"
    workbooks: bool = False


class PathSettings(Section):
    """Where the cache and the outputs go.

    Attributes:
        cache: The answers cache.
        output: The folder of the results.
        mode: Who may enter the cache: its owner (`private`), its group too (`group`), whom the
            umask lets in (`umask`), or permissions of a folder as an octal number.
    """

    cache: Path = Path(".attrx")
    output: Path = Path("out")
    mode: Annotated[str, AfterValidator(check_mode)] = "private"

    @property
    def cache_permissions(self) -> int | None:
        """The permissions of the cache folder; None where the umask decides."""
        return folder_permissions(self.mode)


class Settings(Section):
    """A whole `attrx.yaml`; relative paths have been resolved against the file's folder."""

    version: Annotated[Literal[1], BeforeValidator(_as_number)]
    input: InputSettings
    attributes: Annotated[tuple[Attribute, ...], Field(min_length=1)]
    models: Annotated[tuple[ModelSettings, ...], Field(min_length=1)]
    prompt: PromptSettings = PromptSettings()
    ensemble: EnsembleSettings = EnsembleSettings()
    review: ReviewSettings = ReviewSettings()
    budget: BudgetSettings = BudgetSettings()
    paths: PathSettings = PathSettings()
    output: OutputSettings = OutputSettings()

    _source: Source | None = PrivateAttr(default=None)

    def error(self, path: KeyPath, message: str, *, hint: str = "") -> ConfigError:
        """An error about a part of the config; it names the file and line that it was read from.

        Args:
            path: The part, from the top: ("models", 0, "provider"); attributes go by name:
                ("attributes", "gender").
            message: What was expected and what was found.
            hint: What to do next; one sentence.
        """
        return config_error([Problem(path, message, hint)], self._source)

    @property
    def models_in_use(self) -> frozenset[str]:
        """Names of the models that are asked: all but the retired ones."""
        return frozenset(model.name for model in self.models if not model.retired)

    def attribute(self, name: str) -> Attribute:
        """The attribute of this name; KeyError if there is none."""
        attribute_by_name = {attribute.name: attribute for attribute in self.attributes}
        return attribute_by_name[name]

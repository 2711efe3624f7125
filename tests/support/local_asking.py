"""Questions about a few products to models that run in this process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrx.configs.product import Product
from attrx.configs.settings import Attribute, ModelSettings, PromptSettings, Style
from attrx.prompts import PromptWriter
from attrx.providers.local.local_options import read_local_options
from attrx.providers.protocol import Form, Reply, Request

if TYPE_CHECKING:
    from attrx.providers.local.engine import LocalEngine

GENDER = Attribute(
    name="gender",
    description="Who it is made for.",
    values={"male": (), "female": (), "unisex": ()},
)
MATERIAL = Attribute(
    name="material", values={"cotton": (), "organic cotton": (), 'so-called "leather"': ()}
)
BRAND = Attribute(name="brand", open=True)
CLOSED = (GENDER, MATERIAL)
ALL = (*CLOSED, BRAND)
TITLES = (
    "Men's cotton shirt, navy",
    "Leather boots",
    "Wool scarf for everyone, hand-made in a small mill, with a fringe on both ends, 180 cm long",
    "Girls' dress with pockets",
    "Shirt",
)


def requests(
    *attributes: Attribute,
    style: Style = "schema",
    titles: Sequence[str] = TITLES,
    form: Form = "json_schema",
    max_tokens: int = 120,
) -> list[Request]:
    """One request for each title, as the fan-out and the caller make them."""
    writer = PromptWriter(PromptSettings(style=style), attributes)
    asked = []
    for number, title in enumerate(titles):
        product = Product(str(number), (("title", title),))
        prompt = writer.write(product, attributes)
        request = Request(
            prompt.messages, max_tokens, prompt.json_schema, product=product, attributes=attributes
        )
        asked.append(replace(request, form=form) if prompt.json_schema is not None else request)
    return asked


def model_in(folder: Path, options: dict[str, Any] | None = None, **settings: Any) -> ModelSettings:
    """A model in this folder."""
    return ModelSettings(
        name="llama", provider="local", model=str(folder), options=options or {}, **settings
    )


def open_engine(
    folder: Path, options: dict[str, Any] | None = None, **settings: Any
) -> LocalEngine:
    """The model in this folder, loaded."""
    from attrx.providers.local.engine import open_engine as opened

    model = model_in(folder, options, **settings)
    return opened(model, read_local_options(model))


def answers(engine: LocalEngine, asked: Sequence[Request], batch_size: int = 16) -> list[Reply]:
    """The replies to requests that open alike, in batches of this size."""
    jobs = [engine.prepare(request) for request in asked]
    batches = [jobs[start : start + batch_size] for start in range(0, len(jobs), batch_size)]
    return [reply for batch in batches for reply in engine.answer(batch)]

"""`attrx check`: one tiny request to each model, before a night's work depends on it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from ..configs.errors import AttrxError, ConfigError, ProviderError
from ..configs.product import Product
from ..configs.settings import Attribute, ModelSettings, Settings
from ..configs.vote_states import is_usable
from ..extraction.cache.answers_cache import AnswersCache
from ..extraction.inputs.catalog_language import find_language
from ..prompts import PromptWriter, Vocabulary, read_answer
from ..providers.calling.caller import ModelCaller
from ..providers.calling.pacer import Pacer
from ..providers.calling.rate_limit_headers import RateLimits, read_rate_limits
from ..providers.calling.structured_output import holds_json_object
from ..providers.protocol import (
    Form,
    Provider,
    Reply,
    Request,
    facts_of_class,
)
from ..providers.registry import facts_of, open_provider
from ..providers.wire.error_bodies import one_line

_SAMPLE = "Men's cotton T-shirt, navy, size M"


@dataclass(frozen=True)
class ModelCheck:
    """What one model did with one request.

    Attributes:
        model: Its name.
        problem: Why it cannot be used; empty where it can.
        hint: What to do about that.
        is_asked: Whether a request was sent; `mock` and `replay` are only opened.
        seconds: Time until the answer that counted, attempts in other forms included.
        form: The form of structured output that the model kept.
        dropped_options: Options that the vendor refused, and that runs will leave out.
        usable: Whether the answer gave a vote.
        version: The model version that the vendor named.
        limits: The account's limits, as far as the response told.
    """

    model: str
    problem: str = ""
    hint: str = ""
    is_asked: bool = False
    seconds: float = 0.0
    form: Form | None = None
    dropped_options: tuple[str, ...] = ()
    usable: bool = False
    version: str | None = None
    limits: RateLimits = field(default_factory=RateLimits)


def language_of(settings: Settings) -> str:
    """How numbers will be read, by the products that the cache has; empty where all is plain."""
    return find_language(settings, AnswersCache(settings.paths.cache)).describe()


def check(settings: Settings, models: tuple[str, ...] | None = None) -> tuple[ModelCheck, ...]:
    """Ask every model one question, once.

    Args:
        settings: The configuration.
        models: Names of the models to ask; None = all that are not retired.

    Returns:
        One entry per model, in the order of the config.

    Raises:
        ConfigError: A named model is not configured, or the prompt cannot be written.
    """
    config_names = [model.name for model in settings.models]
    names = settings.models_in_use if models is None else models
    unknown_names = set(names).difference(config_names)
    if unknown_names:
        raise ConfigError(f"--models: no model '{min(unknown_names)}' in the config")
    models_to_ask = [model for model in settings.models if model.name in names]
    return asyncio.run(_check_all(models_to_ask, settings))


async def _check_all(models: Iterable[ModelSettings], settings: Settings) -> tuple[ModelCheck, ...]:
    writer = PromptWriter(settings.prompt, settings.attributes)
    attributes = writer.requests(settings.attributes)[0][:1]
    texts = [(column, _SAMPLE) for column in settings.input.text]
    product = Product("attrx-check", tuple(texts))
    prompt = writer.write(product, attributes)
    request = Request(
        prompt.messages, 0, prompt.json_schema, product=product, attributes=attributes
    )
    checks = [_check(model, request, attributes) for model in models]
    return tuple(await asyncio.gather(*checks))


async def _check(
    model: ModelSettings, request: Request, attributes: tuple[Attribute, ...]
) -> ModelCheck:
    """Whatever is wrong with this model becomes its problem, and no other's."""
    try:
        provider = _WithoutRetries(open_provider(model))
    except ConfigError as error:
        return ModelCheck(model.name, error.message, error.hint)
    caller = ModelCaller(model, provider, Pacer(model.limits))
    try:
        if facts_of(model).keyless:
            return ModelCheck(model.name)
        began_s = time.monotonic()
        reply = await caller.call(replace(request, max_tokens=caller.limit.current))
        is_usable_answer = _gives_a_vote(reply, attributes)
        keeps_form = request.json_schema is not None and holds_json_object(reply.text)
        problem, hint = ("", "") if is_usable_answer else _problem_of(reply, model)
        return ModelCheck(
            model=model.name,
            problem=problem,
            hint=hint,
            is_asked=True,
            seconds=time.monotonic() - began_s,
            form=caller.form if keeps_form else None,
            dropped_options=tuple(sorted(caller.refused_options)),
            usable=is_usable_answer,
            version=reply.model_version,
            limits=read_rate_limits(reply.headers),
        )
    except AttrxError as error:
        cause = error.__cause__ if isinstance(error.__cause__, ProviderError) else error
        return ModelCheck(model.name, cause.message, cause.hint, is_asked=True)
    finally:
        await caller.close()


def _problem_of(reply: Reply, model: ModelSettings) -> tuple[str, str]:
    """Why an answer cannot be used, and what to do about that."""
    if reply.finish == "length":
        spent = "before it began" if not reply.text.strip() else "before its end"
        return (
            f"the answer was cut off at {reply.max_tokens:,} tokens, {spent}",
            f"raise `max_tokens` under model '{model.name}'",
        )
    if reply.finish in ("refused", "filtered"):
        return f"the answer was {reply.finish}: {one_line(reply.text)!r}", ""
    return (
        f"no value can be read from the answer: {one_line(reply.text)!r}",
        f"try `structured: none` under model '{model.name}', or another prompt `style`",
    )


def _gives_a_vote(reply: Reply, attributes: tuple[Attribute, ...]) -> bool:
    vocabularies = [Vocabulary(attribute) for attribute in attributes]
    votes = read_answer(reply.text, vocabularies)
    return any(is_usable(vote.state) for vote in votes)


class _WithoutRetries:
    """A provider whose failures are final: a check reports them, and does not wait."""

    def __init__(self, provider: Provider) -> None:
        facts = facts_of_class(provider)
        self.forms = facts.forms
        self.first_max_tokens = facts.first_max_tokens
        self._provider = provider

    async def ask(self, request: Request) -> Reply:
        try:
            return await self._provider.ask(request)
        except ProviderError as error:
            error.retryable = False
            raise

    async def close(self) -> None:
        await self._provider.close()

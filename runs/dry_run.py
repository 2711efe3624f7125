"""`attrx extract --dry-run`: what would be asked and may cost; nothing is sent or written."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from ..configs.message import Message
from ..configs.settings import ModelSettings, Settings
from ..configs.wording import cost, quantity, sum_of_costs
from ..extraction.asking.observer import Observer
from ..extraction.cache.answers_cache import AnswersCache
from ..extraction.cache.schema import DIGEST
from ..extraction.inputs.catalog_language import find_language
from ..extraction.inputs.spool_writer import spool_products
from ..extraction.planning.plan import BucketPlan, Question
from ..extraction.planning.planner import Planner
from ..extraction.planning.questionnaire import Questionnaire
from ..extraction.planning.reask_policy import ReaskPolicy
from ..providers.calling.prices import TokenMeter, cost_usd
from ..providers.calling.vain_requests import FIRST_QUESTIONS, StopRule
from ..providers.protocol import Provider, Request
from ..providers.registry import check_provider, facts_of, open_provider
from .allowance import Allowance
from .batch import batch_models, check_batch_apis
from .session import (
    ExtractOptions,
    allowance_of,
    budget_of,
    gold_columns,
    models_to_ask,
)

WRITTEN_PER_BUCKET = 500
"""So many prompts of each model and bucket are written; the rest are taken to be like them."""
BYTES_PER_TOKEN = 4.0
"""Of prompts in European languages, roughly, with today's tokenizers."""
MOST_TRIES = 2
"""An answer that is cut off is asked for once more, with more tokens."""
TOKENS_PER_VOTE = 12.0
"""Of answers, where the model has not answered yet."""


Prompts = dict[tuple[str, ...], tuple[Message, ...]]
"""Names of the attributes that are asked together -> the messages that ask for them."""


@dataclass
class Estimate:
    """What one model would be asked.

    Attributes:
        model: Its name.
        requests: Requests to send.
        cells: Cells that they ask.
        cached_cells: Cells that need no asking, those that wait in batches left out.
        input_tokens: Tokens of the prompts, estimated.
        output_tokens: Tokens of the answers, estimated.
        most_input_tokens: What the prompts cannot exceed.
        most_output_tokens: What the answers cannot exceed.
        cost_usd: Cost, estimated; None where the model has no prices.
        most_cost_usd: What it cannot exceed, with each answer cut off and asked once more, as long
            as no request is lost; None likewise.
    """

    model: str
    requests: int = 0
    cells: int = 0
    cached_cells: int = 0
    input_tokens: float = 0.0
    output_tokens: float = 0.0
    most_input_tokens: float = 0.0
    most_output_tokens: float = 0.0
    cost_usd: float | None = None
    most_cost_usd: float | None = None


@dataclass
class DryRun:
    """What a call would do.

    Attributes:
        products: Products of the input.
        models: One estimate per model.
        allowance: What bounds the cost; None where nothing does.
        max_requests: What bounds the attempts; None likewise.
        stop_rules: Name of a model -> how much is spent on it without a usable vote.
        prompts: For each set of attributes that goes into one request (the first few), the first
            such prompt.
    """

    products: int
    models: tuple[Estimate, ...]
    prompts: Prompts = field(default_factory=dict)
    allowance: Allowance | None = None
    max_requests: int | None = None
    stop_rules: Mapping[str, StopRule] = field(default_factory=dict)

    @property
    def total(self) -> Estimate:
        """All models together."""
        total = Estimate("total")
        for each in self.models:
            total.requests += each.requests
            total.cells += each.cells
            total.cached_cells += each.cached_cells
            total.input_tokens += each.input_tokens
            total.output_tokens += each.output_tokens
        total.cost_usd = sum_of_costs(each.cost_usd for each in self.models)
        total.most_cost_usd = sum_of_costs(each.most_cost_usd for each in self.models)
        return total

    def shortages(self) -> Iterator[str]:
        """Where the budget will not do, and how far it goes."""
        total = self.total
        if self.max_requests is not None and total.requests > self.max_requests:
            yield (
                f"the budget will not do: {total.requests:,} requests are needed, and"
                f" {self.max_requests:,} allowed"
            )
        about = total.cost_usd
        if self.allowance is None or about is None or about <= self.allowance.left_usd:
            return
        share = self.allowance.left_usd / about
        n_requests = round(share * total.requests)
        yield (
            f"the budget will not do ({self.allowance.describe()}): about {cost(about)} are needed,"
            f" at most {cost(total.most_cost_usd)}; it goes as far as about"
            f" {n_requests:,} of {total.requests:,} requests"
        )

    def stop_bound(self) -> str:
        """How much is spent on a model that gives no usable vote."""
        requests = max((rule.requests for rule in self.stop_rules.values()), default=0)
        usd = max((rule.usd for rule in self.stop_rules.values()), default=0.0)
        text = (
            f"a model that gives no usable vote is stopped after {quantity(requests, 'request')} in"
            " a row (`budget.stop_after`)"
        )
        if usd:
            text += f", once they come to {cost(usd)}, a hundredth of the budget"
        return f"{text}; at most {FIRST_QUESTIONS} questions are under way then"

    def doubts(self) -> Iterator[str]:
        """Where the budget covers what is likely, but not all that is possible."""
        total = self.total
        about = total.cost_usd
        most = total.most_cost_usd
        if self.allowance is None or about is None or most is None:
            return
        if about <= self.allowance.left_usd < most:
            yield (
                f"the budget ({self.allowance.describe()}) covers about {cost(about)}, which is"
                f" likely, and not {cost(most)}, which is the most"
            )


PROMPTS_SHOWN = 3


def dry_run(settings: Settings, options: ExtractOptions, observer: Observer) -> DryRun:
    """Plan without asking.

    Raises:
        ConfigError: A model is not known, or a provider cannot use its settings.
        InputError: The products file cannot be used.
        CacheError: The cache is broken.
    """
    names = models_to_ask(options.models, settings)
    questionnaire = Questionnaire.from_settings(settings)
    if options.batch:
        check_batch_apis(settings, names)
        questionnaire = replace(questionnaire, models=batch_models(settings))
    providers = {}
    for index, model in enumerate(questionnaire.models):
        if model.name in names:
            providers[index] = _provider(model)
    cache = AnswersCache(settings.paths.cache)
    tokens_per_vote = _output_tokens_per_vote(cache, questionnaire)
    survey = _Survey(questionnaire, providers, tokens_per_vote, is_batch=options.batch)
    with (
        tempfile.TemporaryDirectory(prefix="attrx-") as scratch,
        spool_products(
            options.input,
            settings,
            Path(scratch),
            limit=options.limit,
            extra=gold_columns(settings),
        ) as spool,
    ):
        spool.check_products(cache.buckets)
        for notice in spool.notices:
            observer.warning(notice)
        language = find_language(settings, cache, spool)
        if language.describe():
            observer.note(language.describe())
        planner = Planner(
            cache,
            replace(questionnaire, decimal_sign=language.decimal_sign),
            providers,
            spool.extra_columns,
            _policy(options, cache),
        )
        for bucket, products in spool.buckets(cache.buckets):
            plan, _ = planner.plan(bucket, products)
            survey.add(plan)
        allowance = allowance_of(settings, options, cache)
        budget = budget_of(settings, options, allowance)
        models = [questionnaire.models[index] for index in providers]
        stop_rules = {model.name: budget.stop_rule(model) for model in models}
        return DryRun(
            spool.size,
            survey.estimates(),
            survey.prompts,
            allowance=allowance,
            max_requests=budget.max_requests,
            stop_rules=stop_rules,
        )


def _policy(options: ExtractOptions, cache: AnswersCache) -> ReaskPolicy:
    """Which cached answers are good enough, as a call would have it that goes on with an order."""
    policy = ReaskPolicy(options.retry_failed, options.refresh)
    if not policy.asks_again:
        return policy
    return replace(policy, since_ns=cache.orders(policy.kind))


def _provider(model: ModelSettings) -> Provider | None:
    """The provider, where its answers depend on more than the prompt.

    Elsewhere none: nothing is sent, so neither its key nor its vendor's package is needed yet.
    """
    check_provider(model)
    return open_provider(model) if facts_of(model).fingerprints else None


class _Survey:
    """Adds up what the plans of all buckets ask."""

    def __init__(
        self,
        questionnaire: Questionnaire,
        providers: Mapping[int, Provider | None],
        tokens_per_vote: Mapping[int, float],
        *,
        is_batch: bool,
    ) -> None:
        self._is_batch = is_batch  # where nothing is asked once more
        self.prompts: Prompts = {}
        self._questionnaire = questionnaire
        self._tokens_per_vote = tokens_per_vote
        self._estimates: dict[int, Estimate] = {}
        self._meters: dict[int, TokenMeter] = {}
        for index in providers:
            model = questionnaire.models[index]
            self._estimates[index] = Estimate(model.name)
            self._meters[index] = TokenMeter(model)

    def add(self, plan: BucketPlan) -> None:
        """Take in one bucket."""
        for index, estimate in self._estimates.items():
            limits = self._questionnaire.token_limits[index]
            all_cells = int(plan.n_cells[index])
            cells = int(plan.to_ask[:, index].sum())
            in_batches = int(plan.cells_in_batches[index])
            requests = plan.count_requests(index)
            estimate.requests += requests
            estimate.cells += cells
            estimate.cached_cells += all_cells - cells - in_batches
            estimate.output_tokens += cells * self._tokens_per_vote[index]
            estimate.most_output_tokens += requests * (
                limits.first if self._is_batch else limits.most
            )
            size = self._bytes_of_prompts(plan, index, requests)
            estimate.input_tokens += size / BYTES_PER_TOKEN
            estimate.most_input_tokens += size * (1 if self._is_batch else MOST_TRIES)

    def _bytes_of_prompts(self, plan: BucketPlan, index: int, requests: int) -> float:
        """Size of all prompts to a model, if the rest are like the first ones."""
        questions = list(itertools.islice(plan.questions(index), WRITTEN_PER_BUCKET))
        if not questions:
            return 0.0
        total = sum(self._prompt_bytes(index, question) for question in questions)
        return total * requests / len(questions)

    def _prompt_bytes(self, index: int, question: Question) -> int:
        questionnaire = self._questionnaire
        attributes = [questionnaire.attributes[place] for place in question.attributes]
        prompt = questionnaire.writer.write(question.product, tuple(attributes))
        if len(self.prompts) < PROMPTS_SHOWN:
            names = tuple(attribute.name for attribute in attributes)
            self.prompts.setdefault(names, prompt.messages)
        model = questionnaire.models[index]
        meter = self._meters[index]
        request = Request(prompt.messages, model.max_tokens, prompt.json_schema, "json_schema")
        return meter.prompt_bytes(request)

    def estimates(self) -> tuple[Estimate, ...]:
        """The estimates, with their costs."""
        for index, estimate in self._estimates.items():
            model = self._questionnaire.models[index]
            estimate.cost_usd = _cost(model, estimate.input_tokens, estimate.output_tokens)
            estimate.most_cost_usd = _cost(
                model, estimate.most_input_tokens, estimate.most_output_tokens
            )
        return tuple(self._estimates.values())


def _cost(model: ModelSettings, input_tokens: float, output_tokens: float) -> float | None:
    return cost_usd(model, round(input_tokens), round(output_tokens))


def _output_tokens_per_vote(cache: AnswersCache, questionnaire: Questionnaire) -> dict[int, float]:
    """How long each model's answers have been, per attribute asked."""
    n_models = len(questionnaire.models)
    tokens = [0.0] * n_models
    votes = [0] * n_models
    for bucket in range(cache.buckets):
        answers = cache.answers(bucket, ["model_part", "source", "output_tokens", "votes"])
        is_original = pc.equal(answers.column("source"), "asked")
        answers = answers.filter(is_original)
        for index, part in enumerate(questionnaire.model_parts):
            is_of_model = pc.equal(answers.column("model_part"), pa.scalar(part, DIGEST))
            of_model = answers.filter(is_of_model)
            n_votes = pc.list_value_length(of_model.column("votes"))
            tokens[index] += _sum(of_model.column("output_tokens"))
            votes[index] += _sum(n_votes)
    per_vote = {}
    for index in range(n_models):
        per_vote[index] = TOKENS_PER_VOTE
        if tokens[index] and votes[index]:
            per_vote[index] = tokens[index] / votes[index]
    return per_vote


def _sum(column: pa.ChunkedArray) -> int:
    total: int | None = pc.sum(column).as_py()
    return total or 0

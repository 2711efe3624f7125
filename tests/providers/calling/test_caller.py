from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import replace

import pytest
from scripted import Outcome, Script, Scripted, request, settings
from simulated import simulate

from attrx.configs.errors import (
    AnswerTimeout,
    AttrxError,
    AuthError,
    ConfigError,
    DeadAnswer,
    EmptyAnswer,
    ForbiddenError,
    LongWaitError,
    ModelStopped,
    ProviderError,
    QuotaError,
    RateLimitError,
    RefusedRequestError,
    RequestTooLargeError,
    UnavailableError,
    UnknownModelError,
)
from attrx.configs.settings import Limits, ModelSettings
from attrx.providers.calling.caller import ModelCaller, OnAttempt
from attrx.providers.calling.pacer import Pacer
from attrx.providers.calling.vain_requests import Charge
from attrx.providers.protocol import FORMS, Form, Reply, Request

GOOD = Reply('{"gender": "male"}', input_tokens=10, output_tokens=5)
PROSE = Reply("It is for men, I would say.")
CUT_OFF = Reply('{"gender": "ma', "length")
SCHEMA = {"type": "object"}


class Asked:
    """A caller in front of a script, and what came of the requests made through it."""

    def __init__(
        self,
        script: Script,
        *,
        model: ModelSettings | None = None,
        limits: Limits | None = None,
        latency_s: float = 0.0,
        forms: tuple[Form, ...] = FORMS,
        on_attempt: OnAttempt | None = None,
    ) -> None:
        self.provider = Scripted(script, latency_s=latency_s, forms=forms)
        self.caller = ModelCaller(model or settings(), self.provider, Pacer(limits), on_attempt)

    def ask(self, *requests: Request) -> list[Reply | BaseException]:
        """Make requests one after the other, also after one that fails."""

        async def in_turn() -> list[Reply | BaseException]:
            return [
                (await asyncio.gather(self.caller.call(each), return_exceptions=True))[0]
                for each in requests
            ]

        return simulate(in_turn())

    def ask_together(self, *requests: Request) -> list[Reply | BaseException]:
        async def together() -> list[Reply | BaseException]:
            return await asyncio.gather(*map(self.caller.call, requests), return_exceptions=True)

        return simulate(together())


def refuses(option: str | None, *, message: str = "no") -> RefusedRequestError:
    error = RefusedRequestError(message, status=400)
    error.refused_option = option
    return error


# Retries


@pytest.mark.parametrize(
    "failure",
    [
        UnavailableError("connection reset"),
        UnavailableError("busy", status=503),
        UnavailableError("overloaded", status=529),
        UnavailableError("slow", status=408),
        AnswerTimeout("no answer"),
        RateLimitError("slow down", status=429),
        RateLimitError("slow down", status=429, retry_after_s=2.0),
    ],
)
def test_what_may_pass_is_tried_again(failure: ProviderError) -> None:
    asked = Asked([failure, failure, GOOD])

    assert asked.ask(request()) == [GOOD]
    assert (asked.caller.counts.attempts, asked.caller.counts.retries) == (3, 2)


@pytest.mark.parametrize(
    "failure", [RefusedRequestError("too long", status=400), RefusedRequestError("?", status=422)]
)
def test_a_refused_request_fails_its_cell_and_no_other(failure: ProviderError) -> None:
    asked = Asked([failure, GOOD])

    assert asked.ask(request(), request()) == [failure, GOOD]
    assert asked.caller.stop_cause is None


def test_patience_with_a_vendor_that_is_down_ends_within_minutes() -> None:
    asked = Asked([UnavailableError("down", status=503)])

    [outcome] = asked.ask(request())
    assert isinstance(outcome, UnavailableError)
    assert asked.caller.counts.attempts == 8
    assert asked.provider.asked_at[-1] < 120


def test_a_vendor_that_is_busy_is_asked_for_longer_and_not_for_ever() -> None:
    asked = Asked([RateLimitError("slow down", status=429, retry_after_s=60.0)])

    [outcome] = asked.ask(request())
    assert isinstance(outcome, RateLimitError)
    assert 600 < asked.provider.asked_at[-1] <= 1000


def test_a_vendor_is_asked_again_when_it_says_and_not_before() -> None:
    asked = Asked([GOOD, UnavailableError("busy", status=503, retry_after_s=7.0), GOOD])

    asked.ask(request(), request())
    first, second = asked.provider.asked_at[1:]
    assert 7.0 <= second - first < 8.0


@pytest.mark.parametrize(("said_s", "waits_s"), [(800.0, 120.0), (-5.0, 0.0)])
def test_an_absurd_time_to_wait_is_bounded(said_s: float, waits_s: float) -> None:
    asked = Asked([GOOD, UnavailableError("busy", status=503, retry_after_s=said_s), GOOD])

    asked.ask(request(), request())
    first, second = asked.provider.asked_at[1:]
    assert waits_s <= second - first <= 1.1 * waits_s + 1


def test_failures_of_many_requests_are_not_tried_again_in_step() -> None:
    failed: set[int] = set()

    def script(asked: Request) -> Outcome:
        if asked.max_tokens in failed:
            return GOOD
        failed.add(asked.max_tokens)
        return UnavailableError("down", status=503)

    limits = Limits(concurrency=64, requests_per_minute=1e9)
    asked = Asked(script, limits=limits, latency_s=0.1)
    asked.ask_together(*(request(max_tokens=number) for number in range(1, 41)))

    again_at = sorted(asked.provider.asked_at[40:])
    at_once = max(sum(start <= time < start + 0.02 for time in again_at) for start in again_at)
    assert at_once <= 16  # 1, 2, 4 ... as the server answers


def test_a_request_that_waits_to_be_sent_again_leaves_its_slot_to_others() -> None:
    def script(asked: Request) -> Outcome:
        slow = asked.max_tokens == 1 and len(provider.asked) == 1
        return UnavailableError("busy", status=503, retry_after_s=100.0) if slow else GOOD

    asked = Asked(script, limits=Limits(concurrency=1))
    provider = asked.provider
    asked.ask_together(request(max_tokens=1), *(request() for _ in range(5)))

    assert [each.max_tokens for each in provider.asked] == [1, 100, 100, 100, 100, 100, 1]
    assert provider.asked_at[5] < 1 <= 100 <= provider.asked_at[6]


def test_a_provider_that_breaks_its_contract_fails_the_request_and_not_the_run() -> None:
    asked = Asked([KeyError("choices"), GOOD], model=settings(name="own", provider="third"))

    broken, good = asked.ask(request(), request())
    assert isinstance(broken, RefusedRequestError)
    assert broken.message == "model 'own': provider 'third' broke: KeyError: 'choices'"
    assert good == GOOD


def test_a_mistake_in_the_configuration_goes_straight_through() -> None:
    error = ConfigError("no such column")

    assert Asked([error]).ask(request()) == [error]


# Stopping


@pytest.mark.parametrize(
    "cause", [AuthError("wrong key"), QuotaError("no money"), UnknownModelError("no such model")]
)
def test_what_cannot_get_better_stops_the_model_at_once(cause: ProviderError) -> None:
    asked = Asked([cause])

    first, second = asked.ask(request(), request())
    assert isinstance(first, ModelStopped)
    assert isinstance(second, ModelStopped)
    assert first.__cause__ is second.__cause__ is asked.caller.stop_cause is cause
    assert cause.message in first.message
    assert asked.caller.counts.attempts == 1


def test_requests_that_wait_for_their_turn_are_not_sent_to_a_stopped_model() -> None:
    asked = Asked([AuthError("wrong key")], limits=Limits(concurrency=1), latency_s=1.0)

    outcomes = asked.ask_together(*(request() for _ in range(10)))
    assert all(isinstance(outcome, ModelStopped) for outcome in outcomes)
    assert asked.caller.counts.attempts == 1


def test_a_stopped_model_leaves_its_turns_to_the_others_of_the_account() -> None:
    """One request a second: the 50 that wait for the stopped model are gone at once."""
    pacer = Pacer(Limits(requests_per_minute=60))
    stopped = ModelCaller(settings(name="stopped"), Scripted([AuthError("wrong key")]), pacer)
    other = ModelCaller(settings(name="other"), Scripted([GOOD]), pacer)

    async def together() -> float:
        calls = [asyncio.ensure_future(stopped.call(request())) for _ in range(50)]
        await asyncio.sleep(0)
        assert await other.call(request()) == GOOD
        assert all(
            isinstance(outcome, ModelStopped)
            for outcome in await asyncio.gather(*calls, return_exceptions=True)
        )
        return asyncio.get_running_loop().time()

    assert simulate(together()) < 2


def test_an_answer_under_way_counts_though_the_model_is_stopped() -> None:
    def script(asked: Request) -> Outcome:
        return GOOD if asked.max_tokens == 1 else QuotaError("no money")

    asked = Asked(script, latency_s=1.0)
    good, stopped = asked.ask_together(request(max_tokens=1), request())
    assert good == GOOD
    assert isinstance(stopped, ModelStopped)


def test_twenty_times_the_same_refusal_and_nothing_else_stops_the_model() -> None:
    asked = Asked(
        lambda asked: refuses(
            None, message=f"req-{len(asked.messages[0]['content']):08d}: bad request"
        )
    )

    outcomes = asked.ask(*(request("x" * number) for number in range(25)))
    assert [type(outcome) for outcome in outcomes] == [RefusedRequestError] * 20 + [
        ModelStopped
    ] * 5
    assert "20 times, and nothing else" in str(outcomes[-1])


def test_dead_answers_stop_a_model_by_attempts_since_each_may_be_paid_for() -> None:
    asked = Asked([GOOD, DeadAnswer("200 with a broken body")])

    outcomes = asked.ask(*(request() for _ in range(40)))
    assert isinstance(outcomes[0], Reply)
    assert isinstance(outcomes[1], DeadAnswer)
    assert isinstance(outcomes[-1], ModelStopped)
    assert asked.caller.counts.attempts == 1 + 20
    assert "because it said 20 times in a row: 200 with a broken body" in str(outcomes[-1])


def test_one_request_gets_three_dead_answers_and_no_more() -> None:
    asked = Asked([DeadAnswer("dead"), DeadAnswer("dead"), DeadAnswer("dead"), GOOD])

    assert isinstance(asked.ask(request())[0], DeadAnswer)
    assert asked.caller.counts.attempts == 3


def test_dead_answers_among_others_stop_nothing() -> None:
    dead_and_good: list[Outcome] = [DeadAnswer("dead"), GOOD]
    asked = Asked(dead_and_good * 31)

    assert asked.ask(*(request() for _ in range(30))) == [GOOD] * 30
    assert asked.caller.stop_cause is None


def test_what_cannot_be_in_a_reply_is_counted_and_no_request_is_lost_over_it() -> None:
    odd = replace(GOOD, input_tokens=-5, output_tokens=2**63, model_version="v" * 999)
    asked = Asked([odd, GOOD])

    first, second = asked.ask(request(), request())
    assert isinstance(first, Reply)
    assert (first.text, first.input_tokens, first.model_version) == (GOOD.text, None, None)
    assert second == GOOD
    assert asked.caller.doubts == {"input_tokens": 1, "output_tokens": 1, "model_version": 1}


def test_half_a_pair_of_surrogates_in_an_object_is_no_reason_to_ask_again() -> None:
    asked = Asked([Reply(r'{"gender": "male", "x": "\ud83d", "y": "\uDE00 \ud83d\ude00"}')])

    asked.ask(request(json_schema=SCHEMA))
    assert asked.caller.counts.attempts == 1


def test_a_server_that_counts_a_billion_tokens_does_not_hold_back_its_account() -> None:
    boast = replace(GOOD, input_tokens=10**9, output_tokens=10**9)
    limits = Limits(tokens_per_minute=60_000)
    asked = Asked([boast, GOOD], limits=limits)

    async def two() -> float:
        await asked.caller.call(request())
        await asked.caller.call(request())
        return asyncio.get_running_loop().time()

    assert simulate(two()) < 120


def test_different_refusals_and_nothing_else_stop_the_model_too() -> None:
    words = ("too long", "bad picture", "no such tool")
    asked = Asked(lambda asked: refuses(None, message=words[asked.max_tokens % 3]))

    outcomes = asked.ask(*(request(max_tokens=number) for number in range(1, 61)))
    assert asked.caller.counts.attempts == 20
    assert "none of its 20 answers could be used (20 refused by the vendor)" in str(outcomes[-1])


def test_a_model_that_declines_everything_is_stopped() -> None:
    asked = Asked([GOOD])
    for _ in range(20):
        asked.caller.note_votes(Reply("I am sorry.", "refused"), Charge(), usable=False)
    assert asked.caller.stop_cause is not None
    assert "20 refused by the model" in asked.caller.stop_cause.message


def test_a_server_that_was_never_up_stops_the_model() -> None:
    asked = Asked([UnavailableError("connection refused")], limits=Limits(concurrency=64))

    asked.ask_together(*(request() for _ in range(64)))
    assert asked.caller.stop_cause is not None
    assert asked.caller.counts.attempts <= 64 * 8


def test_a_server_that_goes_away_for_minutes_is_waited_for() -> None:
    """It answers, is away from 10 s to 310 s, and answers again; 30 requests wait meanwhile."""

    def script(asked: Request) -> Outcome:
        away = 10 <= asyncio.get_running_loop().time() < 310
        return UnavailableError("connection refused") if away else GOOD

    asked = Asked(script, limits=Limits(concurrency=30))

    async def over_time() -> list[Reply | BaseException]:
        await asked.caller.call(request())
        await asyncio.sleep(20)
        waiting = asyncio.gather(
            *(asked.caller.call(request()) for _ in range(30)), return_exceptions=True
        )
        await asyncio.sleep(300)
        assert asked.caller.counts.attempts < 30 + 100
        return [*await waiting, await asked.caller.call(request())]

    outcomes = simulate(over_time())
    assert outcomes.count(GOOD) > 20
    assert outcomes[-1] == GOOD


def test_a_server_that_never_answers_is_asked_for_a_minute_and_not_often() -> None:
    asked = Asked([UnavailableError("down", status=500)], limits=Limits(concurrency=64))
    asked.ask_together(*(request() for _ in range(4)))
    assert asked.caller.stop_cause is not None
    assert 20 <= asked.caller.counts.attempts <= 40


# Refused options


def test_an_option_that_the_vendor_refuses_is_dropped_once_for_all() -> None:
    def script(asked: Request) -> Outcome:
        return GOOD if "temperature" in asked.without else refuses("temperature")

    asked = Asked(script, model=settings(temperature=0))
    assert asked.ask(request(), request(), request()) == [GOOD] * 3
    assert [sorted(each.without) for each in asked.provider.asked] == [[], *[["temperature"]] * 3]
    assert asked.caller.refused_options == {"temperature"}
    assert asked.caller.counts.retries == 0


def test_several_options_are_dropped_one_after_the_other() -> None:
    def script(asked: Request) -> Outcome:
        return next(
            (refuses(option) for option in ("temperature", "seed") if option not in asked.without),
            GOOD,
        )

    asked = Asked(script)
    assert asked.ask(request()) == [GOOD]
    assert asked.caller.refused_options == {"temperature", "seed"}


def test_an_option_that_is_refused_although_it_was_not_sent_fails_the_request() -> None:
    asked = Asked(lambda asked: refuses("temperature"))

    [outcome] = asked.ask(request())
    assert isinstance(outcome, RefusedRequestError)
    assert asked.caller.counts.attempts == 2


# Cut-off answers


def test_a_cut_off_answer_is_asked_once_more_with_twice_the_room() -> None:
    asked = Asked([CUT_OFF, GOOD])

    [reply] = asked.ask(request(max_tokens=64))
    assert isinstance(reply, Reply)
    assert reply.text == GOOD.text
    assert [each.max_tokens for each in asked.provider.asked] == [64, 128]
    assert asked.caller.counts.cut_off == 1


def test_an_answer_that_is_cut_off_twice_is_taken_as_it_is() -> None:
    asked = Asked([CUT_OFF])

    assert asked.ask(request()) == [CUT_OFF]
    assert asked.caller.counts.attempts == 2


@pytest.mark.parametrize(
    "failure", [RefusedRequestError("max_tokens too large", status=400), AuthError("expired")]
)
def test_a_cut_off_answer_is_better_than_none(failure: ProviderError) -> None:
    assert Asked([CUT_OFF, failure]).ask(request()) == [CUT_OFF]


def test_tokens_of_answers_that_were_thrown_away_are_paid_for_all_the_same() -> None:
    """10 + 64 tokens for the answer that was cut off, 10 + 70 for the whole one: 20 + 134."""
    first = Reply('{"a', "length", input_tokens=10, output_tokens=64)
    asked = Asked([first, Reply('{"a": "b"}', input_tokens=10, output_tokens=70)])

    [reply] = asked.ask(request(max_tokens=64))
    assert isinstance(reply, Reply)
    assert (reply.input_tokens, reply.output_tokens) == (20, 134)


# Forms


def _server(kept: dict[Form, Outcome]) -> Callable[[Request], Outcome]:
    return lambda asked: kept[asked.form]


FORM_REFUSED = refuses("structured")
LLAMA_CPP = UnavailableError("Failed to parse grammar", status=500)
SERVERS: dict[str, tuple[dict[Form, Outcome], Form, list[Form]]] = {
    "keeps everything": (dict.fromkeys(FORMS, GOOD), "json_schema", ["json_schema"]),
    "vLLM": (
        {"json_schema": GOOD, "json_object_schema": PROSE, "json_object": PROSE, "none": PROSE},
        "json_schema",
        ["json_schema"],
    ),
    "llama.cpp": (
        {"json_schema": LLAMA_CPP, "json_object_schema": GOOD, "json_object": GOOD, "none": PROSE},
        "json_object_schema",
        ["json_schema", "json_object_schema"],
    ),
    "an older vendor": (
        {
            "json_schema": FORM_REFUSED,
            "json_object_schema": FORM_REFUSED,
            "json_object": GOOD,
            "none": PROSE,
        },
        "json_object",
        ["json_schema", "json_object_schema", "json_object"],
    ),
    "a server without forms": (
        {
            "json_schema": FORM_REFUSED,
            "json_object_schema": FORM_REFUSED,
            "json_object": FORM_REFUSED,
            "none": GOOD,
        },
        "none",
        [*FORMS],
    ),
}


@pytest.mark.parametrize(("kept", "form", "tried"), SERVERS.values(), ids=SERVERS.keys())
def test_the_strictest_form_that_works_is_found_with_the_first_request_and_kept(
    kept: dict[Form, Outcome], form: Form, tried: list[Form]
) -> None:
    asked = Asked(_server(kept))

    assert asked.ask(*(request(json_schema=SCHEMA) for _ in range(4))) == [GOOD] * 4
    assert [each.form for each in asked.provider.asked] == [*tried, *[form] * 3]
    assert asked.caller.form == form


def test_a_form_that_is_ignored_is_given_up_after_two_requests() -> None:
    """`transformers serve` ignores every form, and this model talks.

    Each answer is paid for, so the tries are few.
    """
    asked = Asked([PROSE])

    assert asked.ask(*(request(json_schema=SCHEMA) for _ in range(5))) == [PROSE] * 5
    assert asked.caller.form == "none"
    assert asked.caller.counts.attempts == 2 * len(FORMS) + 3


def test_one_answer_in_prose_does_not_cost_a_model_its_form() -> None:
    def script(asked: Request) -> Outcome:
        return PROSE if asked.form == "json_schema" and len(provider.asked) == 1 else GOOD

    asked = Asked(script)
    provider = asked.provider
    replies = asked.ask(request(json_schema=SCHEMA), request(json_schema=SCHEMA))
    assert [getattr(reply, "text", reply) for reply in replies] == [GOOD.text] * 2
    assert asked.caller.form == "json_schema"


def test_prose_after_the_form_is_proven_is_an_answer() -> None:
    asked = Asked([GOOD, PROSE])

    assert asked.ask(request(json_schema=SCHEMA), request(json_schema=SCHEMA)) == [GOOD, PROSE]
    assert asked.caller.counts.attempts == 2


def test_a_schema_that_is_refused_later_changes_that_request_alone() -> None:
    def script(asked: Request) -> Outcome:
        return (
            refuses("structured") if asked.max_tokens == 1 and asked.form == "json_schema" else GOOD
        )

    asked = Asked(script)
    odd = request(json_schema=SCHEMA, max_tokens=1)
    assert asked.ask(request(json_schema=SCHEMA), odd, request(json_schema=SCHEMA)) == [GOOD] * 3
    assert [each.form for each in asked.provider.asked] == [
        "json_schema",
        "json_schema",
        "json_object_schema",
        "json_schema",
    ]


def test_a_refusal_without_a_reason_may_be_about_the_form() -> None:
    asked = Asked(
        lambda asked: GOOD if asked.form == "none" else refuses(None, message="bad request")
    )

    assert asked.ask(*(request(json_schema=SCHEMA) for _ in range(4))) == [GOOD] * 4
    assert asked.caller.form == "none"


def test_a_poisoned_first_product_does_not_cost_a_model_its_form() -> None:
    def script(asked: Request) -> Outcome:
        return refuses(None, message="too long") if asked.max_tokens == 1 else GOOD

    asked = Asked(script)
    poisoned = request(json_schema=SCHEMA, max_tokens=1)
    first, second = asked.ask(poisoned, request(json_schema=SCHEMA))
    assert isinstance(first, RefusedRequestError)
    assert second == GOOD
    assert asked.caller.form == "json_schema"


def test_refusals_without_a_reason_that_no_form_helps_are_not_tried_in_all_forms_for_ever() -> None:
    asked = Asked(lambda asked: refuses(None, message=f"bad {'abcdefg'[asked.max_tokens % 7]}"))

    asked.ask(*(request(json_schema=SCHEMA, max_tokens=number) for number in range(1, 101)))
    assert asked.caller.counts.attempts <= 100 + 24


def test_many_requests_at_once_agree_on_a_form() -> None:
    kept: dict[Form, Outcome] = {**dict.fromkeys(FORMS, FORM_REFUSED), "none": GOOD}
    asked = Asked(_server(kept), latency_s=0.05)

    assert asked.ask_together(*(request(json_schema=SCHEMA) for _ in range(200))) == [GOOD] * 200
    assert asked.caller.counts.attempts <= 200 + 3 * 8  # the 8 that start before anything is known


@pytest.mark.parametrize("form", ["json_schema", "json_object", "none"])
def test_a_form_that_is_set_is_asked_as_it_is(form: Form) -> None:
    asked = Asked([PROSE, refuses("structured")], model=settings(structured=form))

    prose, refused = asked.ask(request(json_schema=SCHEMA), request(json_schema=SCHEMA))
    assert prose == PROSE
    assert isinstance(refused, RefusedRequestError)
    assert {each.form for each in asked.provider.asked} == {form}


def test_only_the_forms_that_a_provider_can_express_are_tried() -> None:
    asked = Asked([PROSE], forms=("json_object", "none"))

    asked.ask(request(json_schema=SCHEMA))
    assert [each.form for each in asked.provider.asked] == ["json_object", "none"]


def test_a_prompt_that_asks_for_no_json_is_sent_without_a_form() -> None:
    asked = Asked([PROSE])

    assert asked.ask(request()) == [PROSE]
    assert [each.form for each in asked.provider.asked] == ["none"]


# Budgets


class Spent(AttrxError):
    """A budget's refusal."""


def test_every_attempt_is_announced_before_it_is_sent_and_settled_after() -> None:
    seen: list[object] = []
    failure = UnavailableError("down")

    def on_attempt(asked: Request) -> Callable[[Reply | BaseException], None]:
        seen.append(("before", asked.max_tokens, len(asked_provider.asked)))
        return seen.append

    asked = Asked([failure, CUT_OFF, GOOD], on_attempt=on_attempt)
    asked_provider = asked.provider
    asked.ask(request(max_tokens=7))
    assert seen == [("before", 7, 0), failure, ("before", 7, 1), CUT_OFF, ("before", 14, 2), GOOD]


def test_a_budget_that_refuses_keeps_the_request_from_being_sent_and_frees_its_slot() -> None:
    refused: list[Request] = []

    def on_attempt(asked: Request) -> Callable[[Reply | BaseException], None]:
        if not refused:
            refused.append(asked)
            raise Spent("no money left")
        return lambda reply: None

    asked = Asked([GOOD], limits=Limits(concurrency=1), on_attempt=on_attempt)
    spent, good = asked.ask(request(), request())
    assert isinstance(spent, Spent)
    assert good == GOOD
    assert asked.caller.counts.attempts == 1


def test_a_request_that_is_cancelled_under_way_counts_as_lost() -> None:
    settled: list[Reply | BaseException] = []
    asked = Asked([GOOD], latency_s=10.0, on_attempt=lambda asked: settled.append)

    async def cancel() -> int:
        task = asyncio.ensure_future(asked.caller.call(request()))
        await asyncio.sleep(1)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return asked.caller.pacer.in_flight

    assert simulate(cancel()) == 0
    [outcome] = settled
    assert isinstance(outcome, asyncio.CancelledError)


def test_closing_closes_the_provider() -> None:
    asked = Asked([GOOD])

    simulate(asked.caller.close())
    assert asked.provider.closed


# Answers that come to nothing

EMPTY = Reply("", "empty", input_tokens=10, output_tokens=0)
SPENT = Reply("", "length", input_tokens=10, output_tokens=512, thought_tokens=512)


def default_model() -> ModelSettings:
    return settings(model="x")


def test_an_empty_answer_is_asked_again_a_few_times_and_is_no_answer() -> None:
    asked = Asked([EMPTY, GOOD])
    assert asked.ask(request()) == [GOOD]
    always = Asked([EMPTY])
    [outcome] = always.ask(request())
    assert isinstance(outcome, EmptyAnswer)
    assert (always.caller.counts.attempts, always.caller.counts.answers) == (3, 0)


def test_a_form_that_a_server_answers_with_nothing_is_given_up() -> None:
    asked = Asked(lambda request: GOOD if request.form == "none" else EMPTY)
    asked.ask(*[request(json_schema=SCHEMA)] * 3)
    assert asked.caller.form == "none"
    assert asked.caller.counts.empty == 6


def test_twenty_empty_answers_stop_a_model_and_say_what_may_help() -> None:
    asked = Asked([EMPTY])
    outcomes = asked.ask(*[request()] * 9)
    assert asked.caller.counts.attempts == 20
    stop = outcomes[-1]
    assert isinstance(stop, ModelStopped)
    assert "none of its 20 answers could be used (20 empty)" in stop.message
    assert stop.hint.startswith("try `structured: none` under model 'm'")


def test_a_403_among_answers_is_about_its_request_alone() -> None:
    asked = Asked([GOOD, ForbiddenError("firewall", status=403), GOOD])
    outcomes = asked.ask(request(), request(), request())
    assert isinstance(outcomes[1], ForbiddenError)
    assert outcomes[2] == GOOD


def test_twenty_403s_in_a_row_stop_the_model_whatever_it_answered_before() -> None:
    asked = Asked([GOOD, ForbiddenError("firewall", status=403)])
    outcomes = asked.ask(*[request()] * 30)
    assert len(asked.provider.asked) == 21
    assert isinstance(outcomes[-1], ModelStopped)


def test_a_wait_of_hours_ends_the_model_with_the_hour_until_when() -> None:
    asked = Asked([GOOD, RateLimitError("daily", status=429, retry_after_s=30_000.0)])
    outcomes = asked.ask(request(), request(), request())
    assert len(asked.provider.asked) == 2
    stop = outcomes[1]
    assert isinstance(stop, ModelStopped)
    assert isinstance(stop.__cause__, LongWaitError)
    assert "(8 hours): daily" in stop.message


def test_a_request_that_is_too_large_is_not_tried_in_other_forms() -> None:
    asked = Asked([RequestTooLargeError("too large", status=429), GOOD])
    first, second = asked.ask(request(json_schema=SCHEMA), request(json_schema=SCHEMA))
    assert isinstance(first, RequestTooLargeError)
    assert second == GOOD
    assert len(asked.provider.asked) == 2


def thinks(tokens: int) -> Callable[[Request], Reply]:
    """A model that spends so many tokens on thoughts."""
    return lambda request: SPENT if request.max_tokens <= tokens else GOOD


def test_a_model_that_thinks_is_given_more_for_the_rest_of_the_run() -> None:
    asked = Asked(thinks(1500), model=default_model())
    asked.ask(*[request(max_tokens=512)] * 4)
    assert [each.max_tokens for each in asked.provider.asked] == [512, 2048, 2048, 2048, 2048]


def test_one_request_tries_a_larger_limit_while_the_others_wait() -> None:
    asked = Asked(thinks(1500), model=default_model(), latency_s=1.0)
    asked.ask_together(*[request(max_tokens=512)] * 30)
    small = [each for each in asked.provider.asked if each.max_tokens == 512]
    assert len(asked.provider.asked) == 30 + len(small)


def test_a_larger_limit_that_does_not_help_is_tried_twice_and_no_more() -> None:
    asked = Asked(thinks(9000), model=default_model())
    asked.ask(*[request(max_tokens=512)] * 6)
    assert [each.max_tokens for each in asked.provider.asked] == [512, 2048] * 2 + [512] * 4


def test_twenty_answers_in_a_row_without_a_vote_stop_a_model() -> None:
    asked = Asked([GOOD])
    for _ in range(20):
        asked.caller.note_votes(replace(SPENT, max_tokens=2048), Charge(), usable=False)
    assert asked.caller.stop_cause is not None
    assert asked.caller.stop_cause.message == (
        "none of its 20 answers could be used (20 cut off at 2,048 tokens)"
    )
    assert asked.caller.stop_cause.hint.startswith("raise `max_tokens` under model 'm'")


def test_twenty_answers_in_a_row_without_a_vote_stop_a_model_that_gave_votes_before() -> None:
    asked = Asked([GOOD])
    for _ in range(20):
        asked.caller.note_votes(GOOD, Charge(), usable=True)
    causes = []
    for _ in range(20):
        asked.caller.note_votes(PROSE, Charge(), usable=False)
        causes.append(asked.caller.stop_cause)
    assert causes[:19] == [None] * 19
    assert "none of its last 20 answers could be used" in str(causes[19])


def test_refusals_in_a_row_stop_a_model_that_has_answered_before() -> None:
    asked = Asked(
        [GOOD] * 20 + [RefusedRequestError(f"no, {number}", status=400) for number in range(40)]
    )

    async def ask_all() -> None:
        for _ in range(60):
            with contextlib.suppress(ProviderError):
                reply = await asked.caller.call(request())
                asked.caller.note_votes(reply, Charge(), usable=True)

    simulate(ask_all())
    assert asked.caller.counts.attempts == 40  # 20 answers and 20 refusals
    assert asked.caller.stop_cause is not None
    assert asked.caller.stop_cause.message == (
        "none of its last 20 answers could be used (20 refused by the vendor): no, 19"
    )


def test_a_larger_limit_that_the_vendor_refuses_is_taken_back() -> None:
    class Thinker(Scripted):
        @staticmethod
        def first_max_tokens(model: ModelSettings) -> int:
            return 4096

    def script(asked: Request) -> Outcome:
        too_large = RequestTooLargeError("max_tokens is too large", status=400)
        return too_large if asked.max_tokens > 512 else GOOD

    provider = Thinker(script)
    caller = ModelCaller(default_model(), provider, Pacer(None))

    async def twice() -> None:
        for _ in range(2):
            assert await caller.call(request(max_tokens=caller.limit.current)) == GOOD

    simulate(twice())
    assert [each.max_tokens for each in provider.asked] == [4096, 512, 512]

"""`--refresh` and `--retry-failed` go on where an earlier call left them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime

from ..configs.errors import UnusableAnswersError
from ..extraction.asking.channels import Channel
from ..extraction.cache.orders import Orders
from ..extraction.planning.reask_policy import ReaskPolicy
from .session import Session


def place_order(session: Session, policy: ReaskPolicy) -> ReaskPolicy:
    """The policy with the times of its orders: now, or when an order was given that is not done."""
    if not policy.asks_again:
        return policy
    now_ns = session.cache.journal.now_ns()
    parts = _parts_of(session, session.model_names)
    since_ns = Orders(session.cache.journal).place(policy.kind, parts, now_ns)
    earliest_ns = min(since_ns[part] for part in parts)
    if earliest_ns < now_ns:
        session.observer.note(_continuation(policy, earliest_ns))
    return replace(policy, since_ns=since_ns)


def _continuation(policy: ReaskPolicy, since_ns: int) -> str:
    moment = datetime.fromtimestamp(since_ns / 1e9, UTC)
    option = f"--{policy.kind.replace('_', '-')}"
    return (
        f"`{option}` goes on with what was ordered at {moment:%Y-%m-%d %H:%M} UTC and is not done;"
        " what was answered since then is not asked again"
    )


def fulfil_order(session: Session, policy: ReaskPolicy, names: Collection[str]) -> None:
    """Take note that all that was ordered is done.

    Where the budget or the user has ended the call, it is not.

    Args:
        session: The call.
        policy: What was ordered.
        names: The models with which it is.
    """
    if policy.asks_again and not session.should_stop():
        parts = _parts_of(session, names)
        Orders(session.cache.journal).fulfil(policy.kind, parts)


def is_done_with(channel: Channel) -> bool:
    """Whether an order is done with a model: not where it was stopped, and can go on later.

    One whose answers were of no use is asked everything again, since that takes another config.
    """
    cause = channel.caller.stop_cause
    return cause is None or isinstance(cause, UnusableAnswersError)


def _parts_of(session: Session, names: Collection[str]) -> list[bytes]:
    """The digests of models."""
    questionnaire = session.questionnaire
    parts = []
    for model, part in zip(questionnaire.models, questionnaire.model_parts, strict=True):
        if model.name in names:
            parts.append(part)
    return parts

"""The one door through which all replies come in, also those of providers of other packages.

Whatever stands in a reply beside its text is a stranger's word: tokens, ids, versions, limits. What
cannot be is taken for not told, and named in the reply's `doubts`; no answer is lost over it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, get_args

from ..configs.characters import replace_lone_surrogates
from ..configs.checked_values import LONGEST_WORD, count_or_none, share_or_none, word_or_none
from ..configs.errors import ProviderError, UnavailableError
from ..configs.redaction import SECRETS
from .protocol import Finish, Reply

_FINISHES = frozenset(get_args(Finish))
_MOST_HEADERS = 64


def _name(value: Any) -> str | None:
    """An id or a version, without a key in it."""
    word = word_or_none(value)
    return None if word is None else SECRETS.redact(word)


_CHECKS: dict[str, Callable[[Any], Any]] = {
    "input_tokens": count_or_none,
    "output_tokens": count_or_none,
    "model_version": _name,
    "request_id": _name,
}


def checked_reply(reply: Reply) -> Reply:
    """A reply of which everything can be counted, stored and printed.

    Args:
        reply: As a provider made it.

    Raises:
        TypeError: It is no reply, or its text is none.
    """
    if not isinstance(reply, Reply) or not isinstance(reply.text, str):
        raise TypeError(f"expected a Reply with a text, found {type(reply).__name__}")
    values: dict[str, Any] = {}
    doubts = set(reply.doubts)
    for name, check in _CHECKS.items():
        value = getattr(reply, name)
        values[name] = check(value)
        is_told = value is not None and value != ""
        if is_told and values[name] is None:
            doubts.add(name)
    for name, pick in _PICKS.items():
        mapping = getattr(reply, name)
        values[name] = pick(mapping)
        if len(values[name]) < len(mapping):
            doubts.add(name)
    if reply.finish not in _FINISHES:
        values["finish"] = "stop"
        doubts.add("finish")
    values["thought_tokens"] = count_or_none(reply.thought_tokens) or 0
    text = replace_lone_surrogates(reply.text)
    values["text"] = SECRETS.redact_known(text)
    values["doubts"] = frozenset(doubts)
    return replace(reply, **values)


def checked_outcome(outcome: Reply | ProviderError) -> Reply | ProviderError:
    """The same for what became of a request of a batch; what is neither is an error."""
    if isinstance(outcome, ProviderError):
        return outcome
    try:
        return checked_reply(outcome)
    except TypeError as error:
        return UnavailableError(f"a result of a batch that is none: {error}")


def _headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Those headers that are short texts, and not more than a server has a reason to send."""
    short_headers = {}
    for name, value in headers.items():
        if isinstance(value, str) and len(value) <= LONGEST_WORD:
            short_headers[name] = value
    return dict(list(short_headers.items())[:_MOST_HEADERS])


def _probabilities(probabilities: Mapping[str, float]) -> dict[str, float]:
    shares = {}
    for name, value in probabilities.items():
        share = share_or_none(value)
        if share is not None:
            shares[name] = share
    return shares


_PICKS: dict[str, Callable[[Any], dict[str, Any]]] = {
    "headers": _headers,
    "probabilities": _probabilities,
}

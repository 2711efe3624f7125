"""Everything that attrx raises on purpose.

    AttrxError
    +-- ConfigError        attrx.yaml, or an option, cannot be used
    +-- InputError         a products, gold or answers file cannot be used
    +-- CacheError         the answers cache cannot be read or written
    |   +-- CacheLocked    another run holds it; a FolderLocked as well
    |   +-- CacheDamaged   a file of it is gone or broken
    +-- FolderLocked       another run writes to the output folder
    +-- BudgetSpent        the next request would exceed the budget
    +-- ProviderError      a model could not be asked, or did not answer
        +-- AuthError          the key is missing or wrong (401)
        |   +-- ForbiddenError   not allowed (403), which may be about this request alone
        +-- QuotaError         the account has no money or quota left
        +-- UnknownModelError  the vendor does not know the model (404)
        +-- UntrustedServerError  no connection that can be trusted: certificate, proxy
        +-- RateLimitError     asked too fast (429)
        +-- UnavailableError   connection lost, 408, 5xx, 529, a broken body
        |   +-- AnswerTimeout  no answer in time
        |   +-- EmptyAnswer    an answer without a word in it
        |   +-- DeadAnswer     a response that says all is well, and whose body is no answer
        +-- LongWaitError      the vendor asks to wait for longer than a run does
        +-- RefusedRequestError  the vendor will not take this request (400, 413, 422)
        |   +-- RequestTooLargeError  it is too long for the model, or for what a minute allows
        +-- UnreadableResultError  an answer of a batch was paid for, and cannot be read
        +-- UnusableAnswersError  one answer after the other could not be used
        +-- ModelStopped       this model is over for this run: one of the above, or one refusal
                               after the other

Messages have three parts: what was expected, what was found and where, what to do next (`hint`).
"""

from __future__ import annotations

from .characters import replace_lone_surrogates
from .checked_values import count_or_none, wait_or_none, word_or_none
from .redaction import SECRETS

# What a stranger's words may take of a message.
_LONGEST_MESSAGE = 20_000


class AttrxError(Exception):
    """Base of all errors that a user can do something about.

    Args:
        message: What was expected and what was found, with file, line, key or row.
        hint: What to do next; one sentence, may be empty.
    """

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class ConfigError(AttrxError):
    """The configuration cannot be used."""


class InputError(AttrxError):
    """A file given by the user cannot be used."""


class CacheError(AttrxError):
    """The answers cache cannot be read or written."""


class FolderLocked(AttrxError):
    """Another run writes to the same folder."""


class CacheLocked(CacheError, FolderLocked):
    """Another run holds the answers cache."""


class CacheDamaged(CacheError):
    """A file of the answers cache is gone or broken; going on would ask again what it held.

    Args:
        message: Which one, and how much it held.
    """

    def __init__(self, message: str) -> None:
        hint = (
            "Restore it from a backup. Or let `attrx cache repair` rescue what can be read; so does"
            " `--accept-loss`, which then asks again what is lost."
        )
        super().__init__(message, hint=hint)


class BudgetSpent(AttrxError):
    """The next request would exceed the budget of the call."""


class ProviderError(AttrxError):
    """A model could not be asked, or gave no answer.

    Args:
        message: What the vendor said; keys are taken out of it here.
        provider: Name of the provider.
        status: HTTP status, where there was one.
        request_id: The vendor's id of the request, for its support.
        retry_after_s: How long the vendor asks to wait, in seconds.
        hint: What to do next.

    What cannot be of status, id and wait is taken for not told.
    """

    retryable = False
    stops_model = False

    def __init__(
        self,
        message: str,
        *,
        provider: str = "",
        status: int | None = None,
        request_id: str | None = None,
        retry_after_s: float | None = None,
        hint: str = "",
    ) -> None:
        message = SECRETS.redact(replace_lone_surrogates(message[:_LONGEST_MESSAGE]))
        super().__init__(message, hint=hint)
        self.provider = provider
        self.status = count_or_none(status)
        self.request_id = word_or_none(SECRETS.redact(word_or_none(request_id) or ""))
        self.retry_after_s = wait_or_none(retry_after_s)


class AuthError(ProviderError):
    """The key is missing, wrong, or not allowed to do this."""

    stops_model = True


class ForbiddenError(AuthError):
    """The vendor, or a firewall before it, lets this request not through.

    That may be about the key or about what the request holds; see `CircuitBreaker`.
    """

    stops_model = False


class QuotaError(ProviderError):
    """The account has no money or quota left; waiting does not help."""

    stops_model = True


class UnknownModelError(ProviderError):
    """The vendor does not know the model, or the address is wrong."""

    stops_model = True


class UntrustedServerError(ProviderError):
    """No connection to the vendor that can be trusted: its certificate, or a proxy in between."""

    stops_model = True


class RateLimitError(ProviderError):
    """Asked too fast."""

    retryable = True


class UnavailableError(ProviderError):
    """The vendor could not be reached, or failed on its side."""

    retryable = True


class AnswerTimeout(UnavailableError):
    """No answer within the time allowed."""


class EmptyAnswer(UnavailableError):
    """An answer came, and there is nothing in it."""


class DeadAnswer(UnavailableError):
    """A response says that all is well, and its body is no answer, or never comes to an end.

    It may have been paid for, so that it is asked for again less often than what never began.
    """


class LongWaitError(ProviderError):
    """The vendor asks to wait for longer than a run does, as at the end of a daily quota."""

    stops_model = True


class RefusedRequestError(ProviderError):
    """The vendor will not take this request as it is.

    Attributes:
        refused_option: What it will not take, where that could be told: `temperature`, `structured`
            (the form of the answer), or a key of the model's `options`.
    """

    refused_option: str | None = None


class RequestTooLargeError(RefusedRequestError):
    """The request is too long for the model, or for what the account may use in a minute."""


class UnreadableResultError(ProviderError):
    """An answer of a batch was made and paid for, and what has come of it cannot be read.

    Attributes:
        raw: What has come, or its beginning.
    """

    def __init__(self, message: str, raw: str = "") -> None:
        super().__init__(message)
        self.raw = SECRETS.redact_known(raw)


class UnusableAnswersError(ProviderError):
    """A model answered, and answered, and nothing of it could be used."""

    stops_model = True


class ModelStopped(ProviderError):
    """This model is asked nothing more in this run; `__cause__` is the error that stopped it."""

    stops_model = True

"""How strictly a model can be asked to keep to a JSON schema; tried out, because servers differ.

With the same weights, one server answers 500 to `json_schema` but obeys `json_object` with a schema
(llama.cpp), one obeys `json_schema` and ignores the others (vLLM), one ignores it silently
(`transformers serve`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import orjson

from ...configs.errors import (
    EmptyAnswer,
    ProviderError,
    RefusedRequestError,
    RequestTooLargeError,
)
from ...configs.settings import StructuredOutput
from ..protocol import FORMS, Form, Reply

_STRIKES = 2
_MOST_DOUBTS = 24
_FORM_WORDS = re.compile(r"schema|grammar|response_?format|structured|sampl", re.IGNORECASE)

_HALF_PAIR = re.compile(
    r"\\ud[89ab][0-9a-f]{2}(?!\\ud[c-f])|(?<!\\ud[89ab][0-9a-f]{2})\\ud[c-f][0-9a-f]{2}", re.I
)


class FormNegotiation:
    """Which form of answer to ask one model for; with `structured: auto` the strictest it keeps.

    The strictest form left is proven by the first answer that keeps it, and then stays. Until then
    it is given up when the vendor names it in a refusal, or after two requests that a less strict
    form served better: one could be chance.

    Args:
        setting: The model's setting; a form that is set is asked for as it is.
        forms: The forms that the provider can express, strictest first.
    """

    def __init__(self, setting: StructuredOutput, forms: tuple[Form, ...] = FORMS) -> None:
        self._candidates: list[Form] = [*forms] if setting == "auto" else [setting]
        self._is_proven = False
        self._strikes: dict[Form, int] = {}
        self._doubts = 0

    @property
    def current(self) -> Form:
        """The form that requests ask for now."""
        return self._candidates[0]

    def next_after(self, failures: Sequence[Form]) -> Form:
        """The form for a request that these forms did not work for: the strictest other one."""
        for form in self._candidates:
            if form not in failures:
                return form
        return self._loosest

    @property
    def _loosest(self) -> Form:
        return self._candidates[-1]

    def named_in(self, error: ProviderError, form: Form) -> bool:
        """Whether the vendor refuses a request for its form; llama.cpp does so with a 500."""
        if form == self._loosest:
            return False
        if isinstance(error, RefusedRequestError):
            return error.refused_option == "structured"
        if isinstance(error, EmptyAnswer):  # a grammar that the server cannot follow
            return not self._is_proven and self._doubts < _MOST_DOUBTS
        return error.status == 500 and _FORM_WORDS.search(error.message) is not None

    def blames(self, error: ProviderError, form: Form) -> bool:
        """Whether a less strict form may help after this error, the last one in this form.

        A refusal that names nothing, or a 500, may be about the form as long as no answer has kept
        it; but where that has been doubted often enough to no avail, it is about something else.
        """
        if isinstance(error, EmptyAnswer):
            return self._is_doubted(form)
        if self.named_in(error, form):
            if not self._is_proven:
                self._give_up(form)
            return True
        return _is_unclear(error) and self._is_doubted(form)

    def _is_doubted(self, form: Form) -> bool:
        """Whether something else may be wrong than the form; asked but so often."""
        self._doubts += 1
        may_be_form = form != self._loosest and not self._is_proven
        return may_be_form and self._doubts <= _MOST_DOUBTS

    def keeps(self, reply: Reply, form: Form) -> bool:
        """Whether an answer is in its form, which matters until the form is proven."""
        if self._is_proven or form == self._loosest or reply.finish != "stop":
            return True
        is_kept = holds_json_object(reply.text)
        self._is_proven = is_kept and form == self.current
        return is_kept

    def served_without(self, form: Form) -> None:
        """A request was answered in a less strict form after it had failed in this one."""
        strikes = self._strikes.get(form, 0) + 1
        self._strikes[form] = strikes
        if strikes >= _STRIKES and not self._is_proven:
            self._give_up(form)

    def _give_up(self, form: Form) -> None:
        if form in self._candidates and len(self._candidates) > 1:
            self._candidates.remove(form)


def _is_unclear(error: ProviderError) -> bool:
    """Whether an error may be about anything in the request."""
    if error.status == 500:
        return True
    if isinstance(error, RequestTooLargeError):
        return False
    return isinstance(error, RefusedRequestError) and error.refused_option is None


def holds_json_object(text: str) -> bool:
    """Whether a JSON object is in the text, perhaps fenced or with words around it."""
    start = text.find("{")
    end = text.rfind("}") + 1
    if start < 0:
        return False
    # Half a pair of surrogates is what is left of an escape that was cut; orjson takes none.
    content = _HALF_PAIR.sub(r"\\ufffd", text[start:end])
    try:
        return isinstance(orjson.loads(content), dict)
    except orjson.JSONDecodeError:
        return False

"""How strictly a model can be asked to keep to a JSON schema; found out by asking, because servers differ.

With the same weights, one server answers 500 to `json_schema` but obeys `json_object` with a schema
(llama.cpp), one obeys `json_schema` and ignores the others (vLLM), one ignores it silently
(`transformers serve`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import orjson

from ...configs.errors import ProviderError, RefusedRequestError
from ...configs.settings import StructuredOutput
from ..protocol import FORMS, Form, Reply

_STRIKES = 2
_MOST_DOUBTS = 24
_FORM_WORDS = re.compile(r"schema|grammar|response_?format|structured|sampl", re.IGNORECASE)


class FormNegotiation:
    """Which form of answer to ask one model for; with `structured: auto` the strictest one that it keeps.

    The strictest form left is proven by the first answer that keeps it, and then stays. Until then
    it is given up when the vendor names it in a refusal, or after two requests that a less strict
    form served better: one could be chance.

    Args:
        structured: The model's setting; a form that is set is asked for as it is.
        known: The forms that the provider can express, strictest first.
    """

    def __init__(self, structured: StructuredOutput, known: tuple[Form, ...] = FORMS) -> None:
        self._left: list[Form] = [*known] if structured == "auto" else [structured]
        self._proven = False
        self._strikes: dict[Form, int] = {}
        self._doubts = 0

    @property
    def current(self) -> Form:
        """The form that requests ask for now."""
        return self._left[0]

    def next_after(self, failed: Sequence[Form]) -> Form:
        """The form for a request that these forms did not work for: the strictest other one that is left."""
        return next((form for form in self._left if form not in failed), self._left[-1])

    def named_in(self, error: ProviderError, form: Form) -> bool:
        """Whether the vendor refuses a request because of its form; llama.cpp does so with a 500."""
        if form == self._left[-1]:
            return False
        if isinstance(error, RefusedRequestError):
            return error.refused_option == "structured"
        return error.status == 500 and _FORM_WORDS.search(error.message) is not None

    def blames(self, error: ProviderError, form: Form) -> bool:
        """Whether a less strict form may help after this error, which ended the attempts in this one.

        A refusal that names nothing, or a 500, may be about the form as long as no answer has kept
        it; but where that has been doubted often enough to no avail, it is about something else.
        """
        if self.named_in(error, form):
            if not self._proven:
                self._give_up(form)
            return True
        unclear = error.status == 500 or (
            isinstance(error, RefusedRequestError) and error.refused_option is None
        )
        self._doubts += unclear
        return (
            unclear and form != self._left[-1] and not self._proven and self._doubts <= _MOST_DOUBTS
        )

    def keeps(self, reply: Reply, form: Form) -> bool:
        """Whether an answer is in its form, as far as that matters: it does until the form is proven."""
        if self._proven or form == self._left[-1] or reply.finish != "stop":
            return True
        kept = holds_json_object(reply.text)
        self._proven = kept and form == self.current
        return kept

    def served_without(self, form: Form) -> None:
        """A request was answered in a less strict form after it had failed in this one."""
        self._strikes[form] = self._strikes.get(form, 0) + 1
        if self._strikes[form] >= _STRIKES and not self._proven:
            self._give_up(form)

    def _give_up(self, form: Form) -> None:
        if form in self._left and len(self._left) > 1:
            self._left.remove(form)


def holds_json_object(text: str) -> bool:
    """Whether a JSON object is in the text, perhaps fenced or with words around it."""
    start, end = text.find("{"), text.rfind("}")
    try:
        return start >= 0 and isinstance(orjson.loads(text[start : end + 1]), dict)
    except orjson.JSONDecodeError:
        return False

import pytest

from attrx.cli.codes import Code, of_extract
from attrx.runs.extract import ExtractResult
from attrx.runs.tallies import ModelTally

FINE = ModelTally("one")
STOPPED = ModelTally("two", stopped="the key is wrong")


@pytest.mark.parametrize(
    ("result", "code"),
    [
        (ExtractResult(2, (FINE,)), Code.DONE),
        (ExtractResult(2, (FINE, STOPPED)), Code.INCOMPLETE),
        (ExtractResult(2, (FINE,), without_vote=1), Code.INCOMPLETE),
        (ExtractResult(2, (STOPPED,), budget_spent=True), Code.BUDGET),
        (ExtractResult(2, (STOPPED,), budget_spent=True, interrupted=True), Code.INTERRUPTED),
    ],
)
def test_the_most_urgent_of_what_happened_is_the_code(result: ExtractResult, code: Code) -> None:
    assert of_extract(result) is code

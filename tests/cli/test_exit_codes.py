import pytest

from attrx.cli.exit_codes import Code, of_extract
from attrx.runs.batch import BatchResult, ModelBatches
from attrx.runs.counting import ModelTally
from attrx.runs.extract import ExtractResult

FINE = ModelTally("one")
NOTHING_OPEN, OPEN = ModelBatches("one", new_requests=3), ModelBatches("two", batches=1, requests=3)
STOPPED = ModelTally("two", stop_reason="the key is wrong")


@pytest.mark.parametrize(
    ("result", "code"),
    [
        (ExtractResult(2, (FINE,)), Code.SUCCESS),
        (ExtractResult(2, (FINE, STOPPED)), Code.INCOMPLETE),
        (ExtractResult(2, (FINE,), without_vote=1), Code.INCOMPLETE),
        (ExtractResult(2, (STOPPED,), budget_spent=True), Code.BUDGET),
        (ExtractResult(2, (STOPPED,), budget_spent=True, is_interrupted=True), Code.INTERRUPT),
        (ExtractResult(2, (FINE,), without_vote=1, in_batches=1), Code.BATCHES_OPEN),
        (BatchResult(2, (FINE,), without_vote=1, batches=(NOTHING_OPEN, OPEN)), Code.BATCHES_OPEN),
        (BatchResult(2, (STOPPED,), budget_spent=True, batches=(OPEN,)), Code.BATCHES_OPEN),
        (BatchResult(2, (STOPPED,), batches=(NOTHING_OPEN,)), Code.INCOMPLETE),
        (BatchResult(2, (FINE,), batches=(OPEN,), is_interrupted=True), Code.INTERRUPT),
    ],
)
def test_the_most_urgent_of_what_happened_is_the_code(result: ExtractResult, code: Code) -> None:
    assert of_extract(result) is code

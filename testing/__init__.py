"""For authors of providers: a server on this machine that speaks the vendors' APIs, as it is told.

In a test, in a thread of its own. Its answers and faults are to order, and it keeps what it was
asked:

    import asyncio

    from attrx.configs.settings import ModelSettings
    from attrx.providers.protocol import Request
    from attrx.providers.registry import open_provider
    from attrx.testing import VendorServer

    async def ask(model):
        provider = open_provider(model)
        try:
            return await provider.ask(Request(({"role": "user", "content": "Who is it for?"},), 64))
        finally:
            await provider.close()

    with VendorServer(answer=lambda call: "men", faults={1: "rate_limited"}) as server:
        model = ModelSettings(
            name="m", provider="openai", model="gpt-4", base_url=server.base_url("openai")
        )
        assert asyncio.run(ask(model)).text == "men"
    assert server.calls[0].prompt == "Who is it for?"

In a process of its own, where the client is killed or measured and the server's log is the judge:

    with VendorServerProcess("--latency", "0.05", "--log", str(path)) as server:
        ... server.base_url("anthropic"), read_calls(path)

One server serves all vendors at once, told apart by their paths. `faults` is what goes wrong: by
request number (a mapping or a list), by a seeded share (`random_faults`), or by a function of the
call. Kinds of faults are `FAULT_KINDS`; headers may follow (`rate_limited retry-after=1`).

A vendor that attrx does not know is a `WireFormat` of yours, and its batch API a `BatchService`:

    with VendorServer(wires=(AcmeWire(),), batch_services=(AcmeBatchService,)) as server:
        ... server.base_url("acme")

OpenAI's and Anthropic's batches are served as they are; a batch ends `batch_s` seconds after it was
made, or at `server.end_batches()`. Answers to the calls that `holds` picks wait for
`server.release()`. So a test need not guess how long something takes on a busy machine.
"""

from __future__ import annotations

from .answers import AnswerTable, answer_by_schema, read_answer_table
from .batch_services import BatchService, ServedBatch
from .behaviour import Behaviour
from .calls import Call
from .faults import ANSWER_FAULTS, FAULT_KINDS, RESPONSE_FAULTS, Fault, random_faults
from .http_server import HttpRequest
from .server import VendorServer, VendorServerProcess, read_calls
from .vendor_failures import VENDOR_FAILURES
from .wire_formats import WireAnswer, WireFormat, WireRequest

__all__ = [
    "ANSWER_FAULTS",
    "FAULT_KINDS",
    "RESPONSE_FAULTS",
    "VENDOR_FAILURES",
    "AnswerTable",
    "BatchService",
    "Behaviour",
    "Call",
    "Fault",
    "HttpRequest",
    "ServedBatch",
    "VendorServer",
    "VendorServerProcess",
    "WireAnswer",
    "WireFormat",
    "WireRequest",
    "answer_by_schema",
    "random_faults",
    "read_answer_table",
    "read_calls",
]

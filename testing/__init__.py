"""For authors of providers: a server on this machine that speaks the vendors' APIs, with answers and faults to order.

In a test, in a thread of its own:

    from attrx.testing import VendorServer

    with VendorServer(answer=lambda call: '{"gender": "male"}', faults={0: "rate_limited"}) as server:
        model = ModelSettings(
            name="m", provider="openai", model="gpt-4", base_url=server.base_url("openai")
        )
        ...
    assert [call.status for call in server.calls] == [429, 200]

In a process of its own, where the client is killed or measured and the server's log is the judge:

    with VendorServerProcess("--latency", "0.05", "--log", str(path)) as server:
        ... server.base_url("anthropic"), read_calls(path)

One server serves all vendors at once, told apart by their paths. `faults` is what goes wrong: by
request number (a mapping or a list), by a seeded share (`random_faults`), or by a function of the
call. Fault kinds are those of `vendor_failures` (`rate_limited`, `no_quota`, `server_error`,
`bad_temperature` ...) and `ODD_KINDS`; headers may follow (`rate_limited retry-after=1`).

OpenAI's and Anthropic's batches are served too; they end `batch_s` seconds after they were made.
"""

from __future__ import annotations

from .calls import (
    ODD_KINDS,
    AnswerTable,
    Call,
    Fault,
    answer_by_schema,
    random_faults,
    read_answer_table,
)
from .server import VendorServer, VendorServerProcess, read_calls
from .service import Behaviour

__all__ = [
    "ODD_KINDS",
    "AnswerTable",
    "Behaviour",
    "Call",
    "Fault",
    "VendorServer",
    "VendorServerProcess",
    "answer_by_schema",
    "random_faults",
    "read_answer_table",
    "read_calls",
]

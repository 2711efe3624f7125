"""A night behind gateways and with models that think: what is kept, told and asked again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from shop import GENDER, Shop

from attrx.cli.exit_codes import Code, of_extract
from attrx.configs.notices import Notice
from attrx.extraction.asking.observer import Silent
from attrx.extraction.cache.answers_cache import AnswersCache
from attrx.runs.ensemble import EnsembleOptions, ensemble
from attrx.testing import Call, Fault, VendorServer

PRODUCTS = {f"p{number}": f"Shirt {number} for men" for number in range(30)}
RAW = '{"gender": "male"}'


class Watching(Silent):
    """Keeps the warnings."""

    def __init__(self) -> None:
        self.notices: list[Notice] = []

    def warning(self, notice: Notice) -> None:
        self.notices.append(notice)

    @property
    def kinds(self) -> list[str]:
        return [notice.kind for notice in self.notices]


def shop(folder: Path, server: VendorServer, **settings: Any) -> Shop:
    url = server.base_url("openai")
    model = {"name": "m", "provider": "openai", "model": "x", "base_url": url, **settings}
    return Shop(folder, [model], PRODUCTS, attributes={"gender": dict(GENDER)})


def male(call: Call) -> str:
    return RAW


def test_a_product_that_a_firewall_stops_stops_no_other_and_is_told(tmp_path: Path) -> None:
    def firewall(call: Call) -> Fault | None:
        page = Fault(status=403, body="<html><title>Blocked</title></html>")
        return page if "Shirt 7 " in call.prompt else None

    with VendorServer(male, faults=firewall) as server:
        store = shop(tmp_path, server)
        first = Watching()
        result = store.extract(first)
        assert result.models[0].answers == 29
        assert result.models[0].stop_reason is None
        assert "requests_refused" in first.kinds
        asked = len(server.calls)
        store.extract()
        assert len(server.calls) == asked  # it is final, until it is asked for again
        store.extract(retry_failed=True)
        assert len(server.calls) == asked + 1


def test_requests_that_all_fail_are_no_success_however_few(tmp_path: Path) -> None:
    with VendorServer(male, faults=lambda call: Fault(status=403, body="no")) as server:
        result = shop(tmp_path, server).extract(limit=2)
    assert of_extract(result) == Code.INCOMPLETE
    assert result.models[0].has_failed


def cut_off_below(tokens: int) -> Any:
    """A server whose model thinks for so many tokens before it answers."""

    def completion(call: Call) -> Fault:
        is_cut_off = call.body["max_tokens"] < tokens
        message = {"content": "" if is_cut_off else RAW}
        choice = {"message": message, "finish_reason": "length" if is_cut_off else "stop"}
        return Fault(status=200, body=json.dumps({"choices": [choice]}))

    return completion


def test_what_was_cut_off_is_asked_again_when_the_limit_is_raised(tmp_path: Path) -> None:
    with VendorServer(faults=cut_off_below(3000)) as server:
        first = Watching()
        result = shop(tmp_path, server, max_tokens=100).extract(first, limit=5)
        assert result.models[0].unusable == 5
        [notice] = [notice for notice in first.notices if notice.kind == "answers_cut_off"]
        assert notice.text.startswith("m: 5 answers cut off at ")
        asked = len(server.calls)
        shop(tmp_path, server, max_tokens=100).extract(limit=5)
        assert len(server.calls) == asked
        result = shop(tmp_path, server, max_tokens=3000).extract(limit=5)
        assert (len(server.calls) - asked, result.without_vote) == (5, 0)


def test_a_model_that_only_thinks_is_stopped_after_little_money(tmp_path: Path) -> None:
    with VendorServer(faults=cut_off_below(10**6)) as server:
        result = shop(tmp_path, server, limits={"concurrency": 4}).extract()
        assert len(server.calls) < 40
    reason = result.models[0].stop_reason or ""
    assert "answers could be used" in reason
    assert "raise `max_tokens` under model 'm'" in reason


def test_a_dropped_option_is_told_and_stands_in_run_json_every_night(tmp_path: Path) -> None:
    def refuse(call: Call) -> str | None:
        return "bad_temperature" if "temperature" in call.body else None

    with VendorServer(male, faults=refuse) as server:
        store = shop(tmp_path, server, temperature=0)
        watching = Watching()
        store.extract(watching)
        assert watching.kinds == ["option_dropped"]
        asked = len(server.calls)
        runs = []
        for _ in range(2):
            store.extract()
            ensemble(store.settings, EnsembleOptions(store.input), Silent())
            runs.append((store.settings.paths.output / "run.json").read_bytes())
        assert len(server.calls) == asked
    assert runs[0] == runs[1]
    kinds = [warning["kind"] for warning in json.loads(runs[0])["warnings"]]
    assert "option_dropped" in kinds


def test_empty_answers_are_failures_that_the_next_night_asks_again(tmp_path: Path) -> None:
    def empty(call: Call) -> str:
        return "" if "Shirt 3 " in call.prompt else RAW

    with VendorServer(empty) as server:
        store = shop(tmp_path, server)
        watching = Watching()
        result = store.extract(watching)
        assert (result.models[0].answers, result.models[0].failures) == (29, 1)
        assert "answers_empty" in watching.kinds
        statuses = AnswersCache(store.settings.paths.cache).answers(0).column("status")
        assert statuses.to_pylist().count("failed") == 1
        assert store.extract().models[0].requests == 1

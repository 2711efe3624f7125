"""A behaviour's test is found: in the file at the place of its module, or in the one named here."""

from __future__ import annotations

import tomllib
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).resolve().parent.parent
TESTS = ROOT / "tests"

# What has no test file of its own is tested through something larger. A folder stands for all
# modules in it that are not named themselves.
TESTED_IN = {
    "__main__": "cli/test_app.py",
    "cli/lasting_console": "cli/test_run.py",
    "cli/options": "cli/test_extract.py",
    "cli/repairing": "cli/test_cache.py",
    "cli/status": "cli/test_extract.py",
    "cli/tables": "cli/test_run.py",
    "configs": "configs/test_loading.py",
    "configs/errors": "providers/wire/test_vendor_errors.py",
    "configs/notices": "cli/test_progress.py",
    "configs/product": "prompts/asking/test_writing.py",
    "configs/vote_states": "runs/test_extract.py",
    "ensemble": "runs/test_ensemble.py",
    "ensemble/blocks": "ensemble/test_patterns.py",
    "ensemble/catalog": "ensemble/catalog/test_witness.py",
    "ensemble/deciding": "runs/test_gold.py",
    "ensemble/evaluation": "runs/test_evaluate.py",
    "ensemble/gold": "ensemble/methods/test_stack.py",
    "ensemble/gold/labels": "runs/test_gold.py",
    "ensemble/methods": "ensemble/methods/test_methods.py",
    "ensemble/methods/mixed_stack": "ensemble/methods/test_auto.py",
    "ensemble/methods/single": "cli/test_ensemble.py",
    "ensemble/newton": "ensemble/gold/test_calibration.py",
    "ensemble/pattern_decisions": "ensemble/test_value_choice.py",
    "ensemble/pattern_table": "ensemble/methods/test_iwmv.py",
    "ensemble/product_hashes": "ensemble/gold/test_sampling.py",
    "extraction/asking": "runs/test_extract.py",
    "extraction/asking/budget": "runs/test_budget.py",
    "extraction/asking/observer": "runs/test_batch_troubles.py",
    "extraction/asking/refusals": "runs/test_stop_after.py",
    "extraction/batches": "runs/test_batch.py",
    "extraction/batches/batch_outcomes": "runs/test_batch_results.py",
    "extraction/batches/collect": "runs/test_batch_troubles.py",
    "extraction/batches/heartbeat": "runs/test_batch_kill.py",
    "extraction/batches/lookup": "runs/test_batch_troubles.py",
    "extraction/batches/vendor_calls": "runs/test_batch_troubles.py",
    "extraction/cache": "extraction/cache/test_answers_cache.py",
    "extraction/cache/batch_records": "extraction/cache/test_ledger.py",
    "extraction/cache/orders": "runs/test_reask_orders.py",
    "extraction/cache/page_healing": "extraction/cache/test_repair.py",
    "extraction/cache/rescue": "extraction/cache/test_repair.py",
    "extraction/cache/strays": "extraction/cache/test_manifest.py",
    "extraction/cache/taking_over": "cli/test_cache.py",
    "extraction/cache/verification": "cli/test_cache.py",
    "extraction/cache/usage": "cli/test_run.py",
    "extraction/inputs": "extraction/inputs/test_formats.py",
    "extraction/inputs/bad_rows": "extraction/inputs/test_dialect.py",
    "extraction/inputs/delimited_text": "extraction/inputs/test_dialect.py",
    "extraction/inputs/gold": "runs/test_gold.py",
    "extraction/inputs/input_notices": "extraction/inputs/test_spool_writer.py",
    "extraction/inputs/row_groups": "runs/test_inputs.py",
    "extraction/inputs/spool": "runs/test_batch.py",
    "extraction/inputs/workbook": "runs/test_inputs.py",
    "extraction/planning": "runs/test_extract.py",
    "extraction/planning/arrow_arrays": "extraction/planning/test_pending.py",
    "extraction/planning/matching": "extraction/planning/test_pending.py",
    "extraction/storage": "extraction/storage/test_writer_lock.py",
    "extraction/votes": "runs/test_ensemble.py",
    "extraction/votes/answers_file": "cli/test_imports.py",
    "outputs": "runs/test_ensemble.py",
    "outputs/comparison": "outputs/comparison/test_changes.py",
    "outputs/evaluation": "runs/test_evaluate.py",
    "outputs/html": "runs/test_report.py",
    "outputs/read_back": "runs/test_report.py",
    "outputs/skipped_rows": "runs/test_inputs.py",
    "prompts/asking": "prompts/asking/test_writing.py",
    "prompts/reading": "prompts/reading/test_answer.py",
    "providers/batches": "providers/batches/test_batch_api.py",
    "providers/batches/result_lines": "runs/test_batch_results.py",
    "providers/calling": "providers/calling/test_caller.py",
    "providers/calling/slow_start": "providers/calling/test_pacer.py",
    "providers/clients": "providers/test_vendors.py",
    "providers/clients/anthropic_client": "providers/batches/test_batch_api.py",
    "providers/clients/google_client": "providers/test_google.py",
    "providers/clients/openai_client": "cli/test_check.py",
    "providers/local": "local/test_engine.py",
    "providers/local/loading": "local/test_loading.py",
    "providers/local/provider": "extraction/cache/test_digests.py",
    "providers/mock_reading": "providers/test_mock.py",
    "providers/model_rules": "configs/test_loading.py",
    "providers/protocol": "runs/test_dry_run.py",
    "providers/provider_options": "providers/local/test_local_options.py",
    "providers/sent_requests": "runs/test_budget.py",
    "providers/wire": "providers/wire/test_chat_replies.py",
    "providers/wire/http": "providers/test_vendors.py",
    "runs/cache": "cli/test_cache.py",
    "runs/cache_integrity": "cli/test_cache.py",
    "runs/counting": "runs/test_extract.py",
    "runs/imports": "cli/test_imports.py",
    "runs/session": "cli/test_extract.py",
    "runs/status": "cli/test_extract.py",
    "testing": "testing/test_vendor_server.py",
    "testing/http_server": "providers/test_vendors.py",
    "testing/service": "runs/test_batch_troubles.py",
    "testing/vendor_batches": "providers/batches/test_batch_api.py",
    "testing/vendor_failures": "providers/test_vendors.py",
    "testing/vendor_wires": "providers/test_vendors.py",
    "testing/wire_formats": "providers/test_vendors.py",
}
# Folders of tests that are not about one folder of the package.
OTHER_FOLDERS = {
    "docs",  # the documents and examples say what is so
    "hostile",  # tries to break a run: `make test-hostile`
    "local",  # models in this process: `make test-local`
    "support",  # what tests share
}


def package_folders() -> list[PurePosixPath]:
    """The folders of the package, without that of the checkout."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    names = project["tool"]["setuptools"]["packages"]
    return [PurePosixPath(*name.split(".")[1:]) for name in names]


def modules() -> list[PurePosixPath]:
    """Every module of the package."""
    return [
        folder / path.stem
        for folder in package_folders()
        for path in sorted((ROOT / folder).glob("*.py"))
        if path.stem != "__init__"
    ]


def own_test(module: PurePosixPath) -> Path:
    return TESTS / module.parent / f"test_{module.name}.py"


def entry_of(module: PurePosixPath) -> str | None:
    """The entry of the table that is about a module: its own, or the one of its folder."""
    return next((str(name) for name in (module, module.parent) if str(name) in TESTED_IN), None)


def test_every_module_has_a_test_at_its_place_or_is_in_the_table() -> None:
    homeless = [
        str(module)
        for module in modules()
        if not own_test(module).exists() and entry_of(module) is None
    ]
    assert homeless == []


def test_the_table_names_only_what_has_no_test_of_its_own() -> None:
    needed = {entry_of(module) for module in modules() if not own_test(module).exists()}
    assert sorted(set(TESTED_IN) - needed) == []


@pytest.mark.parametrize("file", sorted(set(TESTED_IN.values())))
def test_a_file_that_the_table_names_is_there(file: str) -> None:
    assert (TESTS / file).is_file()


def test_the_folders_of_the_tests_are_those_of_the_package() -> None:
    files = TESTS.rglob("test_*.py")
    folders = {file.parent.relative_to(TESTS).as_posix() for file in files}
    package = {str(folder) for folder in package_folders()}
    assert folders - OTHER_FOLDERS <= package

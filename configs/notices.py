"""Warnings as records, so that a script can tell them apart without reading sentences.

Every warning is a `Notice`: those of `run.json`, and those that a command prints. `Kind` lists all
kinds there are; docs/outputs.md explains each.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

Kind = Literal[
    # Of the cache
    "clock_set_back",
    "lock_taken_over",
    # Of the input
    "input_encoding",
    "input_rows_skipped",
    "rows_grouped",
    "ids_shortened",
    "ids_with_decimals",
    "products_without_text",
    "attribute_without_products",
    # Of the cache
    "cache_manifest_rebuilt",
    "cache_strange_files",
    "cache_set_aside",
    "cache_taken_in",
    "cache_damaged",
    "cache_repaired",
    "journal_rescued",
    # Of asking
    "request_failed",
    "requests_refused",
    "answers_cut_off",
    "answers_unusable",
    "answers_empty",
    "max_tokens_raised",
    "option_dropped",
    "reply_doubted",
    "model_stopped",
    "no_answer",
    "budget_short",
    "budget_spent",
    "interrupted",
    "in_batches",
    "batch_unreached",
    "batch_expired",
    "batch_lines_unreadable",
    "batch_without_model",
    # Of the weights
    "few_models",
    "small_group",
    "one_decides",
    "shared_mistakes",
    "not_converged",
    "weights_kept",
    "below_chance",
    # Of the outputs
    "column_renamed",
    "products_stale",
    "encoding_changed",
    "sheet_set_aside",
    "refused",
    # Of an earlier run
    "agreement_shift",
    "answers_shift",
    "version_shift",
    # Of gold
    "gold_unknown_attribute",
    "gold_shown",
    "gold_unscored",
    "gold_undecided",
    "gold_off_list",
    "gold_not_cached",
    "gold_empty",
    "gold_weights",
    "gold_unproposed",
    "gold_not_unanimous",
    "gold_not_disagreeing",
    "gold_learned_from",
    # Of an answers file
    "import_unknown_model",
    "import_unknown_product",
    "import_unknown_attribute",
    "import_conflict",
    "import_off_list",
    "import_unreadable",
]


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing that may be wrong.

    Attributes:
        kind: What it is about, for scripts.
        text: The same in plain words.
        models: The models concerned.
        groups: The groups of cells concerned, each a category and an attribute, `*` for all of
            them; empty where it is about none in particular.
    """

    kind: Kind
    text: str
    models: tuple[str, ...] = ()
    groups: tuple[tuple[str, str], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The fields by name, for `run.json` and for `--log-format json`."""
        return asdict(self)

"""Many models: seconds of this process and peak memory of learning, deciding and the pair warnings.

python -m benchmarks.many_models [MODELS CELLS]

Without arguments 130 models on 10,000 cells, then 40 models on 1,000,000, each in a process of its
own. One closed attribute of six values; three cells of ten are hard, and most of these have a
pattern that no other cell has, which is the dear case. The floor is one look at every vote.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections.abc import Callable
from typing import TypeVar

import numpy as np

from attrx.configs.settings import Attribute
from attrx.ensemble.arrays import MISSING, Codes
from attrx.ensemble.decision_rule import Rule, decide
from attrx.ensemble.diagnostics import diagnose, pair_agreements
from attrx.ensemble.groups import form_groups
from attrx.ensemble.methods.iwmv import learn_iwmv
from attrx.ensemble.patterns import count_patterns

SIZES = ((130, 10_000), (40, 1_000_000))
VALUES = 6
HARD = 0.3
MIB = 1 << 20

Result = TypeVar("Result")


def make_votes(n_models: int, n_cells: int) -> Codes:
    """[n_cells, n_models] votes of models that are right on 50 to 95 % of the hard cells."""
    luck = np.random.default_rng(0)
    truth = luck.integers(1, VALUES + 1, n_cells)
    difficulty = np.where(luck.random(n_cells) < HARD, 1.0, 0.05)
    codes = np.empty((n_cells, n_models), np.int32)
    for model, error in enumerate(luck.uniform(0.05, 0.5, n_models)):
        is_wrong = luck.random(n_cells) < error * difficulty
        other = luck.integers(0, VALUES + 1, n_cells)
        vote = np.where(is_wrong, other, truth)
        codes[:, model] = np.where(luck.random(n_cells) < 0.01, MISSING, vote)
    return codes


def measure(label: str, work: Callable[[], Result]) -> Result:
    """Do it, and print what it took."""
    start = time.process_time()
    result = work()
    seconds = time.process_time() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / MIB
    print(f"  {label:22}{seconds:7.1f} CPU s, peak {peak:,.0f} MiB", flush=True)
    return result


def run(n_models: int, n_cells: int) -> None:
    """One size."""
    codes = make_votes(n_models, n_cells)
    print(f"{n_models} models, {n_cells:,} cells, {codes.nbytes / MIB:,.0f} MiB of votes")
    attribute = Attribute(name="a", values={str(value): () for value in range(VALUES)})
    names = [f"model-{number}" for number in range(n_models)]
    measure("a look at each vote", lambda: np.count_nonzero(codes == MISSING))
    counts = measure("count", lambda: count_patterns(codes, closed=True))
    print(f"  {len(counts.blocks):,} patterns")
    groups = form_groups({("", "a"): counts}, [attribute], "attribute")
    weights = measure("learn", lambda: learn_iwmv(groups, chance="observed", shrink=100.0))
    rule = Rule(weights.weight[0], weights.agreement[0])
    measure("decide", lambda: decide(codes, rule))
    measure("warnings", lambda: diagnose(groups, weights, names))
    measure("table of pairs", lambda: pair_agreements(groups, names))


def main() -> None:
    """Each size in a process of its own, so that the peaks are its own."""
    for n_models, n_cells in SIZES:
        command = [sys.executable, "-m", "benchmarks.many_models", str(n_models), str(n_cells)]
        subprocess.run(command, check=True)


if __name__ == "__main__":
    if len(sys.argv) == 3:
        run(int(sys.argv[1]), int(sys.argv[2]))
    else:
        main()

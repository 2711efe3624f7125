"""A night in minutes: 300,000 answers from a server that does not wait.

Memory and CPU per answer, early and late.

python -m benchmarks.soak [--answers 300000]
"""

from __future__ import annotations

import argparse
import json
import resource
import tempfile
import time
from pathlib import Path

from .shop import SUPPORT, make_settings, write_products

RAW = json.dumps({"gender": "male", "age_group": "adult", "brand": "Nike"})
_PAGE_KIB = resource.getpagesize() / 1024


def resident_mib() -> float:
    """Memory of this process now, from the kernel."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE_KIB / 1024


class Sampler:
    """An observer that takes the process's CPU and memory every so many answers."""

    def __init__(self, every: int) -> None:
        self.every, self.answers = every, 0
        self.samples = [(0, time.process_time(), resident_mib())]

    def on_answer(self, model: str, **_: object) -> None:
        """Count an answer."""
        self.answers += 1
        if self.answers % self.every == 0:
            self.samples.append((self.answers, time.process_time(), resident_mib()))

    def __getattr__(self, name: str) -> object:
        return lambda *args, **kwargs: None


def main(answers: int = 300_000) -> None:
    """Measure and print."""
    from attrx.runs.extract import ExtractOptions, extract
    from attrx.testing import VendorServerProcess

    assert SUPPORT.is_dir()
    with tempfile.TemporaryDirectory() as name, VendorServerProcess("--raw", RAW) as server:
        model = {
            "name": "m",
            "provider": "openai",
            "model": "m",
            "base_url": server.base_url("openai"),
        }
        settings = make_settings(Path(name), [{**model, "limits": {"concurrency": 64}}])
        sampler = Sampler(answers // 10)
        result = extract(settings, ExtractOptions(write_products(Path(name), answers)), sampler)  # type: ignore[arg-type]
        assert result.models[0].answers == answers
    steps = list(zip(sampler.samples, sampler.samples[1:], strict=False))
    for (start, cpu, _), (end, later, mib) in steps:
        print(
            f"{end:>9,} answers: {1000 * (later - cpu) / (end - start):.2f} ms CPU per answer, "
            f"{mib:.0f} MiB"
        )
    costs = [(later - cpu) / (end - start) for (start, cpu, _), (end, later, _) in steps]
    print(
        f"last tenth to second: CPU {costs[-1] / costs[1]:.2f}x, memory "
        f"{steps[-1][1][2] / steps[1][1][2]:.2f}x"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--answers", type=int, default=300_000)
    main(parser.parse_args().answers)

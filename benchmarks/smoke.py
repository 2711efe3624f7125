"""2,000 products through five mock models.

Then with a lazy and a copying model in place of the two weakest.

What matters is what the weights and the warnings say.

    python -m benchmarks.smoke
"""

from __future__ import annotations

import random
import subprocess
import sys
import tempfile
from pathlib import Path

CONFIG = """
version: 1
input: {{id: sku, text: [title]}}
attributes:
  gender: {{values: [male, female, unisex]}}
  age_group: {{values: [newborn, infant, toddler, kids, adult]}}
models:
{models}
ensemble: {{chance: {chance}}}
"""
HONEST = {"m95": 0.95, "m93": 0.93, "m88": 0.88, "m80": 0.80, "m70": 0.70}


def mock(name: str, **options: object) -> str:
    """A line of the config."""
    listed = ", ".join(
        f"{key}: {value}" for key, value in {**options, "gold": '"true_{attribute}"'}.items()
    )
    return f"  - {{name: {name}, provider: mock, options: {{{listed}}}}}"


def write_catalog(path: Path, rows: int = 2000) -> None:
    """Products whose true values are known; half are for adults, a third for men."""
    luck = random.Random(7)
    with path.open("w", encoding="utf-8") as file:
        file.write("sku,title,true_gender,true_age_group\n")
        for number in range(rows):
            gender = luck.choices(["male", "female", "unisex"], [35, 45, 20])[0]
            age = luck.choices(
                ["newborn", "infant", "toddler", "kids", "adult"], [5, 10, 15, 20, 50]
            )[0]
            file.write(f"S{number},Item {number},{gender},{age}\n")


def run(folder: Path, label: str, models: list[str], chance: str) -> None:
    """One run through the command line, its output shown."""
    print(f"=== {label}, chance: {chance}", flush=True)
    config = folder / "attrx.yaml"
    config.write_text(CONFIG.format(models="\n".join(models), chance=chance), encoding="utf-8")
    attrx = [sys.executable, "-m", "attrx"]
    for arguments in (["extract", str(folder / "p.csv"), "-q"], ["ensemble"]):
        subprocess.run(
            [*attrx, *arguments, "-c", str(config)], check=True, stderr=subprocess.STDOUT
        )


def main() -> None:
    """Run and print."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_catalog(folder / "p.csv")
        honest = [mock(model, accuracy=accuracy) for model, accuracy in HONEST.items()]
        strange = [
            mock("lazy", always="{gender: female, age_group: adult}"),
            mock("copy-of-m88", accuracy=0.88, copies="m88"),
        ]
        for chance in ("observed", "uniform"):
            run(folder, "five honest models", honest, chance)
            run(
                folder,
                "a lazy and a copying one in place of the last two",
                honest[:3] + strange,
                chance,
            )


if __name__ == "__main__":
    main()

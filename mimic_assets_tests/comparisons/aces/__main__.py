"""`python -m mimic_assets_tests.comparisons.aces LAKE`: prints the comparison with ACES as Markdown tables."""

import sys
import tempfile
from pathlib import Path

from mimic_assets.settings import Settings
from mimic_assets_tests.comparisons.aces import TASKS, compare
from mimic_assets_tests.environments import open_environment


def main(lake: str) -> None:
    """Print one table per task."""
    with tempfile.TemporaryDirectory() as folder:
        for comparison in compare(Settings(lake=lake, tasks=TASKS), open_environment("aces"), Path(folder)):
            print(f"\n**{comparison.task}**: {comparison.labelled.height:,} labels, "
                  f"{comparison.disagreements.height} of them otherwise in ACES\n")  # fmt: skip
            print("| ours | ACES | index times |\n|---|---|---:|")
            for ours, aces, count in comparison.table.iter_rows():
                print(f"| {ours} | {aces} | {count:,} |")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else ".demo/lake")

"""The same files through MIMIC-IV-MEDS, and labels by ACES on what it wrote; each in its own environment, offline.

MIMIC-IV-MEDS runs with the configuration it is shipped with, told that nothing is to be downloaded. ACES predicts at
events only: here at the charted heart rates, of which the generated stays have one at every whole hour, the hourly
index times of our task. It knows no follow-up: where ours ends before the target, its labels stand alone and are
counted.
"""

import os
from pathlib import Path

from mimic_assets_tests.benchmarks.watched import Watched, watch
from mimic_assets_tests.environments import open_environment

MEDS, COHORT = "meds", "cohort"
_NAME = "in_hospital_death"
_TASK = """\
predicates:
  charted_hour: { code: LAB//220045//bpm }
  death: { code: MEDS_DEATH }
trigger: charted_hour
windows:
  input:
    start: null
    end: trigger
    start_inclusive: True
    end_inclusive: True
    index_timestamp: end
    has: { death: "(None, 0)" }
  target:
    start: trigger
    end: start + 24h
    start_inclusive: False
    end_inclusive: True
    label: death
"""


def extract_by_meds(source: Path, output: Path) -> Watched:
    """Write `<output>/meds` in the MEDS format; return what it took."""
    program = open_environment("mimic_iv_meds").with_name("meds-extract-run")
    places = [f"output_dir={output / MEDS}", f"input_dir={source}", "do_download=false"]
    return watch([program, "spec=MIMIC-IV", *places], output / "meds.log", _environment(program))


def label_by_aces(output: Path) -> Watched:
    """Write `<output>/cohort/in_hospital_death/**.parquet`, one per shard of the MEDS data; return what it took."""
    program = open_environment("aces").with_name("aces-cli")
    data, cohort = output / MEDS / "data", output / COHORT
    cohort.mkdir(exist_ok=True)
    (cohort / f"{_NAME}.yaml").write_text(_TASK)
    shards = sorted(path.relative_to(data).with_suffix("").as_posix() for path in data.rglob("*.parquet"))
    options = ["data=sharded", "data.standard=meds", f"data.root={data}", f"data.shard={','.join(shards)}"]
    names = [f"cohort_name={_NAME}", f"cohort_dir={cohort}"]
    return watch([program, "-m", *names, *options], output / "aces.log", _environment(program))


def _environment(program: Path) -> dict[str, str]:
    """Return ours with the program's folder first: MIMIC-IV-MEDS starts its stages by name."""
    own = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    return own | {"PATH": f"{program.parent}{os.pathsep}{os.environ.get('PATH', '')}"}

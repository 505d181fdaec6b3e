"""icu-leakage-check 0.1.0 over our window table: `python -m mimic_assets_tests.comparisons.leakage_check [--write]`.

Prints what each of its 16 checks says of the generated demo; `--write` puts the table into docs/leakage.md. Leaky
copies of the table are in `leaky_copies`, the tool itself runs in its own environment (`leakage_audit`).
"""

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from mimic_assets.settings import S3Settings
from mimic_assets.sources.demo import DemoPlan, generate_demo
from mimic_assets.storage.lake import Lake
from mimic_assets.tasks import Task, load_task
from mimic_assets_tests.comparisons.planted_approach import remove_approach
from mimic_assets_tests.comparisons.window_table import WindowTable, export
from mimic_assets_tests.defs.journeys import Place, travel_in_process
from mimic_assets_tests.environments import ROOT, open_environment

PAGE = ROOT / "docs" / "leakage.md"
PLAN = DemoPlan(patients=24, hours=4, waveform_minutes=1)
"""Enough windows for every check: `single_feature_dominance` wants 30 of train with a value."""
TASK = "hypotension"
BEGIN, END = "<!-- made by leakage_check -->", "<!-- end -->"
DECLARED = {"preprocessing_fitted_on_training_only": True, "outcome_window_after_prediction_time": True}
"""What we prove. Nothing is declared of models, which we do not train, and nothing of the cohort: a window whose target
was not followed up is left out, which is known only afterwards (attrition is reported)."""
ANSWERS = {
    "entity_overlap": "split by subject id and seed; `prove` claims `one_split`, `own_split`",
    "site_overlap": "not applicable: MIMIC-IV is one hospital",
    "duplicate_records": "`prove` claim `own_bytes`",
    "temporal_order": "the split is by subject and does not claim to be temporal; dates are shifted per subject",
    "event_timing": "windows are `(index - observation, index]`; `prove` claims `truncation`, `window_end`",
    "truncation_invariance": "the tool deletes later cells, our stages build the features again; `prove`: `truncation`",
    "outcome_timing": "`prove` claim `target_start`",
    "eligibility_timing": "eligible from ICU admission on, and where the window is observed enough",
    "hindsight_features": "the catalogue of hindsight, refused as inputs",
    "outcome_proxies": "no feature comes from orders, codes or texts; `care_limitation` is carried beside the tensor",
    "single_feature_dominance": (
        "the generator plants an approach of 30 to 90 minutes before each episode; without it this passes (below)"
    ),
    "missingness_proxy": "measured; follow-up is the task's own, never the monitor's",
    "preprocessing_fit": "`training_normalisation`, compared on the cells it was fitted on; `prove`: `normalisation`",
    "synthetic_samples": "nothing is made up; controls are chosen, never interpolated",
    "threshold_selection": "not applicable: no model is trained here, so there is neither score nor threshold",
    "declarations": "two items are declared, because they are proven; the others are about models or the cohort",
}
"""The 16 checks -> our answer."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A window table to audit, sound as exported or leaky on purpose."""

    table: WindowTable
    features: list[str] = field(default_factory=list)
    """Further columns given as features."""
    arguments: dict[str, Any] = field(default_factory=dict)
    """Further arguments of the audit."""
    leak: str = "-"
    """Leak of our stages while features are made again."""
    check: str = ""
    """The only check that is asked; empty: all of them."""


def audit(lake: Path, task_file: str, copies: dict[str, Copy]) -> dict[str, Any]:
    """Return the findings of every copy by name, and what the tool knows to be hindsight.

    A copy that names its check is asked for that alone: each question about truncation starts our stages anew.
    """
    python = open_environment("leakage_check")
    with tempfile.TemporaryDirectory() as folder:
        specs: dict[str, Any] = {}
        for name, copy in copies.items():
            specs |= _specs(name, copy, Path(folder), lake, task_file)
        Path(folder, "audits.json").write_text(json.dumps(specs), encoding="utf-8")
        script = Path(__file__).with_name("leakage_audit.py")
        command = [str(python), str(script), f"{folder}/audits.json", f"{folder}/findings.json"]
        finished = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if finished.returncode:
            raise RuntimeError(finished.stderr[-2000:])
        said = json.loads(Path(folder, "findings.json").read_text(encoding="utf-8"))
    by_copy: dict[str, list[dict[str, str]]] = {name: [] for name in copies}
    for audit_name, found in said["audits"].items():
        by_copy[audit_name.partition("/")[0]] += found
    return {"copies": by_copy, "hindsight": said["hindsight"]}


def statuses(findings: list[dict[str, str]]) -> dict[str, str]:
    """Return check -> its worst status: fail, warn, pass, skipped."""
    order = ["fail", "warn", "pass", "skipped"]
    worst: dict[str, str] = {}
    for finding in findings:
        before = worst.get(finding["check"], "skipped")
        worst[finding["check"]] = min(before, finding["status"], key=order.index)
    return worst


def _specs(name: str, copy: Copy, folder: Path, lake: Path, task_file: str) -> dict[str, Any]:
    table, place = copy.table, folder / name
    place.mkdir()
    paths = {"rows": table.rows, "provenance": table.provenance, "raw": table.raw, "cells": table.cells}
    for part, frame in paths.items():
        frame.write_parquet(place / f"{part}.parquet")
    asked = table.rows.filter(pl.col("sample_id").is_in(table.raw["entity_id"].unique().to_list()))
    asked.write_parquet(place / "asked.parquet")
    common: dict[str, Any] = {
        "label": "label", "split": "split", "dataset": "mimic-iv", "index_time": "index_time",
        "outcome_time": "outcome_time", "eligibility_time": "eligibility_time", "calendar_time": "year",
        "feature_columns": [*table.features, *copy.features], "event_entity": "sample_id",
        "split_strategy": "patient", "declarations": DECLARED,
    }  # fmt: skip
    fitted = table.statistics.drop_nulls("mean").filter(pl.col("observed_count") > 0)
    apart = ("truncation_invariance", "preprocessing_fit")
    whole = [check for check in ANSWERS if check not in apart]
    command = [sys.executable, "-m", "mimic_assets_tests.comparisons.build_features", str(lake), task_file, copy.leak]
    audits: dict[str, Any] = {
        f"{name}/table": {
            "data": str(place / "rows.parquet"), "events": str(place / "provenance.parquet"), "checks": whole,
            "arguments": common | copy.arguments,
        },
        f"{name}/truncation": {
            "data": str(place / "asked.parquet"), "raw_events": str(place / "raw.parquet"), "checks": [apart[0]],
            "command": command,
            "arguments": {"index_time": "index_time", "event_entity": "sample_id", "feature_columns": []},
        },
        f"{name}/statistics": {
            "data": str(place / "cells.parquet"), "checks": [apart[1]],
            "statistics": fitted.select("parameter", "mean", "standard_deviation").to_dict(as_series=False),
            "arguments": {"split": "split", "feature_columns": fitted["parameter"].to_list()},
        },
    }  # fmt: skip
    if not copy.check:
        return audits
    return {name: spec | {"checks": [copy.check]} for name, spec in audits.items() if copy.check in spec["checks"]}


def make_demo(folder: Path, *, has_approach: bool = True) -> Path:
    """Return the lake of the demo that is audited; `has_approach`: whether signs come before an episode's onset."""
    with pytest.MonkeyPatch.context() as patch:
        if not has_approach:
            remove_approach(patch)
        generate_demo(folder / "source", PLAN)
    place = Place(folder / "source", folder / "lake")
    travel_in_process(place.settings(tasks=(TASK,)))
    return place.lake


def audit_without_approach(folder: Path) -> list[dict[str, str]]:
    """Return the findings of the same demo, but nothing in it announces an episode."""
    lake = make_demo(folder, has_approach=False)
    table = export(Lake.open(str(lake), S3Settings()), load_task(TASK))
    found: list[dict[str, str]] = audit(lake, TASK, {"unannounced": Copy(table)})["copies"]["unannounced"]
    return found


def dominance(findings: list[dict[str, str]]) -> str:
    """Return what the check of single features said."""
    return " ".join(finding["message"] for finding in findings if finding["check"] == "single_feature_dominance")


def report(findings: list[dict[str, str]], unannounced: list[dict[str, str]], task: Task, table: WindowTable) -> str:
    """Return the 16 checks as a Markdown table, and what is said of single features where no approach is planted."""
    found = statuses(findings)
    people = table.rows["subject_id"].n_unique()
    train = table.rows.filter(split="train")
    labels = " and ".join(
        f"{own.height} {name} windows of {own['subject_id'].n_unique()} patients"
        for name, own in (("positive", train.filter(label=1)), ("negative", train.filter(label=0)))
    )
    lines = [
        f"{table.rows.height} samples of {people} generated patients, task `{task.name}`; in train {labels}:",
        "",
        "| check | says | our answer |",
        "|---|---|---|",
        *(f"| `{check}` | {found.get(check, 'skipped')} | {answer} |" for check, answer in ANSWERS.items()),
        "",
        "`single_feature_dominance` in its own words:",
        "",
        f"- the demo: {dominance(findings)}",
        f"- the same patients without the planted approach: {dominance(unannounced)}",
    ]
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    """Audit the demo, print the table; 1 where a check fails."""
    task = load_task(TASK)
    with tempfile.TemporaryDirectory() as folder:
        lake = make_demo(Path(folder, "demo"))
        table = export(Lake.open(str(lake), S3Settings()), task)
        findings = audit(lake, TASK, {"sound": Copy(table)})["copies"]["sound"]
        unannounced = audit_without_approach(Path(folder, "unannounced"))
    text = report(findings, unannounced, task, table)
    print(text)
    for finding in findings:
        if finding["status"] in ("fail", "warn"):
            print(f"{finding['check']}: {finding['status']}: {finding['message']}")
    if "--write" in arguments:
        before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
        PAGE.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{rest.partition(END)[2]}", encoding="utf-8")
    return int(any(finding["status"] == "fail" for finding in findings))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

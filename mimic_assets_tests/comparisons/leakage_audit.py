"""Runs in the environment `leakage_check`: audits described in a JSON file, findings of each written to another.

`python leakage_audit.py AUDITS.json FINDINGS.json`. It imports nothing of ours; our stages are asked as a program.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from icu_leakage_check import LeakageAudit
from icu_leakage_check.schemas import get_schema
from sklearn.preprocessing import StandardScaler


def scaler(statistics: dict[str, list[Any]]) -> StandardScaler:
    """Return a fitted scaler that holds the statistics of training_normalisation."""
    fitted = StandardScaler()
    fitted.mean_ = np.array(statistics["mean"])
    fitted.scale_ = np.array(statistics["standard_deviation"])
    fitted.var_ = fitted.scale_**2
    fitted.n_features_in_ = len(fitted.mean_)
    return fitted


def builder(command: list[str]) -> Any:
    """Return a feature builder that asks our stages: raw cells in, features out, each in a Parquet file."""

    def build(events: pd.DataFrame, index_times: pd.DataFrame) -> pd.DataFrame:
        with tempfile.TemporaryDirectory() as folder:
            cells, features = Path(folder, "cells.parquet"), Path(folder, "features.parquet")
            events.to_parquet(cells, index=False)
            subprocess.run([*command, str(cells), str(features)], check=True)
            return pd.read_parquet(features).set_index("entity_id")

    return build


def findings(spec: dict[str, Any]) -> list[dict[str, str]]:
    """Return what the checks of one audit found."""
    frames = {name: pd.read_parquet(spec[name]) for name in ("events", "raw_events") if name in spec}
    given = dict(spec["arguments"])
    if "command" in spec:
        given["feature_builder"] = builder(spec["command"])
    if "statistics" in spec:
        given["preprocessor"] = scaler(spec["statistics"])
        given["preprocessor_columns"] = spec["statistics"]["parameter"]
    result = LeakageAudit(pd.read_parquet(spec["data"]), **frames, **given).run(checks=spec.get("checks"))
    return [
        {"check": f.check_id, "type": f.leakage_type, "status": f.status, "message": f.message} for f in result.findings
    ]


def hindsight() -> list[str]:
    """Return `table.column` of what the tool knows to be hindsight or outcome in MIMIC-IV."""
    tables = get_schema("mimic-iv").tables.values()
    return sorted(f"{t.name}.{column}" for t in tables for column in (*t.hindsight_columns, *t.outcome_columns))


if __name__ == "__main__":
    audits = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    said = {name: findings(spec) for name, spec in audits.items()}
    Path(sys.argv[2]).write_text(json.dumps({"audits": said, "hindsight": hindsight()}), encoding="utf-8")

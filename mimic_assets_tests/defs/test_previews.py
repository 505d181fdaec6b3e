"""The pandas previews keep the promises of our schemas, and show no rows in run metadata."""

from pathlib import Path

import dagster as dg
import pandas as pd
import polars as pl
import pytest

from mimic_assets.definitions import build_definitions
from mimic_assets.defs.previews import preview_type
from mimic_assets.schemas.judged import Judged, rejected_frame
from mimic_assets.schemas.tables import CLINICAL_LABELS
from mimic_assets.settings import Settings
from mimic_assets.storage.keys import Key
from mimic_assets.storage.lake import Lake

LABEL = {
    "task": "hypotension", "subject_id": 10000001, "stay_id": 30000001, "index_time": pd.Timestamp("2150-01-01 01:00"),
    "target_start_time": pd.Timestamp("2150-01-01 01:05"), "target_end_time": pd.Timestamp("2150-01-01 01:35"),
    "follow_up_end_time": pd.Timestamp("2150-01-01 02:00"), "label": False, "care_limitation": "none",
    "hours_in_stay": 1.0,
}  # fmt: skip


def rows(**change: object) -> pl.DataFrame:
    return pl.DataFrame([LABEL | change], schema=CLINICAL_LABELS.schema)


def test_a_preview_is_materialised_as_a_typed_frame_beside_the_instance(tmp_path: Path) -> None:
    lake = Lake.open(str(tmp_path / "lake"))
    lake.write(CLINICAL_LABELS, Key(10000001, "hypotension"), Judged(rows(), rejected_frame([])), "f")
    graph = build_definitions(Settings(lake=str(tmp_path / "lake"), waveforms="w", clinical="c", workers=1))
    result = graph.resolve_implicit_global_asset_job_def().execute_in_process(
        instance=dg.DagsterInstance.ephemeral(),
        asset_selection=[dg.AssetKey("clinical_labels_preview")],
    )
    assert result.success
    file = tmp_path / "lake" / ".dagster" / "previews" / "clinical_labels_preview.csv"
    assert pd.read_csv(file)["stay_id"].tolist() == [30000001]
    told = str([event.event_specific_data for event in result.all_events])
    assert "30000001" not in told
    assert "2150-01-01" not in told


@pytest.mark.parametrize(
    "change", [{"care_limitation": "some"}, {"subject_id": None}, {"hours_in_stay": -1.0}], ids=lambda c: next(iter(c))
)
def test_the_pandas_type_refuses_what_the_schema_refuses(change: dict[str, object]) -> None:
    kind = preview_type(CLINICAL_LABELS)
    assert dg.check_dagster_type(kind, rows().to_pandas()).success
    assert not dg.check_dagster_type(kind, rows(**change).to_pandas()).success

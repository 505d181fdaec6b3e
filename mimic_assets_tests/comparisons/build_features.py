"""Features of windows from whatever raw cells are given: `python -m ... LAKE TASK LEAK CELLS FEATURES`.

The other tool decides which cells are later than an index time and deletes them; our stages only see what is left. LEAK
is the name of a leak of `mimic_assets_tests.leaks`, or `-`.
"""

import sys

import polars as pl
import pytest

from mimic_assets import numerics, windows
from mimic_assets.schemas.tables import CLINICAL_LABELS, RAW_NUMERICS, RAW_RECORDS, RECORD_STAYS
from mimic_assets.settings import S3Settings
from mimic_assets.storage.keys import Key
from mimic_assets.storage.lake import Lake
from mimic_assets.tasks import Task, load_task
from mimic_assets_tests import leaks


def build(lake: Lake, task: Task, cells: pl.DataFrame) -> pl.DataFrame:
    """Return `entity_id` and one column per feature, one row per sample that a window could be cut for.

    Args:
        lake: records, stays and labels.
        task: the task.
        cells: rows of raw_numerics with `entity_id`, the sample they may be used for, and `index_time`.
    """
    rows = []
    for (name,), own in cells.partition_by("entity_id", as_dict=True, maintain_order=True).items():
        subject_id, stay_id, index_time = own.row(0, named=True)["subject_id"], own["stay_id"][0], own["asked_time"][0]
        raw = own.select(pl.col(column).cast(dtype) for column, dtype in RAW_NUMERICS.schema.items())
        cleaned = numerics.clean(raw.sort(RAW_NUMERICS.order), lake.read(RAW_RECORDS, Key(subject_id))).whole().frame
        labels = lake.read(CLINICAL_LABELS, Key(subject_id, task.name)).filter(
            (pl.col("stay_id") == stay_id) & (pl.col("index_time") == index_time)
        )
        made = (
            windows.cut_windows(task, labels, cleaned, lake.read(RECORD_STAYS, Key(subject_id)))
            .whole()
            .frame.row(0, named=True)
        )
        rows.append({"entity_id": name} | dict(zip(made["feature_names"], made["feature_values"], strict=True)))
    return pl.DataFrame(rows, infer_schema_length=None)


if __name__ == "__main__":
    place, task_name, leak, source, target = sys.argv[1:]
    with pytest.MonkeyPatch.context() as patch:
        if leak != "-":
            getattr(leaks, leak)(patch)
        build(Lake.open(place, S3Settings()), load_task(task_name), pl.read_parquet(source)).write_parquet(target)

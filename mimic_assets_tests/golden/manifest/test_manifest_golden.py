"""The golden cases beside this file: what goes in and what must come out, each with a note on why it exists."""

from pathlib import Path

import numpy as np
import polars as pl

from mimic_assets.manifest import assign, select
from mimic_assets.manifest.shard_layout import ShardLayout
from mimic_assets.manifest.shards import ShardWriter
from mimic_assets.manifest.tensors import tensors_of
from mimic_assets.schemas.vocabulary import MissingReason
from mimic_assets_tests.unit.manifest.window_frames import small_task, window_rows

HERE = Path(__file__).parent


def test_matched_controls() -> None:
    task = small_task(controls={"per_positive": 2})
    types = {"care_unit": pl.String, "hours_in_stay": pl.Float64}
    candidates = pl.read_csv(HERE / "matched_controls" / "candidates.csv", schema_overrides=types)
    expected = pl.read_csv(HERE / "matched_controls" / "expected.csv")
    found = select(candidates, assign(candidates["subject_id"], task.split), task)
    assert found.select(expected.columns).rows() == expected.rows()


def test_one_sample_shard(tmp_path: Path) -> None:
    task = small_task(cells=2)
    silent, unmeasured, ok = (
        reason.code for reason in (MissingReason.MONITOR_SILENT, MissingReason.NOT_MEASURED, MissingReason.OBSERVED)
    )
    ages = pl.Series([[1.5, 61.5, None, 0.0]], dtype=pl.List(pl.Float32))
    rows = window_rows(
        task,
        1,
        [True],
        values=np.array([[[60, np.nan], [np.nan, 98]]]),
        reasons=np.array([[[ok, silent], [unmeasured, ok]]]),
    ).with_columns(cell_ages_s=ages)
    layout = ShardLayout("a_task", "0" * 64, "train", "leave", ("heart_rate", "spo2"), ("/min", "%"), 60, 2)
    writer = ShardWriter(tmp_path, {"train": layout}, seed=1)
    writer.append("train", rows, tensors_of(rows, task.numerics))
    (file,) = writer.finish()
    lines = (HERE / "one_sample_shard" / "expected.hex").read_text().splitlines()
    expected = bytes.fromhex("".join(line for line in lines if not line.startswith("#")))
    assert file.path.read_bytes() == expected
    offset, length = file.placed.select("shard_offset", "shard_length").row(0)
    message = "".join(line for line in lines[lines.index("# sample: metadata") :] if not line.startswith("#"))
    assert expected[offset : offset + length].hex() == message.replace(" ", "")[: 2 * length]

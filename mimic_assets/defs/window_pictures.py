"""One window's signals as metadata of an asset: the panels of `mimic-assets show` without a sample's value.

Belongs here: a row of windowed_samples -> a Markdown image. Values stay out of an event log, so the picture says where
samples, gaps, beats and verdicts are, and not what was measured. Tallies of tables are `defs.pictures`.
"""

import base64
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import dagster as dg
import polars as pl

from mimic_assets.errors import DataError, RequestError
from mimic_assets.pictures import view_of
from mimic_assets.schemas.tables import WAVEFORM_BEATS, WAVEFORM_QUALITY, WINDOWED_SAMPLES
from mimic_assets.storage.lake import Lake
from mimic_assets.storage.near import rows_near
from mimic_assets.tasks import Task


def signals_picture(
    row: Mapping[str, Any], quality: pl.DataFrame | None = None, beats: pl.DataFrame | None = None
) -> dg.MarkdownMetadataValue | None:
    """Return a window's signals as a Markdown image; None where the window has none.

    Args:
        row: of windowed_samples.
        quality: rows of waveform_quality of the window's patient, where they are known.
        beats: rows of waveform_beats of the window's patient, where they are known.

    Raises:
        DataError: the samples' bytes are damaged.
    """
    view = view_of(row, quality, beats)
    if view is None:
        return None
    from mimic_assets.pictures.signal_figure import signals_png  # matplotlib takes half a second to import

    png = signals_png(view, title=f"{row['task']}: signals of {row['sample_id']}, values left out", shows_values=False)
    return dg.MetadataValue.md(f"![signals of a window](data:image/png;base64,{base64.b64encode(png).decode()})")


def signals_of_run(lake: Lake, tasks: Sequence[Task], subjects: Sequence[int]) -> dict[str, dg.MarkdownMetadataValue]:
    """Return one picture per task with waveforms, of the first positive window by name (else the first) of a run.

    What cannot be read gives no picture: the proof and the manifest name it, and a picture is no reason to stop a run.
    """
    found = {}
    for task in tasks:
        if task.waveforms is not None:
            with suppress(DataError, RequestError, OSError, pl.exceptions.PolarsError):
                picture = _signals_of_task(lake, task.name, subjects)
                if picture is not None:
                    found[f"signals of {task.name}"] = picture
    return found


def _signals_of_task(lake: Lake, task: str, subjects: Sequence[int]) -> dg.MarkdownMetadataValue | None:
    names = lake.scan(WINDOWED_SAMPLES, task, subjects).select("sample_id", "label", "subject_id").collect()
    if names.is_empty():
        return None
    first = names.sort(["label", "sample_id"], descending=[True, False]).row(0, named=True)
    windows = lake.scan(WINDOWED_SAMPLES, task, [first["subject_id"]])
    row = windows.filter(pl.col("sample_id") == first["sample_id"]).collect().row(0, named=True)
    quality = rows_near(lake, WAVEFORM_QUALITY, "tile_start_tick", row)
    return signals_picture(row, quality, rows_near(lake, WAVEFORM_BEATS, "tick", row))

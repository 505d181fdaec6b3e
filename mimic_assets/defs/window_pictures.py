"""One window's signals as metadata of an asset: the panels of `mimic-assets show` without a sample's value.

Belongs here: a row of windowed_samples -> a Markdown image. Values stay out of an event log, so the picture says where
samples, gaps, beats and verdicts are, and not what was measured. Tallies of tables are `defs.pictures`.
"""

import base64
from collections.abc import Mapping
from typing import Any

import dagster as dg
import polars as pl

from mimic_assets.pictures import view_of


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

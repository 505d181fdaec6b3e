"""Pictures for the UI: what a batch looks like, drawn from tallies, never from a patient's values."""

import base64
import io
from collections.abc import Mapping

import dagster as dg

from mimic_assets.schemas.model import Table

_PICTURED = {
    "raw_records": ("file_status",),
    "cleaned_numerics": ("flag",),
    "clinical_events": ("event", "tier"),
    "clinical_labels": ("label", "exclusion", "window_exclusion", "care_limitation"),
    "windowed_samples": ("label",),
    "training_manifest": ("split", "label"),
}
_INK, _BAR, _USABLE = "#333333", "#c98a3b", "#3b7dc9"


def picture(table: Table, tally: Mapping[str, Mapping[str, int]]) -> dg.MarkdownMetadataValue | None:
    """Return horizontal bars of how often each coded value occurs, as a Markdown image; None for tables without one.

    Args:
        table: the table the rows belong to.
        tally: coded column (task-qualified `task:column` where the table is per task) -> value -> rows.
    """
    wanted = {
        name: counts
        for name, counts in tally.items()
        if name.split(":")[-1] in _PICTURED.get(table.name, ()) and counts
    }
    if not wanted:
        return None
    from matplotlib.figure import Figure  # importing it costs half a second that most steps do not need

    heights = [max(len(counts), 1) + 1 for counts in wanted.values()]
    figure = Figure(figsize=(8, 0.32 * sum(heights) + 0.4), layout="constrained")
    axes = figure.subplots(len(wanted), 1, squeeze=False, height_ratios=heights)[:, 0]
    for axis, (name, counts) in zip(axes, wanted.items(), strict=True):
        values = list(counts)[::-1]
        colours = [_USABLE if value in ("ok", "true", "A", "B") else _BAR for value in values]
        bars = axis.barh(values, [counts[value] for value in values], color=colours)
        axis.bar_label(bars, [f"{counts[value]:,}" for value in values], padding=4, color=_INK, fontsize=8)
        axis.set_title(name.replace(":", " · "), loc="left", fontsize=9, color=_INK)
        axis.tick_params(labelsize=8, colors=_INK)
        axis.spines[["top", "right"]].set_visible(False)
        axis.margins(x=0.15)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=80)
    return dg.MetadataValue.md(f"![{table.name}](data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()})")

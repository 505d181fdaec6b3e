"""What a beat owes to its neighbours: the change of the RR interval, and the time a pulse took to arrive.

Belongs here: differences of neighbouring RR intervals, and R peak to pulse onset. Does not belong here: sums
(`features`). A pulse is counted from the last R peak before its onset. Where the true arrival time is longer than an
RR interval the next R peak is taken instead, and the figure is short by one interval; the plausible range keeps most
of those out.

Source: arrival times of 0.1 to 0.5 s, Mukkamala et al., "Toward ubiquitous blood pressure monitoring via pulse transit
time", IEEE Trans. Biomed. Eng. 62 (2015); a tenth of a second more on either side for the monitor's own delays.
"""

import polars as pl

from mimic_assets.schemas.vocabulary import BeatKind

_ARRIVAL_S = (0.05, 0.6)


def with_arrivals(beats: pl.DataFrame, raw_records: pl.DataFrame) -> pl.DataFrame:
    """Add `difference_ticks` (RR intervals that share a beat) and `arrival_ticks` (pulse onsets); null for others.

    Args:
        beats: `waveform_beats` of one patient.
        raw_records: of the same, for the clock.
    """
    rate = raw_records.group_by("record_id").agg(
        pl.col("counter_frequency_hz").first().cast(pl.Float64).alias("ticks_per_second")
    )
    qrs = beats.filter(pl.col("kind") == BeatKind.QRS.value).sort("record_id", "tick")
    others = beats.filter(pl.col("kind") != BeatKind.QRS.value)
    qrs = qrs.with_columns(
        difference_ticks=pl.col("interval_ticks") - pl.col("interval_ticks").shift(1).over("record_id"),
        arrival_ticks=pl.lit(None, pl.Int64),
    )
    peaks = qrs.select("record_id", pl.col("tick").alias("r_tick")).sort("r_tick")
    others = (
        others.sort("tick", "record_id", "signal", "kind")
        .join_asof(
            peaks, left_on="tick", right_on="r_tick", by="record_id", strategy="backward", check_sortedness=False
        )
        .join(rate, on="record_id", how="left", maintain_order="left")
    )
    since = pl.col("tick") - pl.col("r_tick")
    low, high = (seconds * pl.col("ticks_per_second") for seconds in _ARRIVAL_S)
    is_pulse = pl.col("kind") == BeatKind.PULSE_ONSET.value
    others = others.with_columns(
        difference_ticks=pl.lit(None, pl.Int64),
        arrival_ticks=pl.when(is_pulse & since.is_between(low, high)).then(since),
    ).drop("r_tick", "ticks_per_second")
    return pl.concat([qrs, others])

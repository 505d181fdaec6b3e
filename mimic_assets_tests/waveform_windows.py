"""Windows with signals, made by formula: what `windowed_samples`, `waveform_quality` and `waveform_beats` say of them.

Nothing here is a patient. A beat is a known tick, a gap a known run of samples, so a picture can be checked by eye.
"""

from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt
import polars as pl

from mimic_assets.schemas.model import Table
from mimic_assets.schemas.tables import WINDOWED_SAMPLES
from mimic_assets.schemas.vocabulary import SignalReason
from mimic_assets.signal_codec import encode_reasons, encode_samples
from mimic_assets.signals import MISSING_SAMPLE
from mimic_assets.timeline import TICKS_PER_FRAME

INDEX_TICK = 36_000_000
"""Of every window here: ten hours into the record at 1000 ticks per second."""
END_TICK = INDEX_TICK - 1
"""The last frame that has ended by then ends here."""
SECONDS = 60
START_TICK = END_TICK - SECONDS * 1000
RECORD = 81000001
TILE_TICKS = 10_000
NO_SIGNALS = {
    name: [] for name, kind in WINDOWED_SAMPLES.schema.items() if name.startswith(("signal", "tile_feature"))
} | {"tile_count": 0}  # fmt: skip
"""Those columns of a window without signals that may not be null."""
QUALITY_TYPES = {
    "record_id": pl.Int64, "signal": pl.String, "tile_start_tick": pl.Int64, "missing_reason": pl.String,
    "quality_index": pl.Float64,
}  # fmt: skip
BEAT_TYPES = {"record_id": pl.Int64, "signal": pl.String, "tick": pl.Int64, "kind": pl.String}


def whole_rows(table: Table, given: pl.DataFrame, subject_id: int) -> pl.DataFrame:
    """Return rows as a table takes them: columns that pictures do not read are null, or of no meaning."""
    missing = [
        pl.lit(subject_id if column.name == "subject_id" else None if column.name in table.optional else 0)
        .cast(column.dtype)
        .alias(column.name)
        for column in table.columns
        if column.name not in given.columns
    ]
    types = {column: table.schema[column] for column in given.columns}
    return given.cast(types).with_columns(missing).select(table.schema.names()).sort(table.order)


def beat_ticks(every: int = 800) -> npt.NDArray[np.int64]:
    """Return the ticks of the beats in `(START_TICK, END_TICK]`, one every so many."""
    return np.arange(START_TICK + every // 2, END_TICK + 1, every, dtype=np.int64)


def _ticks(per_frame: int) -> npt.NDArray[np.int64]:
    step = TICKS_PER_FRAME // per_frame
    return np.arange((START_TICK // step + 1) * step, END_TICK + 1, step, dtype=np.int64)


def _since_beat(ticks: npt.NDArray[np.int64], delay: int = 0) -> npt.NDArray[np.float64]:
    """Return seconds since the nearest beat; negative before it."""
    beats = beat_ticks() + delay
    nearest = beats[np.abs(ticks[:, None] - beats[None, :]).argmin(axis=1)]
    return np.asarray((ticks - nearest) / 1000.0)


def ecg_mv(ticks: npt.NDArray[np.int64], height_mv: float = 1.1) -> npt.NDArray[np.float64]:
    """Return a sum of bumps at the places of P, Q, R, S and T; R stands on the beat."""
    t = _since_beat(ticks)
    waves = ((-0.17, 0.1, 0.022), (-0.03, -0.12, 0.008), (0.0, 1.0, 0.01), (0.03, -0.25, 0.01), (0.24, 0.28, 0.04))
    return height_mv * np.sum([a * np.exp(-(((t - m) / s) ** 2) / 2) for m, a, s in waves], axis=0)


def pressure_mmhg(ticks: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Return an arterial pulse 200 ms after each beat, sinking by 20 mmHg over the window."""
    t = _since_beat(ticks, delay=280)
    sinking = 20.0 * (ticks - START_TICK) / (END_TICK - START_TICK)
    return 82 + 38 * np.exp(-((t / 0.09) ** 2) / 2) + 8 * np.exp(-(((t - 0.22) / 0.06) ** 2) / 2) - sinking


def breath(ticks: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Return a breath every four seconds."""
    return 0.6 * np.sin(2 * np.pi * ticks / 4000.0)


def signal_cells() -> dict[str, object]:
    """Return the signal columns of a window of a minute that ends at the index time.

    II is whole but for a second of no signal; V loses its lead after 20 s; ABP has a gap of 8 s and one lone sample in
    it and spans two calibrations; Pleth was never recorded in these segments; Resp is whole.
    """
    parts = [
        ("II", "mV", 4, 200.0, 0, ecg_mv(_ticks(4)), [(12.0, 13.0, SignalReason.NO_SIGNAL)]),
        ("V", "mV", 4, 200.0, 0, ecg_mv(_ticks(4), -0.4), [(20.0, 60.0, SignalReason.NOT_RECORDED)]),
        ("ABP", "mmHg", 2, 16.0, -1600, pressure_mmhg(_ticks(2)), [(30.0, 38.0, SignalReason.GAP)]),
        ("Pleth", "NU", 2, 4096.0, 0, np.zeros(len(_ticks(2))), [(0.0, 61.0, SignalReason.NOT_RECORDED)]),
        ("Resp", "Ohm", 1, 2000.0, 0, breath(_ticks(1)), []),
    ]
    names = (
        "signals", "signal_units", "signal_samples_per_frame", "signal_sample_counts", "signal_gains",
        "signal_baselines", "signal_is_rescaled", "signal_samples", "signal_reasons",
    )  # fmt: skip
    cells: dict[str, list[object]] = {name: [] for name in names}
    for name, unit, per_frame, gain, baseline, values, holes in parts:
        seconds = (_ticks(per_frame) - START_TICK) / 1000.0
        reasons = np.zeros(len(values), dtype=np.uint8)
        for start, end, reason in holes:
            reasons[(seconds > start) & (seconds <= end)] = reason.code
        if name == "ABP":
            reasons[np.searchsorted(seconds, 34.0)] = SignalReason.OBSERVED.code
        digital = np.where(reasons == 0, np.rint(values * gain + baseline), MISSING_SAMPLE).astype(np.int16)
        seen = bool((reasons == 0).any())
        facts = (
            name, unit if seen else None, per_frame, len(values), gain if seen else None, baseline if seen else None,
            name == "ABP", encode_samples(digital), encode_reasons(reasons),
        )  # fmt: skip
        for column, fact in zip(cells, facts, strict=True):
            cells[column].append(fact)
    return {
        **cells, "waveform_start_tick": START_TICK, "waveform_end_tick": END_TICK, "tile_end_tick": END_TICK,
        "tile_feature_names": [], "tile_count": 0, "tile_features": [],
    }  # fmt: skip


def window_row() -> dict[str, object]:
    """Return the columns of a window that its signals are drawn with; the numerics window has thirty minutes."""
    index = datetime(2150, 3, 1, 12, 0)
    return {
        "record_id": RECORD, "index_time": index, "index_tick": INDEX_TICK, "window_end_time": index,
        "window_start_time": index - timedelta(minutes=30), "window_end_tick": INDEX_TICK,
        "window_start_tick": INDEX_TICK - 1_800_000, **signal_cells(),
    }  # fmt: skip


def quality_rows() -> pl.DataFrame:
    """Return a verdict per tile: II good, fair, poor in turn; V lead-off then not recorded; ABP noisy at the end."""
    rows: list[dict[str, object]] = []
    for start in range(START_TICK + 1 - 2 * TILE_TICKS, END_TICK, TILE_TICKS):
        place = (start - START_TICK - 1) // TILE_TICKS
        ii = (0.95, 0.65, 0.3)[place % 3]
        verdicts: list[tuple[str, SignalReason | None, float | None]] = [
            ("II", None, ii),
            ("V", SignalReason.LEAD_OFF if place == 1 else None if place < 1 else SignalReason.NOT_RECORDED, 0.9),
            ("ABP", SignalReason.GAP if place == 3 else SignalReason.NOISE if place == 5 else None, 0.85),
            ("Resp", None, None),
        ]
        for signal, reason, index in verdicts:
            rows.append({
                "record_id": RECORD, "signal": signal, "tile_start_tick": start,
                "missing_reason": None if reason is None else reason.value,
                "quality_index": index if reason is None else None,
            })  # fmt: skip
    return pl.DataFrame(rows, schema=QUALITY_TYPES)


def beat_rows() -> pl.DataFrame:
    """Return the beats of II and the pulses of ABP that are not in its gap; two lie outside the window."""
    outside = [START_TICK, END_TICK + 1]
    is_silent = (beat_ticks() > START_TICK + 12_000) & (beat_ticks() <= START_TICK + 13_000)
    rows = [(RECORD, "II", int(tick), "qrs") for tick in [*outside, *beat_ticks()[~is_silent]]]
    pulses = beat_ticks() + 200
    is_seen = ((pulses < START_TICK + 30_000) | (pulses > START_TICK + 38_000)) & (pulses <= END_TICK)
    rows += [(RECORD, "ABP", int(tick), "pulse_onset") for tick in pulses[is_seen]]
    rows += [(RECORD, "II", tick, "search") for tick in range(START_TICK, END_TICK + 1, TILE_TICKS)]  # no beats
    return pl.DataFrame(rows, schema=BEAT_TYPES, orient="row")

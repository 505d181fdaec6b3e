"""What a lake knows of one record over its whole length: segments, leads, verdicts, numerics, stays, events.

Belongs here: reading and counting, so that terminal and picture draw the same. Not here: drawing (`record_picture`),
printing (`record_text`). Ticks are the record's; wall times are turned into ticks by the record's own clock.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from mimic_assets.schemas.model import Table
from mimic_assets.schemas.tables import CLEANED_NUMERICS, CLINICAL_EVENTS, RAW_RECORDS, RECORD_STAYS, WAVEFORM_QUALITY
from mimic_assets.schemas.vocabulary import Flag, SignalReason
from mimic_assets.storage.keys import Key
from mimic_assets.storage.lake import Lake
from mimic_assets.timeline import TICKS_PER_FRAME, RecordClock

BINS = 2880
"""Equal parts a record is counted in; a picture or a terminal has fewer columns and adds neighbours up."""
_GROUPS = (
    ("heart rate", ("heart_rate", "pulse_")), ("rhythm, QT, ST", ("pvc_", "qt", "delta_qtc", "st_")),
    ("respiration", ("resp_",)), ("oxygen", ("spo2", "perfusion_")), ("arterial line", ("abp_",)),
    ("cuff pressure", ("nbp_",)), ("PAP, CVP, ICP", ("pap_", "cvp_", "icp_")), ("temperature", ("temperature_",)),
)  # fmt: skip
OTHER = "other"
_NO_LEAD = [SignalReason.OUTSIDE_RECORD.value, SignalReason.GAP.value, SignalReason.NOT_RECORDED.value]
"""Tiles that no segment fills with the signal are not judged: where segments hold it is a line of its own."""


@dataclass(frozen=True, slots=True)
class Span:
    """Part of a record."""

    start_tick: int
    """Open."""
    end_tick: int
    """Closed."""
    is_whole: bool = True
    """Whether its samples arrived; False where the file is missing, damaged or not the published one."""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """A timed event of the subject that may lie inside the record."""

    event: str
    tier: str
    tick: int
    lower_tick: int
    upper_tick: int


@dataclass(frozen=True, slots=True)
class RecordCoverage:
    """One record over its whole length."""

    record_id: int
    subject_id: int
    clock: RecordClock
    end_time: datetime
    last_tick: int
    segments: tuple[Span, ...]
    leads: Mapping[str, tuple[Span, ...]]
    """Signal -> where segments hold it; most recorded first."""
    usable: Mapping[str, npt.NDArray[np.float64]]
    """Signal -> share of usable ones among the tiles that hold it, per bin; NaN where none does.

    Empty where the lake has no verdicts.
    """
    numerics: Mapping[str, npt.NDArray[np.int64]]
    """Group of parameters -> usable cells per bin."""
    stays: tuple[Span, ...]
    events: tuple[Mark, ...]
    """Ascending."""
    notes: tuple[str, ...]
    """What is not shown, a sentence each."""

    def hours(self, tick: float) -> float:
        """Return a tick as hours from the record's start."""
        return float(tick / self.clock.ticks_per_second / 3600)

    def recorded_share(self, signal: str) -> float:
        """Return the share of the record for which a signal's samples arrived."""
        length = sum(span.end_tick - span.start_tick for span in self.leads[signal] if span.is_whole)
        return length / (self.last_tick + 1)


def gather_coverage(lake: Lake, subject_id: int, record_id: int) -> RecordCoverage:
    """Return what the lake knows of a record; parts that are not in it are empty, and a note says so."""
    patient, here = Key(subject_id), pl.col("record_id") == record_id
    raw = lake.read(RAW_RECORDS, patient).filter(here)
    first = raw.row(0, named=True)
    clock = RecordClock.of(first["record_start_time"], first["counter_frequency_hz"])
    last_tick = first["record_last_tick"]
    notes: list[str] = []
    stays = _rows(lake, RECORD_STAYS, patient, notes, "no stays are shown")
    events = _rows(lake, CLINICAL_EVENTS, patient, notes, "no events are shown")
    marks, unseen = _marks(events, clock, last_tick)
    notes += unseen
    return RecordCoverage(
        record_id, subject_id, clock, first["record_end_time"], last_tick, _segments(raw), _leads(raw),
        usable=_usable(lake, patient, here, last_tick, notes),
        numerics=_numerics(lake, patient, here, last_tick, notes),
        stays=tuple(_stay(row, clock) for row in stays.filter(here).sort("stay_start_time").to_dicts()),
        events=marks, notes=tuple(notes),
    )  # fmt: skip


def _rows(lake: Lake, table: Table, key: Key, notes: list[str], otherwise: str) -> pl.DataFrame:
    try:
        return lake.read(table, key)
    except KeyError:
        notes.append(f"The lake holds no {table.name} of this patient: {otherwise}.")
        return table.empty()


def _segments(raw: pl.DataFrame) -> tuple[Span, ...]:
    rows = raw.unique("segment_index").sort("segment_start_tick", "segment_index")
    return tuple(
        Span(start - 1, start - 1 + frames * TICKS_PER_FRAME, name=str(index))
        for index, start, frames in rows.select(
            "segment_index", "segment_start_tick", "segment_frame_count"
        ).iter_rows()
    )


def _leads(raw: pl.DataFrame) -> dict[str, tuple[Span, ...]]:
    """Return where each signal is; a segment that can be read in part is a whole span and one that is not."""
    found: dict[str, list[Span]] = {}
    for row in raw.sort("segment_start_tick", "segment_index", "signal_index").iter_rows(named=True):
        start = row["segment_start_tick"] - 1
        end = start + row["segment_frame_count"] * TICKS_PER_FRAME
        cut = start + row["readable_frame_count"] * TICKS_PER_FRAME
        spans = found.setdefault(row["signal"], [])
        spans += [Span(start, cut)] if cut > start else []
        spans += [Span(cut, end, is_whole=False)] if end > cut else []
    length = {name: sum(s.end_tick - s.start_tick for s in spans if s.is_whole) for name, spans in found.items()}
    return {name: tuple(found[name]) for name in sorted(found, key=lambda name: (-length[name], name))}


def _bin(tick: pl.Expr, last_tick: int) -> pl.Expr:
    return (tick.clip(0, last_tick) * BINS // (last_tick + 1)).alias("bin")


def _usable(
    lake: Lake, patient: Key, here: pl.Expr, last_tick: int, notes: list[str]
) -> dict[str, npt.NDArray[np.float64]]:
    if lake.stored(WAVEFORM_QUALITY, patient) is None:
        notes.append("The lake holds no waveform_quality of this patient: leads are shown unjudged.")
        return {}
    reason = pl.col("missing_reason")
    is_usable = reason.is_null() | (reason == SignalReason.OBSERVED.value)
    holds_signal = reason.is_null() | ~reason.is_in(_NO_LEAD)
    tiles = lake.scan(WAVEFORM_QUALITY, partitions=[patient.partition or 0]).filter(here & holds_signal)
    shares = tiles.group_by("signal", _bin(pl.col("tile_start_tick"), last_tick)).agg(share=is_usable.mean()).collect()
    return {str(name): _filled(rows, "share", np.nan) for (name,), rows in shares.group_by("signal")}


def _numerics(
    lake: Lake, patient: Key, here: pl.Expr, last_tick: int, notes: list[str]
) -> dict[str, npt.NDArray[np.int64]]:
    if lake.stored(CLEANED_NUMERICS, patient) is None:
        notes.append("The lake holds no cleaned_numerics of this patient: no numerics are shown.")
        return {}
    usable = here & (pl.col("flag") == Flag.OK.value)
    counts = (
        lake.scan(CLEANED_NUMERICS, partitions=[patient.partition or 0]).filter(usable)
        .group_by("parameter", _bin(pl.col("tick"), last_tick)).agg(count=pl.len()).collect()
    )  # fmt: skip
    counts = counts.with_columns(group=pl.col("parameter").map_elements(group_of, return_dtype=pl.String))
    grouped = counts.group_by("group", "bin").agg(pl.col("count").sum())
    found = {str(name): _filled(rows, "count", 0).astype(np.int64) for (name,), rows in grouped.group_by("group")}
    return {name: found[name] for name in (*(name for name, _ in _GROUPS), OTHER) if name in found}


def group_of(parameter: str) -> str:
    """Return the group a parameter is counted in.

    Examples:
        >>> group_of("pulse_spo2"), group_of("abp_mean"), group_of("unheard_of")
        ('heart rate', 'arterial line', 'other')
    """
    return next((name for name, starts in _GROUPS if parameter.startswith(starts)), OTHER)


def _filled(rows: pl.DataFrame, column: str, otherwise: float) -> npt.NDArray[np.float64]:
    values = np.full(BINS, otherwise)
    values[rows["bin"].to_numpy()] = rows[column].to_numpy()
    return values


def _stay(row: Mapping[str, Any], clock: RecordClock) -> Span:
    unit = row["care_unit"] or "unit unknown"
    return Span(
        clock.tick_at(row["stay_start_time"]), clock.tick_at(row["stay_end_time"]), name=f"{row['stay_id']} {unit}"
    )


def _marks(events: pl.DataFrame, clock: RecordClock, last_tick: int) -> tuple[tuple[Mark, ...], list[str]]:
    """Return the events that may lie in the record, and sentences about the subject's others."""
    timed = events.drop_nulls(["event_time", "lower_time", "upper_time"]).sort("event_time", "event_id")
    marks = [
        Mark(
            row["event"], row["tier"],
            *(clock.tick_at(row[name]) for name in ("event_time", "lower_time", "upper_time")),
        )
        for row in timed.iter_rows(named=True)
    ]  # fmt: skip
    inside = tuple(mark for mark in marks if mark.upper_tick >= 0 and mark.lower_tick <= last_tick)
    notes = []
    outside, untimed = len(marks) - len(inside), events.height - timed.height
    if outside:
        notes.append(f"Timed events of the subject before or after the record: {outside}.")
    if untimed:
        notes.append(f"Events of the subject without a time, which cannot be placed: {untimed}.")
    return inside, notes

"""The numerics file of one record as the monitor exports it: sparse, unsorted here and there, never cleaned.

Belongs here: columns, messages, repeats, number formats. Does not belong here: message times (`message_times`), the
state (`physiology`). Every written arterial mean is below 65 exactly where an episode or a decoy dip was planned,
whatever noise was drawn.
"""

import gzip
import io
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from mimic_assets.sources.demo.beats import Beats
from mimic_assets.sources.demo.cohort import Defect
from mimic_assets.sources.demo.course import Course, Record
from mimic_assets.sources.demo.cuff import CUFF_STEP_TICKS, CuffReading
from mimic_assets.sources.demo.disturbance import Disturbance
from mimic_assets.sources.demo.draws import Stream, generator
from mimic_assets.sources.demo.message_times import ARTEFACTS, MessageTimes
from mimic_assets.sources.demo.physiology import LOW_PRESSURE_MMHG, State
from mimic_assets.sources.demo.plan import DemoPlan
from mimic_assets.sources.demo.shapes import MEAN_OF_PULSE
from mimic_assets.sources.demo.vital_times import Shown, VitalTimes
from mimic_assets.sources.demo.vitals import Signal

Cells = list[str]
Values = NDArray[np.float64]

UNITS = {
    "ABPd": "mmHg", "ABPm": "mmHg", "ABPs": "mmHg", "DeltaQTc": "msec", "HR": "bpm", "NBPd": "mmHg", "NBPm": "mmHg",
    "NBPs": "mmHg", "PVC": "/min", "Perf": "NU", "Pulse (ABP)": "bpm", "Pulse (NBP)": "bpm", "Pulse (SpO2)": "bpm",
    "QT": "msec", "QT-HR": "bpm", "QTc": "msec", "RR": "rpm", "ST-III": "mm", "ST-V": "mm", "SpO2": "%", "btbHR": "bpm",
    "Tskin": "F",
}  # fmt: skip
SOUND_OXYGEN = (88.0, 100.0)
SOUND_HEART = (40.0, 150.0)
"""The least and the most that is written outside planned spells: at the limit and not beyond it."""
_WHOLE = [str(i) for i in range(-100, 2000)]


def _whole(values: Values, shown: NDArray[np.bool_]) -> Cells:
    """Return integers as text, empty where not shown."""
    cells = [_WHOLE[i + 100] for i in np.rint(values).astype(np.int64).tolist()]
    return [cell if show else "" for cell, show in zip(cells, shown.tolist(), strict=True)]


def _short(value: float, digits: int) -> str:
    text = f"{value:.{digits}f}".rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text


def _decimal(values: Values, shown: NDArray[np.bool_], digits: int) -> Cells:
    """Return decimals as text without trailing zeros (so that one column mixes `97` and `97.4`)."""
    rounded, places = np.unique(np.round(np.where(shown, values, 0.0), digits), return_inverse=True)
    texts = [_short(value, digits) for value in rounded.tolist()]
    return [texts[place] if show else "" for place, show in zip(places.tolist(), shown.tolist(), strict=True)]


def arterial_cells(state: State, record: Record, times: MessageTimes, rng: np.random.Generator) -> dict[str, Cells]:
    """Return ABPs, ABPd, ABPm and Pulse (ABP) per message, after rounding and after what disturbs the line."""
    second = (times.pressure_ticks / record.clock.counter_hz).astype(np.int64)
    drawn = np.rint(state.mean_pressure[second] + 0.6 * rng.standard_normal(len(second)))
    mean = np.where(times.is_low, np.minimum(drawn, LOW_PRESSURE_MMHG - 1), np.maximum(drawn, LOW_PRESSURE_MMHG))
    mean = np.where(times.is_at_limit, LOW_PRESSURE_MMHG, mean)
    pulse = np.maximum(state.pulse_pressure[second], 3.0)
    diastolic = np.maximum(np.rint(mean - MEAN_OF_PULSE * pulse), 5)
    systolic = np.maximum(np.rint(mean + (1 - MEAN_OF_PULSE) * pulse), mean + 1)
    rate = state.heart_rate[second]
    codes = {kind: position + 1 for position, kind in enumerate(ARTEFACTS)}
    flushed = times.disturbance == codes[Disturbance.LINE_FLUSH]
    for part, low, high in (
        (flushed, 255, 299),
        (times.disturbance == codes[Disturbance.FLUSH_IN_EPISODE], 310, 340),
        (times.disturbance == codes[Disturbance.LINE_ZEROED], -4, 1),
    ):
        level = rng.integers(low, high, len(mean)).astype(np.float64)
        mean, diastolic, systolic = (np.where(part, level, series) for series in (mean, diastolic, systolic))
    crossed = times.disturbance == codes[Disturbance.MEAN_ABOVE_SYSTOLIC]
    mean = np.where(crossed, systolic + 12, mean)
    silent = (
        Disturbance.LINE_DISCONNECTED, Disturbance.SILENCE_IN_EPISODE, Disturbance.SILENCE_BETWEEN_DIPS
    )  # fmt: skip
    connected = ~np.isin(times.disturbance, [codes[kind] for kind in silent])
    return {
        "ABPd": _whole(diastolic, connected),
        "ABPm": _whole(mean, connected),
        "ABPs": _whole(systolic, connected),
        "Pulse (ABP)": _whole(rate, connected & (times.disturbance == 0) & (rate > 0)),
    }


def _as_planned(drawn: Values, planned: Shown, lowest: float, highest: float) -> Values:
    """Return the planned level where there is one, and the drawn value on the sound side of the limits elsewhere."""
    return np.where(np.isnan(planned.level), np.clip(drawn, lowest, highest), planned.level)


def _message_cells(
    state: State,
    record: Record,
    times: MessageTimes,
    vitals: VitalTimes,
    beats: Beats,
    rng: np.random.Generator,
    is_rich: bool,
) -> dict[str, Cells]:
    """Return the cells of the regular messages except the arterial line's."""
    second = (times.ticks / record.clock.counter_hz).astype(np.int64)
    count = len(second)
    always = np.ones(count, dtype=np.bool_)
    lead_off = np.zeros(count, dtype=np.bool_)
    for _ in range(int(rng.integers(1, 4))):
        start = int(rng.integers(0, max(1, count)))
        lead_off[start : start + int(rng.integers(10, 180))] = True
    planned, pulse = vitals[Signal.HEART], vitals[Signal.PULSE]
    lead_off = (lead_off & ~planned.is_guarded) | planned.is_silent
    finger = vitals[Signal.OXYGEN]
    probe = (~state.probe_off[second] | finger.is_guarded) & ~finger.is_silent
    heart, oxygen = state.heart_rate[second], state.oxygen_saturation[second]
    slipping = probe & np.append(~probe[1:], False) & np.append(False, probe[:-1]) & ~finger.is_guarded
    oxygen = np.where(slipping, oxygen - 17, _as_planned(oxygen, finger, *SOUND_OXYGEN))
    counted = _as_planned(np.rint(heart + 0.4 * rng.standard_normal(count)), planned, *SOUND_HEART)
    pulse_seen = probe & (state.perfusion[second] > 0.1)
    cells = {
        "HR": _whole(np.where(heart > 0, counted, 0.0), ~lead_off),
        "RR": _whole(state.respiratory_rate[second], ~lead_off),
        "SpO2": _decimal(np.minimum(np.round(oxygen * 10) / 10, 100.0), pulse_seen, 1),
        "Perf": _decimal(state.perfusion[second], probe, 2),
        "Pulse (SpO2)": _whole(
            _as_planned(heart + 0.6 * rng.standard_normal(count), pulse, 0.0, 300.0), pulse_seen & (heart > 0)
        ),
    }
    extra = np.searchsorted(beats.ticks[:-1][beats.is_premature], times.ticks)
    earlier = np.searchsorted(times.ticks, times.ticks - 60_000)
    cells["PVC"] = _whole((extra - extra[earlier]).astype(np.float64), ~lead_off)
    if is_rich:
        safe = np.maximum(heart, 40.0)
        steps = np.arange(count) // 60
        slow = np.repeat(rng.standard_normal(count // 60 + 1), 60)[:count]
        corrected = np.round(412 + 8 * slow)
        shown = always & (heart > 0) & ~lead_off
        cells["QT"] = _whole(np.round(corrected * np.sqrt(60 / safe) / 8) * 8, shown)
        cells["QTc"] = _whole(corrected, shown)
        cells["QT-HR"] = _whole(safe, shown)
        cells["DeltaQTc"] = _whole(corrected - 461, shown)
        cells["ST-V"] = _decimal(0.4 + 0.3 * np.sin(steps / 9), shown, 1)
        cells["ST-III"] = _decimal(-0.1 + 0.2 * np.cos(steps / 7), shown, 1)
    return cells


def _cuff_cells(readings: Sequence[CuffReading], count: int) -> dict[str, Cells]:
    """Return NBP cells, sometimes the systolic alone."""
    cells = {name: [""] * count for name in ("NBPs", "NBPd", "NBPm", "Pulse (NBP)")}
    for reading in readings:
        shown = (reading.systolic, reading.diastolic, reading.mean, reading.pulse)
        for column, value in zip(cells.values(), shown, strict=True):
            column[reading.row] = "" if value is None else str(value)
    return cells


def _beat_rows(
    beats: Beats, record: Record, times: MessageTimes, rng: np.random.Generator, commas: str
) -> tuple[list[str], NDArray[np.int64]]:
    """Return one row per counted beat, and the key that puts it in place; some are repeated up to a minute later."""
    length = np.diff(beats.ticks)
    if len(times.ticks) == 0:
        return [], np.zeros(0, dtype=np.int64)
    follows = np.searchsorted(times.ticks, beats.ticks[:-1])
    wait = np.append(times.ticks, times.ticks[-1] + 2048)[follows] - beats.ticks[:-1]
    kept = beats.is_real & (wait < 4096) & (beats.ticks[:-1] < record.frames * 16)
    ticks = beats.ticks[:-1][kept]
    rates = (60 * record.clock.counter_hz / length[kept]).tolist()
    rows = [f"{tick}{commas}{_short(rate, 2)}" for tick, rate in zip(ticks.tolist(), rates, strict=True)]
    repeated = np.sort(rng.choice(len(rows), size=min(len(rows), int(rng.integers(12, 44))), replace=False))
    later = ticks[repeated] + CUFF_STEP_TICKS * rng.integers(1, 12, len(repeated))
    return [*rows, *(rows[i] for i in repeated.tolist())], np.concatenate([ticks, later])


def numerics_lines(
    course: Course,
    record: Record,
    state: State,
    beats: Beats,
    times: MessageTimes,
    vitals: VitalTimes,
    cuff: Sequence[CuffReading],
    plan: DemoPlan,
) -> Iterable[str]:
    """Return the file's lines (no line ends): quoted header, then rows roughly in order of time."""
    rng = generator(plan.seed, course.index, Stream.NUMERICS, record.number)
    defect = course.role.defect if record.number == 0 else Defect.NONE
    is_rich, has_beats = bool(rng.random() < 0.7), bool(rng.random() < 0.7)
    cells = _message_cells(state, record, times, vitals, beats, rng, is_rich) | _cuff_cells(cuff, len(times.ticks))
    arterial = arterial_cells(state, record, times, rng) if record.has_arterial_line else {}
    if defect is Defect.UNKNOWN_COLUMN:
        second = (times.ticks / record.clock.counter_hz).astype(np.int64)
        cells["Tskin"] = _decimal(state.temperature_f[second], np.arange(len(second)) % 60 == 0, 1)
    if defect is Defect.TEXT_CELL:
        cells["SpO2"][len(cells["SpO2"]) // 3] = "Lo Perf"
    names = sorted([*cells, *arterial, *(["btbHR"] if has_beats else [])])
    yield ",".join(['"time"', *(f'"{name} [{UNITS[name]}]"' for name in names)])

    blank = [""] * len(times.ticks)
    same_row = len(times.ticks) == 0 or bool(times.pressure_ticks[0] == times.ticks[0])
    columns = [(arterial.get(n, blank) if same_row else blank) if n in arterial else cells.get(n, blank) for n in names]
    stamps = [str(t) for t in times.ticks.tolist()]
    rows = [",".join(row) for row in zip(stamps, *columns, strict=True)]
    keys = [times.ticks]
    if arterial and not same_row:
        columns = [arterial.get(name, blank) for name in names]
        stamps = [str(t) for t in times.pressure_ticks.tolist()]
        rows += [",".join(row) for row in zip(stamps, *columns, strict=True)]
        keys.append(times.pressure_ticks)
    if has_beats:
        beat_rows, beat_keys = _beat_rows(beats, record, times, rng, "," * len(names))
        rows += beat_rows
        keys.append(beat_keys)
    nothing = "," * len(names)
    for position in np.argsort(np.concatenate(keys), kind="stable").tolist():
        row = rows[position]
        if not row.endswith(nothing):
            yield row


def gzip_lines(lines: Iterable[str]) -> bytes:
    """Return the lines as one gzip member without a time stamp, LF line ends."""
    buffer = io.BytesIO()
    with gzip.GzipFile(filename="", fileobj=buffer, mode="wb", compresslevel=5, mtime=0) as file:
        file.write(("\n".join(lines) + "\n").encode("ascii"))
    return buffer.getvalue()

"""How a record is cut into segments: lengths, gaps, which signals each holds in which order, and how they are scaled.

Belongs here: the oddities of the published records (five-second segments, leads that change column, appear or vanish,
gains that differ from the layout, flat leads). Does not belong here: header text (`headers`) and samples
(`waveforms`).
"""

from dataclasses import dataclass
from enum import StrEnum

from mimic_assets.sources.demo.clock import FRAMES_PER_UNIT
from mimic_assets.sources.demo.course import Record
from mimic_assets.sources.demo.disturbance import Disturbance
from mimic_assets.sources.demo.draws import Stream, generator
from mimic_assets.sources.demo.plan import DemoPlan
from mimic_assets.sources.demo.pressure import PressurePlan


class Group(StrEnum):
    """Signals of one file; the letter ends the file's name."""

    ECG = "e"
    PULSE = "p"
    RESPIRATION = "r"


SAMPLES_PER_FRAME = {Group.ECG: 4, Group.PULSE: 2, Group.RESPIRATION: 1}


class Look(StrEnum):
    """What a signal shows in a segment."""

    LIVE = "live"
    FLAT = "flat"
    MOSTLY_MISSING = "mostly_missing"


@dataclass(frozen=True, slots=True)
class Scaling:
    """How a physical value becomes a digital one: value * gain + baseline, clipped to the resolution."""

    gain: int
    baseline: int | None
    """As written in the header; null where it is left out and adc_zero holds."""
    units: str
    adc_res: int
    adc_zero: int

    @property
    def zero(self) -> int:
        """Digital value of physical 0."""
        return self.adc_zero if self.baseline is None else self.baseline

    @property
    def top(self) -> int:
        """Largest digital value of a signal that saturates."""
        return (1 << self.adc_res) - 1


ECG_14 = Scaling(200, None, "mV", 14, 8192)
ECG_13 = Scaling(200, 8192, "mV", 13, 4096)
PLETH_12 = Scaling(4096, 0, "NU", 12, 2048)
ABP_13 = Scaling(16, 800, "mmHg", 13, 4096)
ABP_12 = Scaling(8, 400, "mmHg", 12, 2048)
RESP_12 = Scaling(4093, 2, "Ohm", 12, 2048)
RESP_10 = Scaling(4093, 2, "Ohm", 10, 512)
RESP_10_COARSE = Scaling(1637, 1230, "Ohm", 10, 512)
RESP_13_COARSE = Scaling(2060, 1018, "Ohm", 13, 4096)
USUAL_LEADS = (("II", "V"), ("II", "V"), ("II", "aVR"), ("II",), ("II", "V", "aVR"), ("I", "II", "V"), ("V", "II"))


@dataclass(frozen=True, slots=True)
class SignalPlan:
    """One signal of one segment."""

    name: str
    group: Group
    scaling: Scaling
    look: Look = Look.LIVE


@dataclass(frozen=True, slots=True)
class SegmentPlan:
    """One segment, or a gap where `signals` is empty."""

    start_frame: int
    frames: int
    signals: tuple[SignalPlan, ...]


def _whole(frames: float) -> int:
    return max(FRAMES_PER_UNIT, round(frames / FRAMES_PER_UNIT) * FRAMES_PER_UNIT)


def _signals(
    leads: tuple[str, ...],
    has_line: bool,
    resp: Scaling,
    ecg: Scaling = ECG_14,
    abp: Scaling = ABP_13,
    ecg_look: Look = Look.LIVE,
    resp_look: Look = Look.LIVE,
    with_pleth: bool = True,
) -> tuple[SignalPlan, ...]:
    """Return the signals of a segment in file order: leads, then ABP before Pleth, then Resp."""
    signals = [SignalPlan(lead, Group.ECG, ecg, ecg_look) for lead in leads]
    if has_line:
        signals.append(SignalPlan("ABP", Group.PULSE, abp))
    if with_pleth:
        signals.append(SignalPlan("Pleth", Group.PULSE, PLETH_12))
    return (*signals, SignalPlan("Resp", Group.RESPIRATION, resp, resp_look))


def plan_segments(
    subject_index: int, record: Record, pressure: PressurePlan, plan: DemoPlan
) -> tuple[SegmentPlan, ...]:
    """Return the segments and gaps of one record in order; their lengths add up to the record's.

    A standby of the monitor is a gap; with `waveform_minutes` everything after them is one gap.
    """
    rng = generator(plan.seed, subject_index, Stream.SEGMENTS, record.number)
    has_line = record.has_arterial_line
    usual = USUAL_LEADS[int(rng.integers(len(USUAL_LEADS)))]
    others = ("III", "V", "II")
    resp = (RESP_12, RESP_10_COARSE)[int(rng.random() < 0.25)]
    resp_late = RESP_13_COARSE if resp is RESP_10_COARSE else RESP_12
    live = _signals(usual, has_line, resp)
    swapped = _signals(usual[::-1], has_line, resp_late, ecg=ECG_13, abp=ABP_12)
    blip = _signals(others, False, resp)
    blip_lost = _signals(usual, False, RESP_10, ecg_look=Look.MOSTLY_MISSING, resp_look=Look.FLAT, with_pleth=False)
    unplugged = _signals(usual, has_line, RESP_10, ecg_look=Look.FLAT)
    standby = [
        (_whole(d.start_s * record.clock.counter_hz / 16), _whole((d.end_s - d.start_s) * record.clock.counter_hz / 16))
        for d in pressure.of_kind(Disturbance.STANDBY)
    ]
    unit = FRAMES_PER_UNIT
    minutes = 60 * record.clock.counter_hz / 16
    script: list[tuple[int, int, tuple[SignalPlan, ...]]] = []
    total = record.frames
    first_change = _whole(rng.uniform(0.06, 0.3) * total)
    second_change = _whole(rng.uniform(0.5, 0.75) * total)
    script.append((first_change, unit, blip))
    if rng.random() < 0.8:
        script.append((second_change, unit * int(rng.integers(2, 7)), ()))
        script.append((-1, unit, blip_lost))
        script.append((-1, _whole(rng.uniform(0.5, 3.5) * minutes), unplugged))
        script.append((-1, unit, blip_lost))
    script += [(start, length, ()) for start, length in standby]
    segments = _lay_out(total, script, live, swapped, second_change)
    if plan.waveform_minutes is not None:
        segments = _cut_after(segments, _whole(plan.waveform_minutes * minutes), total)
    return tuple(segments)


def _lay_out(
    total: int,
    script: list[tuple[int, int, tuple[SignalPlan, ...]]],
    live: tuple[SignalPlan, ...],
    swapped: tuple[SignalPlan, ...],
    swap_frame: int,
) -> list[SegmentPlan]:
    """Return the script's pieces at their starts (-1: right after the one before), live signals between them."""
    pieces: list[tuple[int, int, tuple[SignalPlan, ...]]] = []
    reached = 0
    for start, length, signals in script:
        begin = reached if start < 0 else start
        pieces.append((begin, length, signals))
        reached = begin + length
    segments: list[SegmentPlan] = []
    reached = 0
    for begin, length, signals in sorted(pieces, key=lambda piece: piece[0]):
        start = max(begin, reached)
        end = min(start + length, total)
        if end <= start:
            continue
        if start > reached:
            segments.append(SegmentPlan(reached, start - reached, live if reached < swap_frame else swapped))
        segments.append(SegmentPlan(start, end - start, signals))
        reached = end
    if reached < total:
        segments.append(SegmentPlan(reached, total - reached, live if reached < swap_frame else swapped))
    return segments


def _cut_after(segments: list[SegmentPlan], frames: int, total: int) -> list[SegmentPlan]:
    """Return the segments up to `frames`, then one gap to the end."""
    kept: list[SegmentPlan] = []
    for segment in segments:
        if segment.start_frame >= frames:
            break
        length = min(segment.frames, frames - segment.start_frame)
        kept.append(SegmentPlan(segment.start_frame, length, segment.signals))
    reached = kept[-1].start_frame + kept[-1].frames
    return [*kept, SegmentPlan(reached, total - reached, ())] if reached < total else kept


def union_of_signals(segments: tuple[SegmentPlan, ...]) -> tuple[SignalPlan, ...]:
    """Return every signal of the record once, by group and name, with the scaling it has first."""
    seen: dict[str, SignalPlan] = {}
    for segment in segments:
        for signal in segment.signals:
            seen.setdefault(signal.name, signal)
    order = list(Group)
    return tuple(sorted(seen.values(), key=lambda s: (order.index(s.group), s.name)))

"""WFDB header text as the published records have it: ASCII, CRLF, single spaces, dates without leading zeros.

Belongs here: master, layout and segment headers as strings. Does not belong here: what they describe (`segments`,
`waveforms`).
"""

from collections.abc import Sequence

from mimic_assets.sources.demo.course import Record
from mimic_assets.sources.demo.segments import SAMPLES_PER_FRAME, Group, Scaling, SegmentPlan, SignalPlan

_BANDPASS = "[0.5,20]"


def _joined(lines: Sequence[str]) -> bytes:
    return ("\r\n".join(lines) + "\r\n").encode("ascii")


def _gain(gain: int, baseline: int | None, units: str) -> str:
    return f"{gain}/{units}" if baseline is None else f"{gain}({baseline})/{units}"


def _form(base: str, group: Group) -> str:
    samples = SAMPLES_PER_FRAME[group]
    return base if samples == 1 else f"{base}x{samples}"


def segment_name(record: Record, number: int) -> str:
    """Return the name of segment `number`; 0 is the layout."""
    return f"{record.record_id}_{number:04d}"


def master_header(record: Record, subject_id: int, segments: Sequence[SegmentPlan], signal_count: int) -> bytes:
    """Return the master header: layout, segments and gaps in order, subject and admission as comments."""
    base = record.monitor_clock.base_time
    start = f"{base:%H:%M:%S}.{base.microsecond // 1000:03d} {base.day}/{base.month}/{base.year}"
    lines = [
        "#wfdb 10.7",
        f"{record.record_id}/{len(segments) + 1} {signal_count} {record.clock.rates_text} {record.frames} {start}",
        f"{segment_name(record, 0)} 0",
    ]
    number = 0
    for segment in segments:
        if segment.signals:
            number += 1
            lines.append(f"{segment_name(record, number)} {segment.frames}")
        else:
            lines.append(f"~ {segment.frames}")
    return _joined([*lines, f"# subject_id {subject_id}", f"# hadm_id {record.hadm_id}"])


def layout_header(record: Record, signals: Sequence[SignalPlan]) -> bytes:
    """Return the layout: the union of signals, adc_zero 0 and baselines relative to it."""
    lines = [f"{segment_name(record, 0)} {len(signals)} {record.clock.rates_text} 0"]
    for signal in signals:
        scaling = signal.scaling
        baseline = None if scaling.baseline is None else scaling.baseline - scaling.adc_zero
        gain = _gain(scaling.gain, baseline, scaling.units)
        lines.append(f"~ {_form('0', signal.group)} {gain} {scaling.adc_res} 0 0 0 0 {signal.name}")
    return _joined(lines)


def segment_header(record: Record, number: int, segment: SegmentPlan, checksums: Sequence[int]) -> bytes:
    """Return the header of one segment; the first carries no base counter."""
    name = segment_name(record, number)
    counter = f"({segment.start_frame * 16})" if segment.start_frame else ""
    lines = [f"{name} {len(segment.signals)} {record.clock.rates_text}{counter} {segment.frames}"]
    for signal, checksum in zip(segment.signals, checksums, strict=True):
        decoding = f"{_form('516', signal.group)} {_scaled(signal.scaling)}"
        lines.append(f"{name}{signal.group}.dat {decoding} 0 {checksum} 0 {signal.name}")
    lines += [
        f"# signal {index} ({signal.name}): channel={index} bandpass={_BANDPASS}"
        for index, signal in enumerate(segment.signals)
        if signal.group is Group.ECG
    ]
    return _joined(lines)


def _scaled(scaling: Scaling) -> str:
    return f"{_gain(scaling.gain, scaling.baseline, scaling.units)} {scaling.adc_res} {scaling.adc_zero}"

"""What can be used of one signal of a segment, once its file is known.

Belongs here: the sum of its samples against its header, its rate against earlier segments, its unit. Does not belong
here: the file as a whole (`signal_files`), the line's syntax (`header`). A signal that is refused here leaves the other
signals of its file alone.
"""

from dataclasses import dataclass

from mimic_assets.records.header import SignalLine
from mimic_assets.records.master import TABLE, Master
from mimic_assets.records.segments import Segment
from mimic_assets.records.signal_files import SignalFile
from mimic_assets.schemas.judged import Rejection
from mimic_assets.schemas.vocabulary import FileStatus

UNITS = frozenset(
    {"mV", "uV", "V", "mmHg", "cmH2O", "kPa", "Ohm", "NU", "%", "pm", "rpm", "bpm", "L/min", "mL", "degC"}
)
"""Units that monitors write; NU is no unit (a photoplethysmogram has none)."""


@dataclass(frozen=True, slots=True)
class JudgedSignal:
    """One signal as its row tells it."""

    status: FileStatus
    readable_frame_count: int
    rejections: tuple[Rejection, ...]


def judge_signal(
    master: Master, segment: Segment, signal: SignalLine, file: SignalFile, channel: int, rates: dict[str, int]
) -> JudgedSignal:
    """Return what can be used of a signal.

    Args:
        master: its record.
        segment: its segment.
        signal: its line.
        file: the file that the line names, as found.
        channel: its place in the file.
        rates: samples per frame by signal, of earlier segments; this one's is added where there is none.

    A signal has one rate in a record, that of the first segment which names it: arrays of it have one spacing. In a
    segment with another it is `unreadable`, as it is without a gain. A unit we do not know is told, and the samples
    stand.
    """
    header, subject_id = f"{master.files.folder}/{segment.place.name}.hea", master.files.subject_id
    rejections: list[Rejection] = []
    status = file.status
    readable = file.readable_frames
    if signal.unit not in UNITS:
        message = f"found {signal.unit[:20]!r}, expected a unit that monitors write, such as mV, mmHg, Ohm or NU"
        advice = "Look at the header: the samples were kept, but nothing that asks for a unit will take them."
        rejections.append(
            Rejection(TABLE, header, f"line {signal.line}, unit", "unknown_unit", message, advice, subject_id)
        )
    if signal.gain == 0:
        status, readable = _at_least_unreadable(status), 0
        found = "found 0 (uncalibrated), expected a positive number of steps per unit"
        advice = "Download the header again; the signal is left out of this segment: nobody knows what its values mean."
        rejections.append(
            Rejection(TABLE, header, f"line {signal.line}, gain", "uncalibrated_signal", found, advice, subject_id)
        )
    if file.checksums and file.checksums[channel] != signal.checksum:
        status, readable = FileStatus.CHECKSUM_MISMATCH, 0
        found = f"found samples of sum {file.checksums[channel]}, expected {signal.checksum} as its header says"
        advice = "Download header and file again; this signal of the segment is left out, others of the file are not."
        rejections.append(
            Rejection(TABLE, file.path, f"channel {channel}", "signal_checksum_mismatch", found, advice, subject_id)
        )
    rate = rates.setdefault(signal.name, signal.samples_per_frame)
    if rate != signal.samples_per_frame:
        status, readable = _at_least_unreadable(status), 0
        found = f"found {signal.samples_per_frame}, expected {rate} as in an earlier segment of the record"
        advice = "Download the segment's header again; the signal is left out of this segment."
        place = f"line {signal.line}, samples per frame"
        rejections.append(Rejection(TABLE, header, place, "rate_disagrees", found, advice, subject_id))
    return JudgedSignal(status, readable, tuple(rejections))


def _at_least_unreadable(status: FileStatus) -> FileStatus:
    """Return what is worse: a file that is missing, or another's, stays so."""
    return FileStatus.UNREADABLE if status is FileStatus.OK else status

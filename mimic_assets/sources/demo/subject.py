"""One subject from plan to files: plan and truth first, then the state, then what instruments and people made of it.

Belongs here: the order of the steps for one subject. Does not belong here: the steps themselves, other subjects
(`write`).
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mimic_assets.sources.demo.acute import plan_acute
from mimic_assets.sources.demo.beats import sequence_beats
from mimic_assets.sources.demo.charting import chart_rows, lab_rows
from mimic_assets.sources.demo.clinical_tables import course_rows, csv_text
from mimic_assets.sources.demo.codes import code_rows, procedure_day
from mimic_assets.sources.demo.cohort import Defect
from mimic_assets.sources.demo.course import Course, Record, draw_course
from mimic_assets.sources.demo.cuff import CuffReading, read_cuff
from mimic_assets.sources.demo.headers import layout_header, master_header, segment_header, segment_name
from mimic_assets.sources.demo.infarction import marker_rows, plan_infarction
from mimic_assets.sources.demo.infarction_truth import infarction_decoys, infarction_events
from mimic_assets.sources.demo.message_times import MessageTimes, schedule_messages
from mimic_assets.sources.demo.numerics_csv import gzip_lines, numerics_lines
from mimic_assets.sources.demo.orders import order_rows, plan_code_status
from mimic_assets.sources.demo.physiology import State, simulate_state
from mimic_assets.sources.demo.plan import DemoPlan
from mimic_assets.sources.demo.pressure import PressurePlan, plan_pressure
from mimic_assets.sources.demo.rhythms import plan_rhythms, rhythm_rows
from mimic_assets.sources.demo.segments import plan_segments, union_of_signals
from mimic_assets.sources.demo.treatments import treatment_rows
from mimic_assets.sources.demo.truth import (
    Decoy,
    TruthEvent,
    care_rows,
    clinical_decoys,
    clinical_events,
    decoy_rows,
    event_rows,
    hypotension_events,
    lag_rows,
    pressure_decoys,
)
from mimic_assets.sources.demo.vital_times import VitalTimes, schedule_vitals
from mimic_assets.sources.demo.vital_truth import vital_decoys, vital_events
from mimic_assets.sources.demo.vitals import VitalsPlan, plan_vitals
from mimic_assets.sources.demo.waveforms import RecordSignals


@dataclass(frozen=True, slots=True)
class SubjectOutput:
    """What remains to be appended once a subject's waveform files are written."""

    folder: str
    """Subject folder inside `waveforms/`, with a trailing slash."""
    checksums: tuple[tuple[str, str], ...]
    """Path inside `waveforms/` and SHA-256 of every listed file, including one that a defect removed."""
    tables: dict[str, str]
    """CSV text without header by table, truth tables included."""
    records: int
    records_with_numerics: int
    events: dict[str, int]
    decoys: dict[str, int]
    bytes_written: int


class _Files:
    """Writes a subject's files and remembers their checksums."""

    def __init__(self, waveforms: Path) -> None:
        self._waveforms = waveforms
        self.checksums: list[tuple[str, str]] = []
        self.bytes_written = 0

    def put(self, path: Path, content: bytes) -> None:
        path.write_bytes(content)
        self.note(path)

    def note(self, path: Path) -> None:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        self.checksums.append((path.relative_to(self._waveforms).as_posix(), digest))
        self.bytes_written += path.stat().st_size

    def lose(self, path: Path) -> None:
        self.bytes_written -= path.stat().st_size
        path.unlink()


def _write_record(
    files: _Files,
    folder: Path,
    course: Course,
    record: Record,
    state: State,
    pressure: PressurePlan,
    times: MessageTimes,
    vitals: VitalTimes,
    cuff: Sequence[CuffReading],
    plan: DemoPlan,
) -> None:
    folder.mkdir(parents=True)
    beats = sequence_beats(course.index, record, state, plan)
    segments = plan_segments(course.index, record, pressure, plan)
    union = union_of_signals(segments)
    files.put(folder / f"{record.record_id}.hea", master_header(record, course.subject_id, segments, len(union)))
    files.put(folder / f"{segment_name(record, 0)}.hea", layout_header(record, union))
    signals = RecordSignals(course.index, record, state, beats, pressure, plan)
    written: list[Path] = []
    for number, segment in enumerate((s for s in segments if s.signals), start=1):
        name = segment_name(record, number)
        checksums = signals.write_segment(folder, name, segment)
        files.put(folder / f"{name}.hea", segment_header(record, number, segment, checksums))
        for group in sorted({signal.group for signal in segment.signals}):
            written.append(folder / f"{name}{group}.dat")
            files.note(written[-1])
    if record.has_numerics:
        content = gzip_lines(numerics_lines(course, record, state, beats, times, vitals, cuff, plan))
        files.put(folder / f"{record.record_id}n.csv.gz", content)
    if course.role.defect is Defect.MISSING_DAT and record.number == 0:
        files.lose(next(path for path in reversed(written) if path.name.endswith("e.dat")))


def write_subject(index: int, plan: DemoPlan, waveforms: Path) -> SubjectOutput:
    """Write subject `index` below the `waveforms` folder and return what must be appended to the shared files."""
    course = draw_course(index, plan)
    pressures = {r.number: plan_pressure(course, r, plan) for r in course.records}
    times = {r.number: schedule_messages(index, r, pressures[r.number], plan) for r in course.records}
    acute = plan_acute(course, pressures[0], plan)
    rhythms = plan_rhythms(course, acute)
    vitals = {
        r.number: plan_vitals(course, r, pressures[r.number], acute, plan) if r.has_numerics else VitalsPlan((), ())
        for r in course.records
    }
    shown = {r.number: schedule_vitals(index, r, vitals[r.number], times[r.number], plan) for r in course.records}
    infarction = plan_infarction(course, plan)
    statuses = plan_code_status(course, plan)
    events: list[TruthEvent] = clinical_events(course, acute, rhythms, procedure_day(course))
    events += infarction_events(course, infarction)
    decoys: list[Decoy] = clinical_decoys(course, acute, rhythms)
    decoys += infarction_decoys(course, infarction)
    for record in course.records:
        if record.has_numerics:
            events += hypotension_events(course, record, pressures[record.number], times[record.number])
            events += vital_events(course, record, vitals[record.number], shown[record.number], times[record.number])
            decoys += pressure_decoys(record, pressures[record.number])
            decoys += vital_decoys(record, vitals[record.number])

    subject_name = f"p{course.subject_id}"
    folder = waveforms / "waves" / subject_name[:4] / subject_name
    files = _Files(waveforms)
    states: dict[int, State] = {}
    cuffs: dict[int, tuple[CuffReading, ...]] = {}
    for record in course.records:
        state = simulate_state(course, record, pressures[record.number], vitals[record.number], acute, plan)
        states[record.number] = state
        cuffs[record.number] = read_cuff(index, record, state, times[record.number], plan)
        _write_record(
            files,
            folder / str(record.record_id),
            course,
            record,
            state,
            pressures[record.number],
            times[record.number],
            shown[record.number],
            cuffs[record.number],
            plan,
        )
    listed = sorted(f"{r.record_id}/{r.record_id}\n" for r in course.records)
    files.put(folder / "RECORDS", "".join(listed).encode("ascii"))

    diagnoses, procedures = code_rows(course, plan)
    poe, poe_detail = order_rows(course, statuses, plan)
    inputs, performed = treatment_rows(course, acute, pressures, plan)
    rows = course_rows(course, plan) | {
        "hosp/labevents": [*lab_rows(course, plan), *marker_rows(course, infarction, plan)],
        "hosp/poe": poe,
        "hosp/poe_detail": poe_detail,
        "hosp/diagnoses_icd": diagnoses,
        "hosp/procedures_icd": procedures,
        "icu/procedureevents": performed,
        "icu/inputevents": inputs,
        "icu/chartevents": [*chart_rows(course, states, cuffs, statuses, plan), *rhythm_rows(course, rhythms)],
        "truth/events": event_rows(course, events),
        "truth/decoys": decoy_rows(course, decoys),
        "truth/care_limits": care_rows(course, statuses),
        "truth/clock_lags": lag_rows(course),
    }
    return SubjectOutput(
        folder=folder.relative_to(waveforms).as_posix() + "/",
        checksums=tuple(sorted(files.checksums)),
        tables={name: csv_text(table) for name, table in rows.items()},
        records=len(course.records),
        records_with_numerics=sum(r.has_numerics for r in course.records),
        events=_counts([e.event for e in events]),
        decoys=_counts([d.kind for d in decoys]),
        bytes_written=files.bytes_written,
    )


def _counts(names: list[str]) -> dict[str, int]:
    return {name: names.count(name) for name in sorted(set(names))}

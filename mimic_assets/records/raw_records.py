"""`raw_records`: one row per signal of a segment of a patient's records.

Belongs here: composing layout, headers, files and checksums into rows. Does not belong here: samples and numerics.
"""

from typing import Any

import polars as pl

from mimic_assets.file_tree import FileTree
from mimic_assets.records.checksums import published_checksums
from mimic_assets.records.layout import RecordFiles, patient_folder, record_files
from mimic_assets.records.master import TABLE, Master, read_master
from mimic_assets.records.segments import Segment, read_segments
from mimic_assets.records.signal_files import SignalFile, check_signal_file
from mimic_assets.records.signals_of_segment import judge_signal
from mimic_assets.schemas.judged import Judged, Rejection, rejected_frame
from mimic_assets.schemas.tables import RAW_RECORDS
from mimic_assets.schemas.vocabulary import FileStatus
from mimic_assets.timeline import TICKS_PER_FRAME

_ADVICE = {
    FileStatus.MISSING: "Download the file; until then its signals are missing from this segment.",
    FileStatus.CHECKSUM_MISMATCH: "Download the file again, or correct the published list if the change is meant.",
    FileStatus.UNREADABLE: "Download the file again; if it stays so, its header or the source itself is wrong.",
}


def read_records(tree: FileTree, subject_id: int) -> Judged:
    """Return `raw_records` of one patient.

    Args:
        tree: a source in the published layout.
        subject_id: the patient.

    Returns:
        Rows of `raw_records` sorted by record, segment and signal; no rows for a patient without records. Rejected: one
        row per unsound header field, per signal file that is not ok, per signal whose samples have another sum than its
        header says, another rate than in an earlier segment or a unit we do not know, per header whose SHA-256 is not
        the published one, per record without any usable segment.

    Time: `record_start_time` is the wall time of tick 0, `record_end_time` that of the last tick; a record covers
        ticks (-1, last].
    """
    published = published_checksums(tree, patient_folder(subject_id))
    rows: list[dict[str, Any]] = []
    rejections: list[Rejection] = []
    for files in record_files(tree, subject_id):
        rejections += _header_mismatches(tree, files, published)
        master, defects = read_master(tree, files)
        rejections += defects
        if master is None:
            continue
        segments, defects = read_segments(tree, master)
        rejections += defects
        rates: dict[str, int] = {}
        found = [
            row for segment in segments for row in _segment_rows(tree, master, segment, published, rates, rejections)
        ]
        if not found:
            rejections.append(_nothing_usable(files))
        rows += found
    frame = pl.DataFrame(rows, schema=RAW_RECORDS.schema, orient="row")
    return Judged(frame.sort(RAW_RECORDS.order), rejected_frame(rejections))


def _segment_rows(
    tree: FileTree,
    master: Master,
    segment: Segment,
    published: dict[str, str],
    rates: dict[str, int],
    rejections: list[Rejection],
) -> list[dict[str, Any]]:
    """Return one row per signal of a segment; files and signals that are not ok are added to `rejections`.

    `rates` are the samples per frame of the record's signals in earlier segments; this segment's are added.
    """
    by_file: dict[str, list[int]] = {}
    for index, signal in enumerate(segment.signals):
        by_file.setdefault(signal.file, []).append(index)
    states: dict[str, SignalFile] = {}
    for name, indices in by_file.items():
        signals = [segment.signals[i] for i in indices]
        state = check_signal_file(tree, f"{master.files.folder}/{name}", signals, segment.place.frame_count, published)
        states[name] = state
        if state.status is not FileStatus.OK:
            rejections.append(
                Rejection(
                    TABLE,
                    state.path,
                    "file",
                    f"file_{state.status.value}",
                    f"found {state.found}, expected {state.expected}",
                    _ADVICE[state.status],
                    master.files.subject_id,
                )
            )
    clock, place = master.clock, segment.place
    judged = [
        judge_signal(master, segment, signal, states[signal.file], by_file[signal.file].index(index), rates)
        for index, signal in enumerate(segment.signals)
    ]
    rejections += [rejection for one in judged for rejection in one.rejections]
    return [
        {
            "subject_id": master.files.subject_id,
            "record_id": master.files.record_id,
            "hadm_id": master.hadm_id,
            "segment_index": place.index,
            "signal_index": index,
            "signal": signal.name,
            "unit": signal.unit,
            "file": states[signal.file].path,
            "file_status": judged[index].status.value,
            "file_bytes": states[signal.file].size,
            "file_sha256": states[signal.file].sha256,
            "channel": by_file[signal.file].index(index),
            "storage_format": signal.storage_format,
            "samples_per_frame": signal.samples_per_frame,
            "gain": signal.gain,
            "baseline": signal.baseline,
            "adc_resolution_bits": signal.adc_resolution_bits,
            "adc_zero": signal.adc_zero,
            "checksum": signal.checksum,
            "segment_start_tick": place.start_frame * TICKS_PER_FRAME,
            "segment_frame_count": place.frame_count,
            "readable_frame_count": judged[index].readable_frame_count,
            "record_start_time": master.start_time,
            "record_end_time": clock.time_at(master.last_tick),
            "record_last_tick": master.last_tick,
            "counter_frequency_hz": master.counter_frequency_hz,
        }
        for index, signal in enumerate(segment.signals)
    ]


def _header_mismatches(tree: FileTree, files: RecordFiles, published: dict[str, str]) -> list[Rejection]:
    """Return a rejection for every header whose bytes are not the published ones; it is read all the same."""
    names = [name for name in tree.names(files.folder) if name.endswith(".hea")]
    return [
        Rejection(
            TABLE,
            path,
            "file",
            "header_checksum_mismatch",
            f"found SHA-256 {found[:12]}..., expected {published[path][:12]}... as published",
            "Download the header again, or correct the published list if the change is meant; it was read as found.",
            files.subject_id,
        )
        for path in (f"{files.folder}/{name}" for name in names)
        if path in published and tree.exists(path) and (found := tree.sha256(path)) != published[path]
    ]


def _nothing_usable(files: RecordFiles) -> Rejection:
    return Rejection(
        TABLE,
        files.master,
        "segments",
        "no_usable_segment",
        "found no segment with a signal, expected at least one",
        "Download the record's segment headers; without one it cannot be linked to a stay.",
        files.subject_id,
    )

"""`open_signals`: the samples of a small record and of the real ones, position by position."""

import io
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import wfdb

from mimic_assets.errors import DataError, InternalError, RequestError
from mimic_assets.records import open_signals, read_records
from mimic_assets.schemas.vocabulary import SignalReason
from mimic_assets.signals import MISSING_SAMPLE, Calibration
from mimic_assets.sources.folder import FolderTree
from mimic_assets_tests.broken_copies import LAST_TICK, WrittenRecord, write_record


def _runs(reasons: np.ndarray) -> list[tuple[str, int]]:
    """Return (reason, length) of the runs of a mask."""
    edges = [0, *(np.flatnonzero(np.diff(reasons)) + 1).tolist(), len(reasons)]
    names = [reason.value for reason in SignalReason]
    return [(names[reasons[start]], end - start) for start, end in pairwise(edges) if end > start]


@pytest.fixture
def record(tmp_path: Path) -> WrittenRecord:
    return write_record(tmp_path)


def _rows(record: WrittenRecord) -> pl.DataFrame:
    return read_records(FolderTree(record.root), record.subject_id).frame


def test_every_position_of_a_record_is_a_sample_or_has_its_reason(record: WrittenRecord) -> None:
    with open_signals(FolderTree(record.root), _rows(record)) as signals:
        assert (signals.signals, signals.last_tick) == (("II", "Pleth", "Resp", "V"), LAST_TICK)
        found = signals.read(["V", "Pleth", "II"], -1, LAST_TICK)
    assert list(found) == ["V", "Pleth", "II"]
    first, second = record.samples("_0001e.dat"), record.samples("_0001p.dat")
    for name, channel in (("II", 0), ("V", 1)):
        part = found[name]
        assert _runs(part.reasons) == [("observed", 2560), ("gap", 1280), ("not_recorded", 1280)]
        assert (part.digital[:2560] == first[:, channel]).all()
        assert (part.digital[2560:] == MISSING_SAMPLE).all()
        assert part.calibrations == (Calibration(0, 200.0, 8192, "mV"),)
        assert (part.first_tick, part.ticks_per_sample) == (0, 4)
    pleth = found["Pleth"]
    assert _runs(pleth.reasons) == [("observed", 1280), ("gap", 640), ("observed", 640)]
    assert (pleth.digital == np.concatenate([
        second[:, 0], np.full(640, MISSING_SAMPLE, np.int16), record.samples("_0002p.dat")[:, 0]
    ])).all()  # fmt: skip
    assert pleth.calibrations == (Calibration(0, 4096.0, 0, "NU"),)
    assert np.isnan(pleth.physical()).sum() == 640


def test_both_ends_of_an_interval_are_exact_to_the_tick(record: WrittenRecord) -> None:
    signals = open_signals(FolderTree(record.root), _rows(record))
    stored = record.samples("_0001e.dat")[:, 0]
    for start, end, first, count in ((-1, 0, 0, 1), (0, 3, 1, 0), (0, 4, 1, 1), (3, 8, 1, 2), (4, 8, 2, 1)):
        part = signals.read(["II"], start, end)["II"]
        assert (part.first_tick, part.digital.tolist()) == (4 * first, stored[first : first + count].tolist())


def test_positions_outside_the_record_say_so(record: WrittenRecord) -> None:
    signals = open_signals(FolderTree(record.root), _rows(record))
    part = signals.read(["Resp"], -33, LAST_TICK + 48)["Resp"]
    assert (part.first_tick, len(part.digital)) == (-32, 2 + 1280 + 3)
    assert _runs(part.reasons) == [
        ("outside_record", 2), ("observed", 640), ("gap", 320), ("not_recorded", 320), ("outside_record", 3)
    ]  # fmt: skip
    far = signals.read(["Resp", "II"], LAST_TICK + 1000, LAST_TICK + 1032)
    assert _runs(far["Resp"].reasons) == [("outside_record", 2)]
    assert far["II"].calibrations == ()


def test_a_record_that_is_cut_within_a_frame_ends_there(record: WrittenRecord) -> None:
    rows = _rows(record).with_columns(record_last_tick=pl.lit(16 * 100 + 7, pl.Int64))
    with open_signals(FolderTree(record.root), rows) as signals:
        found = signals.read(["II", "Pleth", "Resp"], 16 * 99 - 1, 16 * 102)
    assert _runs(found["II"].reasons) == [("observed", 6), ("outside_record", 7)]  # ticks 1600 and 1604, not 1608
    assert _runs(found["Pleth"].reasons) == [("observed", 3), ("outside_record", 4)]
    assert _runs(found["Resp"].reasons) == [("observed", 2), ("outside_record", 2)]
    assert (found["II"].digital[6:] == MISSING_SAMPLE).all()


def test_nothing_is_asked_for_or_nobody_knows_the_signal(record: WrittenRecord) -> None:
    signals = open_signals(FolderTree(record.root), _rows(record))
    found = signals.read(["II", "ICP"], 100, 99)
    assert len(found["II"].digital) == 0
    unknown = signals.read(["ICP"], 99, 1000)["ICP"]
    assert (unknown.samples_per_frame, unknown.digital.size, unknown.reasons.size, unknown.calibrations) == (
        0,
        0,
        0,
        (),
    )
    assert signals.read([], 0, 100) == {}


def test_the_code_of_no_value_is_missing_and_starts_no_calibration(record: WrittenRecord) -> None:
    samples = record.samples("_0002p.dat")
    samples[:5] = MISSING_SAMPLE
    record.write_samples("_0002p.dat", samples)
    record.edit("_0002.hea", "4096(0)/NU", "2048(7)/NU")
    found = open_signals(FolderTree(record.root), _rows(record)).read(["Pleth"], -1, LAST_TICK)["Pleth"]
    assert _runs(found.reasons) == [("observed", 1280), ("gap", 640), ("no_signal", 5), ("observed", 635)]
    assert found.calibrations == (Calibration(0, 4096.0, 0, "NU"), Calibration(1925, 2048.0, 7, "NU"))
    assert found.physical()[1925] == np.float32((int(samples[5, 0]) - 7) / 2048)


def test_a_file_that_is_not_ok_is_unreadable_and_the_others_survive(record: WrittenRecord) -> None:
    record.file("_0001e.dat").unlink()
    found = open_signals(FolderTree(record.root), _rows(record)).read(["II", "Pleth"], -1, LAST_TICK)
    assert _runs(found["II"].reasons) == [("unreadable", 2560), ("gap", 1280), ("not_recorded", 1280)]
    assert _runs(found["Pleth"].reasons)[0] == ("observed", 1280)


def test_a_file_that_changed_since_is_named(record: WrittenRecord) -> None:
    rows = _rows(record)
    record.file("_0001e.dat").write_bytes(record.file("_0001e.dat").read_bytes()[:-3000])
    with pytest.raises(DataError, match=r"_0001e\.dat.*materialise raw_records"):
        open_signals(FolderTree(record.root), rows).read(["II"], -1, LAST_TICK)
    record.file("_0001e.dat").unlink()
    with pytest.raises(DataError, match=r"_0001e\.dat"):
        open_signals(FolderTree(record.root), rows).read(["V"], -1, LAST_TICK)


def test_a_signal_of_another_rate_in_a_later_segment_is_unreadable_there(record: WrittenRecord) -> None:
    record.write_samples("_0002p.dat", record.samples("_0002p.dat")[:320])
    record.edit("_0002.hea", "516x2", "516")
    found = open_signals(FolderTree(record.root), _rows(record)).read(["Pleth"], -1, LAST_TICK)["Pleth"]
    assert _runs(found.reasons) == [("observed", 1280), ("gap", 640), ("unreadable", 640)]


def test_rows_of_several_records_are_refused(record: WrittenRecord) -> None:
    rows = _rows(record)
    with pytest.raises(InternalError, match="2 records"):
        open_signals(FolderTree(record.root), pl.concat([rows, rows.with_columns(record_id=pl.lit(1, pl.Int64))]))


def test_a_library_that_cannot_seek_is_refused_at_first_use(
    record: WrittenRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = _rows(record)
    monkeypatch.setattr("soundfile.__libsndfile_version__", "1.2.0")
    with pytest.raises(RequestError, match=r"libsndfile 1\.2\.0 found, 1\.2\.1 or newer expected"):
        open_signals(FolderTree(record.root), rows).read(["II"], -1, LAST_TICK)


@pytest.mark.parametrize("after", [0, 3, 8])
def test_a_source_that_fails_is_told_as_it_is_and_not_as_damage(
    record: WrittenRecord, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    class Failing(io.BytesIO):
        reads = 0

        def read(self, count: int | None = -1) -> bytes:
            self.reads += 1
            if self.reads > after:
                raise RequestError("the bucket does not answer")
            return super().read(min(count or 0, 512))

    rows = _rows(record)
    content = record.file("_0001e.dat").read_bytes()
    monkeypatch.setattr(FolderTree, "open", lambda self, path: Failing(content))
    signals = open_signals(FolderTree(record.root), rows)
    with pytest.raises(RequestError, match="does not answer"):
        signals.read(["II"], 4000, LAST_TICK)


def test_few_files_stay_open(record: WrittenRecord, monkeypatch: pytest.MonkeyPatch) -> None:
    rows, opened, tree_open = _rows(record), [], FolderTree.open
    monkeypatch.setattr(FolderTree, "open", lambda self, path: opened.append(path) or tree_open(self, path))
    signals = open_signals(FolderTree(record.root), rows)
    for start in range(0, 640 * 16, 160):
        signals.read(["II", "V"], start - 1, start + 159)
    assert opened == [record.path("_0001e.dat")]
    signals.close()
    signals.read(["V"], 0, 100)
    assert len(opened) == 2


@pytest.mark.real_data
@pytest.mark.parametrize(("subject", "number"), [(10079700, 85594648), (16955095, 82284982)])
def test_real_records_equal_what_wfdb_reads(real_data: Path, subject: int, number: int) -> None:
    root = real_data / "mimic4wdb"
    rows = read_records(FolderTree(root), subject).frame
    alone = open_signals(FolderTree(root), rows)
    threaded = open_signals(FolderTree(root), rows, threads=2)
    for (start, frames, _), files in rows.group_by(
        "segment_start_tick", "segment_frame_count", "segment_index", maintain_order=True
    ):
        interval = (start - 1, start + frames * 16 - 1)
        if (files["file_status"] != "ok").any():
            nothing = alone.read(files["signal"].to_list(), interval[0], interval[0] + 100_000)
            assert {_runs(part.reasons)[0][0] for part in nothing.values()} == {"unreadable"}
            continue
        path = root / files["file"][0]
        header = str(path.parent / path.name[:13])
        stored = wfdb.rdrecord(header, smooth_frames=False, physical=False, return_res=16)
        physical = wfdb.rdrecord(header, smooth_frames=False)
        found = alone.read(stored.sig_name, *interval)
        again = threaded.read(stored.sig_name, *interval)
        for index, name in enumerate(stored.sig_name):
            part, values = found[name], physical.e_p_signal[index]
            assert (part.digital == stored.e_d_signal[index]).all()
            assert ((part.reasons != 0) == np.isnan(values)).all()
            assert (part.reasons[part.reasons != 0] == SignalReason.NO_SIGNAL.code).all()
            np.testing.assert_allclose(part.physical(), values, rtol=1e-6, atol=1e-6)
            assert (part.digital == again[name].digital).all()
            assert (part.reasons == again[name].reasons).all()
            assert part.calibrations == again[name].calibrations

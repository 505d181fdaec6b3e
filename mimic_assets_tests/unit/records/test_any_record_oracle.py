"""`open_record` against wfdb-python on every readable sample file: digital values, physical values, NaN, checksums."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import wfdb

from mimic_assets import open_record
from mimic_assets.records import Record
from mimic_assets.schemas.vocabulary import SignalReason

pytestmark = pytest.mark.real_data
SINGLE = (
    "wfdb-samples/binformats", "wfdb-samples/flacformats", "wfdb-samples/flac_3_constant",
    "wfdb-samples/mixedsignals", "wfdb-samples/v102s", "wfdb-samples/041s/041s01", "wfdb-samples/041s/041s02",
    "wfdb-samples/p000878/3269321_0001", "wfdb-samples/p000878/3269321_0002", "mitdb/100",
    "mimic4wdb/waves/p100/p10079700/85594648/85594648_0002",
    "mimic4wdb/waves/p100/p10079700/85594648/85594648_0005",
    "mimic4wdb/waves/p169/p16955095/82284982/82284982_0001",
)  # fmt: skip
WIDE = {8, 24, 32, 524}


def _assert_equal(ours: Record, header: Path, limit: int | None = None) -> None:
    """Compare whole records; `limit` frames where they are long."""
    end = None if limit is None else limit * ours.ticks_per_frame - 1
    span = {} if limit is None else {"sampto": limit}
    digital = wfdb.rdheader(str(header))
    plain = [place for place, form in enumerate(digital.fmt) if form != "61"]
    stored = wfdb.rdrecord(
        str(header), channels=plain, physical=False, smooth_frames=False, return_res=64, **span
    ).e_d_signal
    for place, form in enumerate(digital.fmt):
        if form == "61":  # wfdb-python stops at the name of a big-endian type; the file holds nothing else
            stored.insert(place, np.fromfile(header.with_name(digital.file_name[place]), ">i2"))
    physical = wfdb.rdrecord(str(header), smooth_frames=False, return_res=64, **span)
    assert [name for name in ours.names if "record " not in name] == [name for name in digital.sig_name if name]
    integers = ours.signals(end_tick=end, dtype="int32")
    singles = ours.signals(end_tick=end, dtype="float32")
    doubles = ours.signals(end_tick=end, dtype="float64")
    for index, name in enumerate(ours.names):
        expected, values = stored[index], physical.e_p_signal[index]
        found = integers[name]
        assert len(found.values) == len(expected)
        assert (found.missing == np.isnan(values)).all()
        assert (found.reasons[found.missing] == SignalReason.NO_SIGNAL.code).all()
        assert (found.values[~found.missing] == expected[~found.missing]).all()
        assert (found.values[found.missing] == np.iinfo(np.int32).min).all()
        assert (np.isnan(singles[name].values) == np.isnan(values)).all()
        np.testing.assert_array_equal(doubles[name].values, values)
        np.testing.assert_array_equal(singles[name].values, values.astype(np.float32))  # rounded once
        assert found.sampling_rate_hz == pytest.approx(digital.fs * digital.samps_per_frame[index], rel=1e-6)
        assert {(c.gain, c.baseline, c.unit) for c in found.calibrations} <= {
            (digital.adc_gain[index], digital.baseline[index], digital.units[index])
        }


@pytest.mark.parametrize("name", SINGLE)
def test_a_record_of_one_segment_equals_what_wfdb_reads(real_data: Path, name: str) -> None:
    with open_record(real_data / name, threads=2) as record:
        assert record.problems == ()
        _assert_equal(record, real_data / name, limit=200_000 if "constant" in name else None)


@pytest.mark.parametrize("name", [*SINGLE, "wfdb-samples/041s/041s"])
def test_the_sums_of_every_header_are_those_of_its_samples(real_data: Path, name: str) -> None:
    with open_record(f"{real_data / name}.hea", verify=True) as record:
        assert record.problems == ()


def test_a_narrow_type_is_refused_where_values_are_wider(real_data: Path) -> None:
    record = open_record(real_data / "wfdb-samples/binformats")
    for name in record.names:
        form = int(name.rsplit(" ", 1)[1])
        if form in WIDE:
            with pytest.raises(Exception, match=f"int32 expected: format {form}"):
                record.signals([name], dtype="int16")
        else:
            narrow, wide = (record.signals([name], dtype=kind)[name] for kind in ("int16", "int32"))
            assert (narrow.values[~wide.missing] == wide.values[~wide.missing]).all()


def test_a_fixed_layout_equals_what_wfdb_reads(real_data: Path) -> None:
    path = real_data / "wfdb-samples/041s/041s"
    expected = wfdb.rdrecord(str(path), smooth_frames=False, return_res=64)
    with open_record(path) as record:
        found = record.signals(dtype="float64")
        assert list(found) == expected.sig_name
        assert record.duration.total_seconds() == 16
    for index, array in enumerate(found.values()):
        np.testing.assert_array_equal(array.values, expected.e_p_signal[index])


def test_a_variable_layout_lays_segments_at_their_place_and_names_the_missing_ones(real_data: Path) -> None:
    folder = real_data / "wfdb-samples/p000878"
    with open_record(folder / "p000878-2137-10-26-16-57") as record:
        assert record.names == ("PLETH", "II", "V", "ABP")
        assert (record.last_tick + 1) // record.ticks_per_frame == 52725000
        assert record.clock is not None
        assert record.clock.ticks_per_second == Fraction(125 * 16)
        assert sum("no header found" in problem for problem in record.problems) == len(record.problems) > 20
        end = (3750 + 2000 + 1750 + 500) * 16 - 1
        found = record.signals(end_tick=end, dtype="float64")
    reasons = [reason.value for reason in SignalReason]
    assert {reasons[code] for code in np.unique(found["V"].reasons)} == {"gap", "not_recorded"}
    first, second = (wfdb.rdrecord(str(folder / f"3269321_000{place}"), return_res=64) for place in (1, 2))
    for name, part, start in (("PLETH", first, 3750), ("II", second, 5750), ("PLETH", second, 5750)):
        expected = part.p_signal[:, part.sig_name.index(name)]
        np.testing.assert_array_equal(found[name].values[start : start + len(expected)], expected)
    assert {reasons[code] for code in np.unique(found["II"].reasons[3750:5750])} == {"not_recorded"}
    for part in (slice(0, 3750), slice(7500, 8000)):
        assert {reasons[code] for code in np.unique(found["PLETH"].reasons[part])} == {"gap"}


def test_both_real_records_equal_what_wfdb_reads_of_each_segment(real_data: Path) -> None:
    for name in ("p100/p10079700/85594648/85594648", "p169/p16955095/82284982/82284982"):
        path = real_data / "mimic4wdb/waves" / name
        master = wfdb.rdheader(str(path))
        start = 0
        with open_record(path, threads=2) as record:
            assert (record.last_tick + 1) // 16 == master.sig_len
            for segment, frames in zip(master.seg_name, map(int, master.seg_len), strict=True):
                header = path.with_name(segment)
                if frames and segment != "~" and list(path.parent.glob(f"{segment}*.dat")):
                    expected = wfdb.rdrecord(str(header), smooth_frames=False, return_res=32)
                    found = record.signals(expected.sig_name, start * 16 - 1, (start + frames) * 16 - 1)
                    for index, array in enumerate(found.values()):
                        theirs = expected.e_p_signal[index]
                        assert (np.isnan(array.values) == np.isnan(theirs)).all()
                        np.testing.assert_allclose(array.values, theirs, rtol=2e-7, atol=1e-12)
                start += frames

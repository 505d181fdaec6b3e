"""Laws of `open_signals`: a window is a slice of the whole, and reads that meet are one read."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mimic_assets.records import RecordSignals, open_signals, read_records
from mimic_assets.signals import MISSING_SAMPLE, Calibration, SignalSlice
from mimic_assets.sources.folder import FolderTree
from mimic_assets_tests.broken_copies import LAST_TICK, write_record

_TICKS = st.integers(-200, LAST_TICK + 200)


@pytest.fixture(scope="module")
def signals(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RecordSignals]:
    record = write_record(tmp_path_factory.mktemp("record"))
    samples = record.samples("_0001e.dat")
    samples[:37] = samples[900:1000] = samples[-3:] = MISSING_SAMPLE
    record.write_samples("_0001e.dat", samples)
    record.edit("_0002.hea", "4096(0)/NU", "2048(7)/NU")
    rows = read_records(FolderTree(record.root), record.subject_id).frame
    with open_signals(FolderTree(record.root), rows, threads=2) as opened:
        yield opened


def _joined(name: str, parts: list[SignalSlice]) -> SignalSlice:
    calibrations: list[Calibration] = []
    place = 0
    for part in parts:
        for one in part.calibrations:
            last = calibrations[-1] if calibrations else None
            if last is None or (last.gain, last.baseline, last.unit) != (one.gain, one.baseline, one.unit):
                calibrations.append(Calibration(one.first_sample + place, one.gain, one.baseline, one.unit))
        place += len(part.digital)
    return SignalSlice(
        name,
        parts[0].samples_per_frame,
        parts[0].first_tick,
        np.concatenate([part.digital for part in parts]),
        np.concatenate([part.reasons for part in parts]),
        tuple(calibrations),
    )


def _assert_same(found: SignalSlice, expected: SignalSlice) -> None:
    assert found.first_tick == expected.first_tick
    assert found.samples_per_frame == expected.samples_per_frame
    assert (found.digital == expected.digital).all()
    assert (found.reasons == expected.reasons).all()
    assert found.calibrations == expected.calibrations


@given(a=_TICKS, b=_TICKS)
def test_a_window_is_a_slice_of_the_whole(signals: RecordSignals, a: int, b: int) -> None:
    start, end = min(a, b), max(a, b)
    whole = signals.read(signals.signals, -201, LAST_TICK + 200)
    for name, part in signals.read(signals.signals, start, end).items():
        ticks = whole[name].first_tick + np.arange(len(whole[name].digital)) * whole[name].ticks_per_sample
        place = (ticks > start) & (ticks <= end)
        assert (part.digital == whole[name].digital[place]).all()
        assert (part.reasons == whole[name].reasons[place]).all()
        np.testing.assert_array_equal(part.physical(), whole[name].physical()[place])


@given(cuts=st.lists(_TICKS, min_size=2, max_size=7), names=st.permutations(["II", "V", "Pleth", "Resp"]))
def test_reads_that_meet_are_one_read(signals: RecordSignals, cuts: list[int], names: list[str]) -> None:
    cuts = sorted(cuts)
    names = names[: 1 + len(cuts) % 4]
    whole = signals.read(names, cuts[0], cuts[-1])
    parts = [signals.read(names, start, end) for start, end in pairwise(cuts)]
    for name in names:
        _assert_same(_joined(name, [part[name] for part in parts]), whole[name])

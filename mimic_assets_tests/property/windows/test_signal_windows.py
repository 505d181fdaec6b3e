"""Signals of windows against a loop over single samples: place, value, reason, calibration; none after the index."""

from collections.abc import Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mimic_assets.schemas.vocabulary import SignalReason
from mimic_assets.signals import MISSING_SAMPLE, Calibration, SignalSlice
from mimic_assets.tasks.model import WaveformRule
from mimic_assets.timeline import FRAMES_PER_TILE, TICKS_PER_FRAME
from mimic_assets.windows.signal_windows import WindowSignal, cut_signals, span

RULE = WaveformRule(observation_s=10, signals=("II", "Resp", "ABP"), required_any=("II",))
RATES = {"II": 4, "Resp": 1}
BEGINS = dict.fromkeys(RATES, 0)
FRAMES = 2200
LENGTH = RULE.frame_count
CALIBRATIONS = ((200.0, 8192, "mV"), (100.0, 8000, "mV"), (200.0, 8192, "V"))


class SlowReader:
    """One sample at a time: value k of a signal is k % 7000 + 500; a sample's tick says all of it."""

    signals = ("II", "Resp")
    last_tick = FRAMES * TICKS_PER_FRAME - 1

    def __init__(self, borders: Sequence[int], kinds: Sequence[int], holes: Sequence[tuple[int, int]]) -> None:
        self.borders = [0, *sorted(borders)]
        self.kinds = kinds
        self.holes = holes

    def sample(self, name: str, tick: int) -> tuple[int, int, tuple[float, int, str]]:
        """Return digital value, reason and calibration of the sample at a tick."""
        frame = tick // TICKS_PER_FRAME
        part = max(i for i, border in enumerate(self.borders) if border <= max(frame, 0))
        own = CALIBRATIONS[self.kinds[part % len(self.kinds)]]
        if tick < 0 or tick > self.last_tick:
            return MISSING_SAMPLE, SignalReason.OUTSIDE_RECORD.code, own
        if any(start <= frame < end for start, end in self.holes):
            return MISSING_SAMPLE, SignalReason.GAP.code, own
        return tick * RATES[name] // TICKS_PER_FRAME % 7000 + 500, 0, own

    def read(self, names: Sequence[str], start_tick: int, end_tick: int) -> dict[str, SignalSlice]:
        """Return slices, sample by sample."""
        return {name: self._one(name, start_tick, end_tick) for name in names}

    def _one(self, name: str, start_tick: int, end_tick: int) -> SignalSlice:
        if name not in RATES:
            return SignalSlice(name, 0, start_tick + 1, np.empty(0, np.int16), np.empty(0, np.uint8), ())
        step = TICKS_PER_FRAME // RATES[name]
        ticks = [tick for tick in range(start_tick + 1, end_tick + 1) if tick % step == 0]
        found = [self.sample(name, tick) for tick in ticks]
        parts: list[Calibration] = []
        for place, (_, reason, own) in enumerate(found):
            if reason == 0 and (not parts or (parts[-1].gain, parts[-1].baseline, parts[-1].unit) != own):
                parts.append(Calibration(place, *own))
        digital = np.array([value for value, _, _ in found], np.int16)
        return SignalSlice(
            name, RATES[name], ticks[0], digital, np.array([reason for _, reason, _ in found], np.uint8), tuple(parts)
        )


@st.composite
def records(draw: st.DrawFn) -> SlowReader:
    """Return a record of up to three calibrations and two gaps."""
    borders = draw(st.lists(st.integers(1, FRAMES - 1), max_size=2, unique=True))
    kinds = draw(st.lists(st.integers(0, len(CALIBRATIONS) - 1), min_size=1, max_size=3))
    holes = draw(st.lists(st.tuples(st.integers(0, FRAMES), st.integers(1, 400)), max_size=2))
    return SlowReader(borders, kinds, [(start, start + length) for start, length in holes])


TICKS = st.lists(st.integers(LENGTH * TICKS_PER_FRAME - 500, FRAMES * TICKS_PER_FRAME - 1), min_size=1, max_size=5)


@given(records(), TICKS)
def test_every_sample_of_every_window(reader: SlowReader, ticks: list[int]) -> None:
    ticks = sorted(ticks)
    for tick, signals in zip(ticks, cut_signals(reader, RULE, ticks, BEGINS), strict=True):
        start, end = span(RULE, tick)
        assert end <= tick < end + TICKS_PER_FRAME
        assert end - start == FRAMES_PER_TILE * TICKS_PER_FRAME
        assert [each.signal for each in signals] == list(RULE.signals)
        for each in signals[:2]:
            _compare(reader, each, start, end)
        missing = signals[2]
        assert (missing.samples_per_frame, missing.digital.size, missing.gain, missing.unit) == (0, 0, None, None)


def _compare(reader: SlowReader, found: WindowSignal, start: int, end: int) -> None:
    step = TICKS_PER_FRAME // RATES[found.signal]
    expected = [reader.sample(found.signal, tick) for tick in range(start + 1, end + 1) if tick % step == 0]
    assert len(expected) == found.digital.size == found.reasons.size
    observed = [own for _, reason, own in expected if reason == 0]
    if not observed:
        assert found.gain is None
        assert found.reasons.tolist() == [reason for _, reason, _ in expected]
        return
    unit = observed[-1][2]
    finest = max(gain for gain, _, own in observed if own == unit)
    assert (found.gain, found.unit) == (finest, unit)
    assert found.is_rescaled == (len(set(observed)) > 1)
    for value, reason, (digital, why, calibration) in zip(
        found.digital.tolist(), found.reasons.tolist(), expected, strict=True
    ):
        if why or calibration[2] != unit:
            assert value == MISSING_SAMPLE
            assert reason == (why or SignalReason.UNREADABLE.code)
            continue
        assert reason == 0
        physical = (digital - calibration[1]) / calibration[0]
        assert abs((value - found.baseline) / found.gain - physical) <= 0.5 / found.gain + 1e-9
        if (calibration[0], calibration[1]) == (found.gain, found.baseline):
            assert value == digital


@given(records(), TICKS)
def test_windows_do_not_depend_on_what_is_read_beside_them(reader: SlowReader, ticks: list[int]) -> None:
    together = list(cut_signals(reader, RULE, sorted(ticks), BEGINS))
    alone = [next(cut_signals(reader, RULE, [tick], BEGINS)) for tick in sorted(ticks)]
    for one, other in zip(together, alone, strict=True):
        for left, right in zip(one, other, strict=True):
            assert left.digital.tobytes() == right.digital.tobytes()
            assert left.reasons.tobytes() == right.reasons.tobytes()
            assert (left.gain, left.baseline, left.unit) == (right.gain, right.baseline, right.unit)


@given(records(), TICKS, st.integers(0, FRAMES * TICKS_PER_FRAME))
def test_a_signal_that_begins_later_is_lacking_until_then(reader: SlowReader, ticks: list[int], begin: int) -> None:
    for tick, signals in zip(
        sorted(ticks), cut_signals(reader, RULE, sorted(ticks), {"II": begin, "Resp": 0}), strict=True
    ):
        assert signals[0].samples_per_frame == (4 if begin <= tick else 0)
        assert signals[0].digital.size == (4 * LENGTH if begin <= tick else 0)
        assert signals[1].samples_per_frame == 1

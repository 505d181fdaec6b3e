"""How well the quality indices tell spoiled tiles from good ones.

`python -m mimic_assets_tests.comparisons.spoiled_waveforms` prints the table of docs/waveform-quality.md.

ECG: MIT-BIH 100 and the leads of a real MIMIC-IV record, with noise added at stated signal-to-noise ratios. A tile is
bad if a QRS detector that the index does not use (sleepecg) no longer finds its beats there (F1 below 0.9 within
150 ms, against the cardiologists' beats; for MIMIC-IV against the beats of the clean lead), so the index is judged by
what it is for. Pulses and pressures have no such reference: their tiles are good as recorded (looked at by eye) and
with noise of 24 dB, and bad with noise of 0 dB and below. Copies that are disconnected, cut off at half of their height
or mostly missing are judged by the reason they get.
"""

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import scipy.signal
import sleepecg
import wfdb

from mimic_assets.records import open_signals, read_records
from mimic_assets.signals import MISSING_SAMPLE
from mimic_assets.sources.folder import FolderTree
from mimic_assets.waveforms import judge_waveforms
from mimic_assets_tests.invented_signals import FRAME_RATE_HZ, spoiled
from mimic_assets_tests.signals_in_memory import Held, ecg, pleth, pressure, record_in_memory

LEVELS_DB = (24, 12, 6, 0, -6, -12)
KINDS = ("white", "motion", "muscle")
TILE = 625
_LEAD_HZ = 4 * FRAME_RATE_HZ
_SUBJECT, _FILE = 10079700, "85594648_0007e.dat"
Wave = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Source:
    """A clean signal in digital steps, with what is needed to spoil and to judge it."""

    name: str
    signal: str
    held: Callable[[npt.ArrayLike], Held]
    samples_per_frame: int
    digital: Wave
    beats_s: Wave | None
    """Reference beats; None where there are none."""

    @property
    def rate_hz(self) -> float:
        """Samples per second."""
        return self.samples_per_frame * FRAME_RATE_HZ


def judged(source: Source, digital: Wave) -> pl.DataFrame:
    """Return the quality rows of one signal of a record that holds these samples alone."""
    rows, reader = record_in_memory({source.signal: source.held(np.clip(np.rint(digital), MISSING_SAMPLE, 32767))})
    return judge_waveforms(rows, lambda _: reader).whole().frame


def sources(data: Path) -> Iterator[Source]:
    """Yield MIT-BIH 100, two leads of a MIMIC-IV record, and the Pleth and ABP of wfdb's sample."""
    record = wfdb.rdrecord(str(data / "mitdb" / "100"), channels=[0])
    beats = wfdb.rdann(str(data / "mitdb" / "100"), "atr")
    is_beat = np.isin(beats.symbol, list("NLRBAaJSVrFejnE/fQ?"))
    lead = scipy.signal.resample_poly(record.p_signal[:, 0], 250, 360) * 200 + 8192
    # 250.00 Hz are read as 249.89 Hz: times stretch by as much.
    yield Source("MIT-BIH 100, MLII", "MLII", ecg, 4, lead, beats.sample[is_beat] / 360 * 250 / _LEAD_HZ)
    for name in ("II", "V"):
        digital = _mimic_lead(data, name)
        yield Source(
            f"85594648, {name}", name, ecg, 4, digital, sleepecg.detect_heartbeats(digital, _LEAD_HZ) / _LEAD_HZ
        )
    sample = wfdb.rdrecord(str(data / "wfdb-samples" / "mixedsignals"), smooth_frames=False, physical=False)
    for signal, held in (("Pleth", pleth), ("ABP", pressure)):
        digital = np.asarray(sample.e_d_signal[sample.sig_name.index(signal)], dtype=np.float64)
        yield Source(f"mixedsignals, {signal}", signal, held, 2, digital[TILE * 2 :], None)


def _mimic_lead(data: Path, name: str) -> Wave:
    """Return an hour of a lead without a missing sample."""
    tree = FolderTree(data / "mimic4wdb")
    rows = read_records(tree, _SUBJECT).frame
    start = rows.filter(pl.col("file").str.ends_with(_FILE))["segment_start_tick"][0]
    part = open_signals(tree, rows).read([name], start - 1, start + 5_000_000)[name]
    runs = np.flatnonzero(np.diff(np.concatenate(([True], part.digital == MISSING_SAMPLE, [True])).astype(np.int8)))
    longest = np.argmax(runs[1::2] - runs[::2])
    return part.digital[runs[2 * longest] : runs[2 * longest + 1]][: 360 * TILE * 4].astype(np.float64)


def beats_found(source: Source, digital: Wave) -> Wave:
    """Return, per tile, the F1 of a detector on these samples against the reference beats."""
    assert source.beats_s is not None
    found = sleepecg.detect_heartbeats(digital, source.rate_hz) / source.rate_hz
    tiles, length = digital.size // (TILE * source.samples_per_frame), TILE / FRAME_RATE_HZ
    hits = np.abs(found[:, None] - source.beats_s).min(axis=1) <= 0.15 if found.size else np.zeros(0, dtype=np.bool_)
    reached = np.abs(source.beats_s[:, None] - found).min(axis=1, initial=np.inf) <= 0.15

    def count(times: Wave, chosen: npt.NDArray[np.bool_]) -> Wave:
        return np.bincount((times[chosen] / length).astype(int), minlength=tiles + 1)[:tiles].astype(float)

    true = count(source.beats_s, reached)
    missed, false = count(source.beats_s, ~reached), count(found, ~hits)
    return 2 * true / np.maximum(2 * true + missed + false, 1)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one source with one kind of noise."""

    source: str
    kind: str
    medians: dict[int, float]
    """Level in dB -> median index."""
    sensitivity: float
    """Share of bad tiles that are judged unusable."""
    specificity: float
    """Share of good tiles that are judged usable."""
    bad: int
    good: int
    usable_as_recorded: float
    """Share of the tiles without added noise that are judged usable."""


def outcome(source: Source, kind: str) -> Outcome:
    """Return the medians of the index and how its threshold separates good tiles from bad ones, over all levels."""
    medians, bad_found, bad, good_kept, good, as_recorded = {}, 0, 0, 0, 0, 0.0
    for place, level in enumerate((None, *LEVELS_DB)):
        digital = source.digital if level is None else (
            spoiled(source.digital - source.digital.mean(), level, kind, source.rate_hz, place) + source.digital.mean()
        )  # fmt: skip
        frame = judged(source, digital)
        unusable = frame["missing_reason"].is_not_null().to_numpy()
        if level is None:
            as_recorded = float(1 - unusable.mean())
        else:
            medians[level] = float(frame["quality_index"].median())
        if source.beats_s is not None:
            is_bad = beats_found(source, digital) < 0.9
        else:
            is_bad = np.full(unusable.size, level is not None and level <= 0)
        if source.beats_s is not None or level is None or level <= 0 or level >= 24:
            bad_found, bad = bad_found + int(unusable[is_bad].sum()), bad + int(is_bad.sum())
            good_kept, good = good_kept + int((~unusable[~is_bad]).sum()), good + int((~is_bad).sum())
    return Outcome(
        source.name, kind, medians, bad_found / max(bad, 1), good_kept / max(good, 1), bad, good, as_recorded
    )


def damaged(source: Source) -> Iterator[tuple[str, pl.DataFrame]]:
    """Yield copies of a source and the quality of their tiles: disconnected, cut off, mostly missing."""
    rest = {"ecg": 8196, "pleth": 2048, "pressure": 2400}[source.held.__name__]
    low, high = np.quantile(source.digital, (0.001, 0.999))
    place = np.arange(source.digital.size) % (TILE * source.samples_per_frame) / (TILE * source.samples_per_frame)
    yield "disconnected", judged(source, np.full(source.digital.size, rest))
    yield "disconnected for 6 of 10 s", judged(source, np.where(place < 0.6, rest, source.digital))
    yield "cut off at half height", judged(source, np.minimum(source.digital, (low + high) // 2))
    yield "6 of 10 s missing", judged(source, np.where(place < 0.6, MISSING_SAMPLE, source.digital))


def main() -> None:
    """Print both tables."""
    data = Path(os.environ.get("MIMIC_ASSETS_TEST_DATA", Path(__file__).parents[3] / "shared" / "data"))
    levels = " | ".join(f"{level} dB" for level in LEVELS_DB)
    lines = [f"| signal | noise | {levels} | sensitivity | specificity | usable as recorded |"]
    lines.append("|---|---|" + "---|" * (len(LEVELS_DB) + 3))
    copies = ["| signal | copy | reasons |", "|---|---|---|"]
    for source in sources(data):
        for kind in KINDS:
            found = outcome(source, kind)
            medians = " | ".join(f"{found.medians[level]:.2f}" for level in LEVELS_DB)
            lines.append(
                f"| {found.source} | {kind} | {medians} | {found.sensitivity:.3f} of {found.bad:,} | "
                f"{found.specificity:.3f} of {found.good:,} | {found.usable_as_recorded:.3f} |"
            )
        for copy, frame in damaged(source):
            shares = frame["missing_reason"].fill_null("usable").value_counts(normalize=True, sort=True)
            reasons = ", ".join(f"{reason} {share:.3f}" for reason, share in shares.iter_rows())
            copies.append(f"| {source.name} | {copy} | {reasons} |")
    sys.stdout.write("\n".join([*lines, "", *copies]) + "\n")


if __name__ == "__main__":
    main()

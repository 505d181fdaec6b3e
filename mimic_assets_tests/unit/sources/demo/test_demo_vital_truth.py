"""The truth of heart rate and oxygen against the numerics as written, by a loop that knows nothing of the plan."""

import gzip
import itertools
from collections import Counter, defaultdict
from functools import cache
from pathlib import Path

import pytest

from mimic_assets_tests.unit.sources.demo.demo_files import RecordFiles, records, time_of, truth

SUSTAINED_S, LONGEST_GAP_S = 60, 60
BEYOND = {
    "desaturation": ("SpO2 [%]", lambda value: value < 88),
    "bradycardia": ("HR [bpm]", lambda value: 0 < value < 40),
    "tachycardia": ("HR [bpm]", lambda value: value > 150),
}
"""Column, and which values are beyond the limit; a rate of 0 says that nothing was counted."""
STEP_S = 1.3
"""Messages come about every 1.02 s, two of a hundred 0.13 s late."""


@cache
def shown(record: RecordFiles, column: str) -> list[tuple[int, float]]:
    """Return (tick, value) of a column in order, without texts and zeros."""
    found = []
    with gzip.open(record.numerics, "rt", encoding="ascii") as file:
        at = [name.strip('"') for name in file.readline().rstrip("\n").split(",")].index(column)
        for line in file:
            cells = line.rstrip("\n").split(",")
            if cells[at] and cells[at] != "Lo Perf" and float(cells[at]) > 0:
                found.append((int(cells[0]), float(cells[at])))
    return sorted(found)


@cache
def runs(record: RecordFiles, kind: str) -> list[tuple[int, int, int, float]]:
    """Return (tick before, first tick, last tick, longest gap in seconds) of every run beyond the limit."""
    column, is_beyond = BEYOND[kind]
    found, before, run = [], -1, []
    for tick, value in [*shown(record, column), (1 << 60, 100.0)]:
        is_cut = run and (tick - run[-1]) / record.counter_hz > LONGEST_GAP_S
        if run and (is_cut or not is_beyond(value)):
            gaps = [float((b - a) / record.counter_hz) for a, b in itertools.pairwise(run)]
            found.append((before, run[0], run[-1], max(gaps, default=0.0)))
            run = []
        if is_beyond(value):
            run.append(tick)
        else:
            before = tick
    return found


def with_numerics(root: Path) -> list[RecordFiles]:
    return [record for record in records(root) if record.numerics.exists()]


@pytest.mark.parametrize("kind", BEYOND)
def test_a_minute_beyond_the_limit_is_what_the_truth_says(cohort_demo: Path, kind: str) -> None:
    expected, found = defaultdict(list), defaultdict(list)
    for row in truth(cohort_demo):
        if row["event"] == kind:
            assert (row["tier"], row["source"]) == ("B", "numerics")
            assert row["event_time"] == row["upper_time"]
            expected[row["subject_id"]].append((time_of(row["lower_time"]), time_of(row["event_time"])))
    for record in with_numerics(cohort_demo):
        for before, first, last, _ in runs(record, kind):
            if (last - first) / record.counter_hz >= SUSTAINED_S:
                assert before >= 0, f"record {record.name}: {kind} without a value on the sound side before it"
                found[record.subject_id].append((record.time_at(before), record.time_at(first)))
    assert sum(map(len, expected.values())) >= 20
    assert {k: sorted(v) for k, v in found.items()} == {k: sorted(v) for k, v in expected.items()}


@pytest.mark.parametrize("kind", BEYOND)
def test_spells_lie_within_a_step_of_the_minute_on_either_side(cohort_demo: Path, kind: str) -> None:
    found = [(record, *run) for record in with_numerics(cohort_demo) for run in runs(record, kind)]
    lengths = [float((last - first) / record.counter_hz) for record, _, first, last, _ in found]
    assert sum(SUSTAINED_S - STEP_S <= length < SUSTAINED_S for length in lengths) >= 3
    assert sum(SUSTAINED_S <= length < SUSTAINED_S + STEP_S for length in lengths) >= 3
    assert sum(40 < gap < LONGEST_GAP_S for *_, gap in found) >= 3


@pytest.mark.parametrize(
    ("kind", "limit", "just_beyond"), [("desaturation", 88.0, 87.9), ("bradycardia", 40, 39), ("tachycardia", 150, 151)]
)
def test_spells_stand_at_the_limit_and_one_step_beyond(
    cohort_demo: Path, kind: str, limit: float, just_beyond: float
) -> None:
    """At the limit is a decoy of two minutes and more, one step of the display beyond it an event."""
    values = {
        record.name: [(float(tick / record.counter_hz), value) for tick, value in shown(record, BEYOND[kind][0])]
        for record in with_numerics(cohort_demo)
    }
    plateaus = [row for row in truth(cohort_demo, "decoys") if row["kind"] == f"{kind}_at_limit"]
    assert len(plateaus) >= 3
    for row in plateaus:
        name, span = row["detail"].removeprefix("record ").split(", seconds ")
        start, end = (float(part) for part in span.split(" to "))
        assert end - start >= 2 * SUSTAINED_S
        assert {value for second, value in values[name] if start + 0.1 <= second < end - 0.1} == {limit}
    flat = 0
    for record in with_numerics(cohort_demo):
        for _, first, last, _ in runs(record, kind):
            inside = {value for tick, value in shown(record, BEYOND[kind][0]) if first <= tick <= last}
            flat += inside == {just_beyond} and (last - first) / record.counter_hz >= SUSTAINED_S
    assert flat >= 3


def test_a_silence_of_more_than_a_minute_parts_two_short_spells(cohort_demo: Path) -> None:
    parted = Counter[str]()
    for record in with_numerics(cohort_demo):
        for kind in BEYOND:
            for (_, first, last, _), (before, after, end, _) in itertools.pairwise(runs(record, kind)):
                if before < first:
                    assert max(last - first, end - after) / record.counter_hz < SUSTAINED_S
                    parted[kind] += 1
    decoys = Counter(row["kind"] for row in truth(cohort_demo, "decoys"))
    assert parted == {kind: decoys[f"{kind}_around_silence"] for kind in BEYOND}
    assert min(parted.values()) >= 3


def test_a_pulse_deficit_is_no_slow_heart(cohort_demo: Path) -> None:
    by_name = {record.name: record for record in with_numerics(cohort_demo)}
    decoys = [row for row in truth(cohort_demo, "decoys") if row["kind"] == "pulse_deficit"]
    assert len(decoys) >= 3
    for row in decoys:
        name, span = row["detail"].removeprefix("record ").split(", seconds ")
        start, end = (float(part) for part in span.split(" to "))
        record = by_name[name]
        inside = {
            column: [v for tick, v in shown(record, column) if start + 0.1 <= tick / record.counter_hz < end - 0.1]
            for column in ("Pulse (SpO2) [bpm]", "HR [bpm]")
        }
        assert inside["Pulse (SpO2) [bpm]"]
        assert max(inside["Pulse (SpO2) [bpm]"]) < 40
        assert min(inside["HR [bpm]"], default=40) >= 40

"""The hypotension truth against the numerics as written, by a loop that knows nothing of the plan."""

import gzip
import itertools
from collections import defaultdict
from functools import cache
from pathlib import Path

from mimic_assets_tests.unit.sources.demo.demo_files import RecordFiles, read_csv, records, time_of, truth

LOW, SUSTAINED_S, LONGEST_GAP_S = 65, 300, 60

SILENT = {"line_disconnected", "silence_in_episode", "silence_between_dips"}
COMMON = {"short_dip", "line_flush", "line_zeroed", "mean_above_systolic", "line_disconnected"}
WRITTEN = {*COMMON, *SILENT, "dip_one_step_short", "long_dip", "dip_beside_silence", "pressure_at_limit"}


def believable_means(record: RecordFiles) -> list[tuple[int, int]]:
    """Return (tick, mean) of the arterial line in order, without values no patient can have."""
    found = []
    with gzip.open(record.numerics, "rt", encoding="ascii") as file:
        names = file.readline().rstrip("\n").split(",")
        if '"ABPm [mmHg]"' not in names:
            return []
        mean_at, systolic_at, diastolic_at = (names.index(f'"ABP{part} [mmHg]"') for part in "msd")
        for line in file:
            cells = line.split(",")
            if cells[mean_at]:
                mean, systolic, diastolic = int(cells[mean_at]), int(cells[systolic_at]), int(cells[diastolic_at])
                if 10 < mean < 250 and diastolic < mean < systolic:
                    found.append((int(cells[0]), mean))
    return sorted(found)


@cache
def low_runs(record: RecordFiles) -> list[tuple[int, int, int, float]]:
    """Return (tick before, first tick, last tick, longest gap in seconds) of every run of means below 65.

    A silence of more than a minute ends a run; the tick before is that of the last mean of 65 or more.
    """
    runs, before, run = [], -1, []
    for tick, mean in [*believable_means(record), (1 << 60, 999)]:
        is_cut = run and (tick - run[-1]) / record.counter_hz > LONGEST_GAP_S
        if run and (is_cut or mean >= LOW):
            gaps = [float((b - a) / record.counter_hz) for a, b in itertools.pairwise(run)]
            runs.append((before, run[0], run[-1], max(gaps, default=0.0)))
            run = []
        if mean < LOW:
            run.append(tick)
        else:
            before = tick
    return runs


def with_numerics(root: Path) -> list[RecordFiles]:
    return [record for record in records(root) if record.numerics.exists()]


def test_sustained_low_pressure_is_what_the_truth_says(cohort_demo: Path) -> None:
    expected = defaultdict(list)
    for row in truth(cohort_demo):
        if row["event"] == "hypotension":
            assert (row["tier"], row["source"]) == ("B", "numerics")
            assert row["event_time"] == row["upper_time"]
            expected[row["subject_id"]].append((time_of(row["lower_time"]), time_of(row["event_time"])))
    found = defaultdict(list)
    for record in with_numerics(cohort_demo):
        for before, first, last, gap in low_runs(record):
            if (last - first) / record.counter_hz >= SUSTAINED_S:
                assert before >= 0, f"record {record.name}: an episode without a value of 65 or more before it"
                assert gap <= LONGEST_GAP_S
                found[record.subject_id].append((record.time_at(before), record.time_at(first)))
    assert sum(map(len, expected.values())) >= 30
    assert {k: sorted(v) for k, v in found.items()} == {k: sorted(v) for k, v in expected.items()}


def test_some_episodes_and_dips_lie_one_message_from_five_minutes(cohort_demo: Path) -> None:
    """A rule that says 298 s or 302 s, and even more one that says four or six minutes, is another rule."""
    lengths = [
        float((last - first) / record.counter_hz)
        for record in with_numerics(cohort_demo)
        for _, first, last, _ in low_runs(record)
    ]
    assert sum(298.7 <= s < 300 for s in lengths) >= 3
    assert sum(300 <= s < 301.3 for s in lengths) >= 3
    assert sum(240 <= s < 298 for s in lengths) >= 3
    assert sum(s < 240 for s in lengths) >= 20
    assert max(lengths) <= 40 * 60 + 5
    gaps = [gap for record in with_numerics(cohort_demo) for *_, gap in low_runs(record)]
    assert sum(50 <= gap < 60 for gap in gaps) >= 3


def test_some_silences_lie_between_dips_that_are_no_five_minutes(cohort_demo: Path) -> None:
    """Long enough together with the silence, never by themselves: of little more than a minute, and of eight."""
    silences = []
    for record in with_numerics(cohort_demo):
        for (_, first, last, _), (before, after, end, _) in itertools.pairwise(low_runs(record)):
            if before < first:  # nothing in between but silence
                assert max(last - first, end - after) / record.counter_hz < SUSTAINED_S
                assert (end - first) / record.counter_hz >= SUSTAINED_S
                silences.append(float((after - last) / record.counter_hz))
    assert sum(60 < s < 90 for s in silences) >= 2
    assert sum(480 <= s < 490 for s in silences) >= 2
    assert len(silences) == sum(row["kind"] == "silence_between_dips" for row in truth(cohort_demo, "decoys"))


def test_episodes_are_well_apart_and_inside_a_stay(cohort_demo: Path) -> None:
    by_subject = defaultdict(list)
    for row in truth(cohort_demo):
        if row["event"] == "hypotension":
            assert row["stay_id"]
            by_subject[row["subject_id"]].append(time_of(row["event_time"]))
    for times in by_subject.values():
        ordered = sorted(times)
        assert all((b - a).total_seconds() >= 45 * 60 for a, b in itertools.pairwise(ordered))


def test_disturbances_are_written_where_the_decoys_say(cohort_demo: Path) -> None:
    lines = {record.name: record for record in with_numerics(cohort_demo)}
    cells: dict[str, list[tuple[float, dict[str, str]]]] = {}
    checked = defaultdict(int)
    for row in truth(cohort_demo, "decoys"):
        if row["kind"] not in WRITTEN:
            continue
        name, span = row["detail"].removeprefix("record ").split(", seconds ")
        start, end = (float(part) for part in span.split(" to "))
        record = lines[name]
        if name not in cells:
            cells[name] = [(float(int(r["time"]) / record.counter_hz), r) for r in read_csv(record.numerics)]
        inside = [r for second, r in cells[name] if start + 0.1 <= second < end - 0.1]
        pressures = [tuple(int(r[f"ABP{part} [mmHg]"]) for part in "smd") for r in inside if r["ABPm [mmHg]"]]
        assert inside
        if row["kind"] in SILENT:
            assert pressures == []
        elif row["kind"] == "line_flush":
            assert all(s == m == d >= 250 for s, m, d in pressures)
        elif row["kind"] == "line_zeroed":
            assert all(m <= 0 for _, m, _ in pressures)
        elif row["kind"] == "mean_above_systolic":
            assert all(m > s for s, m, _ in pressures)
        elif row["kind"] == "pressure_at_limit":
            assert {m for _, m, _ in pressures} == {LOW}
        elif row["kind"] == "dip_one_step_short":
            assert sum(m >= LOW for _, m, _ in pressures) in (1, 2, 3)  # the step that is missing
        else:
            assert all(d < m < min(s, LOW) for s, m, d in pressures)
        checked[row["kind"]] += 1
    assert min(checked[kind] for kind in COMMON) >= 10
    assert min(checked[kind] for kind in WRITTEN) >= 3


def test_cuff_only_subjects_have_consecutive_low_values_and_no_event(cohort_demo: Path) -> None:
    by_name = {record.name: record for record in with_numerics(cohort_demo)}
    decoys = [row for row in truth(cohort_demo, "decoys") if row["kind"] == "cuff_only"]
    eventful = {row["subject_id"] for row in truth(cohort_demo) if row["event"] == "hypotension"}
    assert len(decoys) == 4
    for row in decoys:
        rows = read_csv(by_name[row["detail"].split(",")[0].removeprefix("record ")].numerics)
        assert "ABPm [mmHg]" not in rows[0]
        low = [int(r["NBPm [mmHg]"]) < LOW for r in rows if r["NBPm [mmHg]"]]
        assert any(a and b for a, b in itertools.pairwise(low))
        assert row["subject_id"] not in eventful

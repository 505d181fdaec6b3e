"""The numerics files: form and oddities of the published ones, and waveforms that agree with them."""

import gzip
import re
from collections import Counter
from pathlib import Path

import numpy as np
import wfdb

from mimic_assets_tests.unit.sources.demo.demo_files import RecordFiles, records, truth


def lines_of(record: RecordFiles) -> list[str]:
    text = gzip.decompress(record.numerics.read_bytes()).decode("ascii")
    assert "\r" not in text
    assert text.endswith("\n")
    return text[:-1].split("\n")


def columns_of(record: RecordFiles) -> list[str]:
    return [cell.strip('"') for cell in lines_of(record)[0].split(",")]


def test_form_of_every_file(cohort_demo: Path) -> None:
    number = re.compile(r"-?(0|[1-9]\d*)(\.\d*[1-9])?")
    odd_cells = []
    for record in records(cohort_demo):
        if not record.numerics.exists():
            continue
        header, *rows = lines_of(record)
        names = header.split(",")
        assert all(re.fullmatch(r'"[^"]+"', name) for name in names)
        assert names[0] == '"time"'
        assert names[1:] == sorted(names[1:])
        assert all(re.search(r" \[[^\]]+\]", name) for name in names[1:])
        for row in rows:
            tick, *cells = row.split(",")
            assert len(cells) == len(names) - 1
            assert 0 <= int(tick) < record.frames * 16
            assert any(cells)
            odd_cells += [cell for cell in cells if cell and not number.fullmatch(cell)]
    assert odd_cells == ["Lo Perf"]


def test_oddities_of_the_published_numerics_are_present(cohort_demo: Path) -> None:
    layouts, back_steps, same_tick, mixed = set(), 0, 0, 0
    unknown = []
    for record in records(cohort_demo):
        if not record.numerics.exists():
            continue
        header, *rows = lines_of(record)
        layouts.add(header)
        unknown += [name for name in header.split(",") if "Tskin" in name]
        ticks = [int(row.split(",", 1)[0]) for row in rows]
        steps = np.diff(ticks)
        back_steps += int((steps < 0).sum())
        assert steps.min() >= -60 * 1000
        same_tick += len(ticks) - len(set(ticks))
        column = columns_of(record).index("SpO2 [%]")
        cells = {row.split(",")[column] for row in rows} - {""}
        mixed += any("." in cell for cell in cells) and any("." not in cell for cell in cells)
    assert len(layouts) >= 4
    assert back_steps > 100
    assert same_tick > 100
    assert mixed >= 35
    assert unknown == ['"Tskin [F]"']


def test_repeated_rows_are_whole_rows_again(cohort_demo: Path) -> None:
    """As published: what steps back in time is a beat-to-beat row emitted a second time."""
    for record in records(cohort_demo)[:12]:
        if not record.numerics.exists() or "btbHR [bpm]" not in columns_of(record):
            continue
        rows = lines_of(record)[1:]
        counts = Counter(rows)
        latest = -1
        for row in rows:
            tick = int(row.split(",", 1)[0])
            if tick < latest:
                assert counts[row] == 2
                assert row.split(",")[1:-1] == [""] * (len(row.split(",")) - 2)
            latest = max(latest, tick)


def test_messages_come_every_1024_ticks(cohort_demo: Path) -> None:
    for record in records(cohort_demo)[:6]:
        if not record.numerics.exists():
            continue
        column = columns_of(record).index("Perf [NU]")
        ticks = [int(r.split(",", 1)[0]) for r in lines_of(record)[1:] if r.split(",")[column]]
        steps = Counter(np.diff(ticks).tolist())
        assert steps.most_common(1)[0][0] == 1024
        assert set(steps) & {896, 992, 1056, 1152}
        assert all(step % 32 == 0 for step in steps)


def test_waveform_pressure_agrees_with_the_numerics(small_demo: Path) -> None:
    """Over a minute the ABP wave and ABPm have the same mean, within 3 mmHg, in segments of either gain."""
    compared: Counter[float] = Counter()
    for record in records(small_demo):
        if not record.numerics.exists() or "ABPm [mmHg]" not in columns_of(record):
            continue
        column = columns_of(record).index("ABPm [mmHg]")
        rows = [row.split(",") for row in lines_of(record)[1:]]
        means = np.array([(int(r[0]), int(r[column])) for r in rows if r[column]], dtype=np.float64)
        for path in sorted(record.folder.glob(f"{record.name}_0*.hea")):
            header = wfdb.rdheader(str(path.with_suffix("")))
            if not header.sig_len or "ABP" not in header.sig_name or "~" in header.file_name:
                continue
            wave = wfdb.rdrecord(str(path.with_suffix("")), smooth_frames=False, return_res=64)
            pressure = wave.e_p_signal[wave.sig_name.index("ABP")]
            begin = int(header.base_counter or 0)
            samples = 60 * 125
            for start in range(2500, len(pressure) - samples, samples):
                window = pressure[start : start + samples]
                first, last = begin + start * 8, begin + (start + samples) * 8
                near = means[(means[:, 0] >= first) & (means[:, 0] < last), 1]
                if len(near) > 50 and np.ptp(near) < 15 and window.min() > 10 and window.max() < 200:
                    assert abs(window.mean() - near.mean()) < 3
                    compared[wave.adc_gain[wave.sig_name.index("ABP")]] += 1
    assert len(compared) == 2
    assert min(compared.values()) >= 10


def test_beats_of_the_ecg_agree_with_the_heart_rate(small_demo: Path) -> None:
    """R peaks counted in lead II over a minute give the HR written in that minute, within 4 beats."""
    compared = 0
    for record in records(small_demo):
        if not record.numerics.exists():
            continue
        wave = wfdb.rdrecord(str(record.folder / f"{record.name}_0001"), smooth_frames=False, return_res=64)
        if "II" not in wave.sig_name:
            continue
        ecg = wave.e_p_signal[wave.sig_name.index("II")][2500 : 2500 + 60 * 250]
        if len(ecg) < 60 * 250 or np.isnan(ecg).any() or np.abs(ecg).max() > 3:
            continue
        above = (ecg > 0.5 * np.quantile(ecg, 0.995)).astype(int)
        peaks = int((np.diff(above) == 1).sum())
        column = columns_of(record).index("HR [bpm]")
        rates = [
            int(cells[column])
            for cells in (row.split(",") for row in lines_of(record)[1:])
            if cells[column] and 2500 * 4 <= int(cells[0]) < 2500 * 4 + 60_000
        ]
        if rates:
            assert abs(peaks - float(np.mean(rates))) <= 4
            compared += 1
    assert compared >= 3


def test_deterioration_comes_before_hypotension(cohort_demo: Path) -> None:
    """Before a record's first episode the heart races and the pressure sags, compared with the record's beginning."""
    onsets: dict[str, np.datetime64] = {}
    for event in truth(cohort_demo):
        if event["event"] == "hypotension":
            onset = np.datetime64(event["event_time"])
            onsets[event["subject_id"]] = min(onsets.get(event["subject_id"], onset), onset)
    falls, rises = [], []
    for record in records(cohort_demo):
        if record.subject_id not in onsets or not record.numerics.exists():
            continue
        names = columns_of(record)
        if "ABPm [mmHg]" not in names:
            continue
        onset_s = (onsets[record.subject_id] - np.datetime64(record.base_time)) / np.timedelta64(1, "s")
        onset_tick = onset_s * float(record.counter_hz)
        spans = {"begin": (0, 600_000), "before": (onset_tick - 480_000, onset_tick - 60_000)}
        medians = {}
        for column in ("ABPm [mmHg]", "HR [bpm]"):
            position = names.index(column)
            cells = [(int(parts[0]), parts[position]) for parts in (row.split(",") for row in lines_of(record)[1:])]
            for name, (low, high) in spans.items():
                medians[column, name] = np.median([float(cell) for tick, cell in cells if cell and low <= tick < high])
        falls.append(medians["ABPm [mmHg]", "begin"] - medians["ABPm [mmHg]", "before"])
        rises.append(medians["HR [bpm]", "before"] - medians["HR [bpm]", "begin"])
    assert len(falls) >= 20
    assert np.median(falls) > 5
    assert np.median(rises) > 5
    assert np.mean(np.array(falls) > 0) > 0.8
    assert np.mean(np.array(rises) > 0) > 0.8

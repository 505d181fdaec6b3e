"""`record` on a lake made by hand, whose every character can be checked by eye (`ten_hour_record`)."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from mimic_assets.cli.app import app
from mimic_assets.cli.record_coverage import BINS, gather_coverage, group_of
from mimic_assets.cli.record_picture import draw_record, record_figure
from mimic_assets.cli.record_text import record_lines
from mimic_assets.errors import RequestError
from mimic_assets.numerics import PARAMETERS
from mimic_assets.schemas.judged import Judged, rejected_frame
from mimic_assets.schemas.tables import CLEANED_NUMERICS, CLINICAL_EVENTS, RECORD_STAYS
from mimic_assets.storage.keys import Key
from mimic_assets.storage.lake import Lake
from mimic_assets_tests.unit.cli.ten_hour_record import (
    HADM,
    HOUR,
    RECORD,
    STAY,
    SUBJECT,
    make_record_lake,
    write_quality,
)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return make_record_lake(str(tmp_path / "lake"))


@pytest.fixture
def judged_lake(lake: Lake) -> Lake:
    """The same lake with verdicts."""
    write_quality(lake)
    return lake


def invoke(lake: Lake, *arguments: str, width: int = 80) -> str:
    given = ["record", *arguments, "--lake", lake.root.uri]
    result = CliRunner().invoke(app, given, env={"COLUMNS": str(width)}, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def strip_of(output: str, name: str) -> str:
    line = next(line for line in output.splitlines() if line.startswith(name))
    return line.ljust(80)[16:63]


def test_leads_stand_where_segments_hold_them(lake: Lake) -> None:
    output = invoke(lake, str(RECORD))
    # 47 characters for ten hours: the gap from hour 4 to 5 is characters 18.8 to 23.5
    assert strip_of(output, "segments") == "█" * 18 + "▓" + " " * 4 + "▓" + "█" * 23
    assert strip_of(output, "II") == "█" * 18 + "▓" + " " * 4 + "▓" + "█" * 23
    assert strip_of(output, "ABP") == "█" * 18 + "▓" + " " * 4 + "!" * 24
    assert strip_of(output, "Resp") == " " * 23 + "▓" + "█" * 11 + "!" * 12
    assert "90 % recorded" in output
    assert "3 of them" in output


def test_a_lead_of_five_seconds_is_not_lost(lake: Lake) -> None:
    output = invoke(lake, str(RECORD))
    assert strip_of(output, "V") == " " * 18 + "░" + " " * 28
    assert "<1 % recorded" in next(line for line in output.splitlines() if line.startswith("V"))


def test_numerics_are_counted_by_group_and_only_usable_ones(lake: Lake) -> None:
    coverage = gather_coverage(lake, SUBJECT, RECORD)
    assert list(coverage.numerics) == ["heart rate"]
    counts = coverage.numerics["heart rate"]
    assert counts.sum() == 240  # the cell without a signal is not among them
    first_hours = counts[: BINS // 5].sum()
    assert first_hours == 119  # the cell of minute 120 begins the third hour
    line = strip_of(invoke(lake, str(RECORD)), "heart rate")
    assert "█" in line[:9]
    assert set(line[10:18]) <= set("▃▄▅▆")
    assert line[29:].strip() == ""


def test_every_parameter_of_the_catalogue_has_a_group() -> None:
    assert {group_of(parameter.name) for parameter in PARAMETERS} == {
        "heart rate", "rhythm, QT, ST", "respiration", "oxygen", "arterial line", "cuff pressure", "PAP, CVP, ICP",
        "temperature",
    }  # fmt: skip


def test_stays_and_events_stand_at_their_times_with_bounds(lake: Lake) -> None:
    output = invoke(lake, str(RECORD))
    assert strip_of(output, f"stay {STAY}") == " " * 4 + "░" + "█" * 37 + "░" + " " * 4  # hours 1 to 9: 4.7 to 42.3
    assert "MICU" in output
    events = strip_of(output, "hypotension")
    assert [place for place, sign in enumerate(events) if sign == "│"] == [9, 37]
    assert [place for place, sign in enumerate(events) if sign == "─"] == [*range(32, 37), *range(38, 43)]
    assert "2, tier B" in output
    assert "before or after the record: 1." in output
    assert "without a time, which cannot be placed: 1." in output
    assert "death" not in output


def test_verdicts_are_shown_as_shares(judged_lake: Lake) -> None:
    coverage = gather_coverage(judged_lake, SUBJECT, RECORD)
    shares = coverage.usable["II"]
    assert np.nanmean(shares[: BINS // 5]) == 1.0
    assert np.nanmean(shares[BINS // 5 : 2 * BINS // 5]) == pytest.approx(0.5, abs=0.02)
    assert np.isnan(shares[2 * BINS // 5 + 1 :]).all(), "the gap is no verdict on the lead"
    assert list(coverage.usable) == ["II"]
    output = invoke(judged_lake, str(RECORD))
    usable = strip_of(output, "  usable tiles")
    assert usable[:9] == "█" * 9
    assert set(usable[10:18]) <= set("▄▅")
    assert usable[19:].strip() == ""
    assert "waveform_quality" not in output


def test_what_the_lake_does_not_hold_is_said(lake: Lake) -> None:
    for table in (RECORD_STAYS, CLEANED_NUMERICS, CLINICAL_EVENTS):
        lake.remove(table, Key(SUBJECT))
    output = " ".join(invoke(lake, str(RECORD)).split())
    for sentence in (
        "no record_stays of this patient: no stays are shown", "no clinical_events of this patient: no events are",
        "no cleaned_numerics of this patient: no numerics are shown", "no waveform_quality of this patient: leads are",
    ):  # fmt: skip
        assert sentence in output


@pytest.mark.parametrize("width", [50, 80, 120, 200])
def test_no_line_is_wider_than_the_terminal(judged_lake: Lake, width: int) -> None:
    lines = invoke(judged_lake, str(RECORD), width=width).splitlines()
    assert max(len(line) for line in lines) <= width
    assert not any("…" in line for line in lines)


def test_the_picture_has_a_lane_for_each(judged_lake: Lake, tmp_path: Path) -> None:
    target = tmp_path / "new" / "record.png"
    invoke(judged_lake, str(RECORD), "--output", str(target))
    assert target.read_bytes().startswith(b"\x89PNG")
    coverage = gather_coverage(judged_lake, SUBJECT, RECORD)
    assert draw_record(coverage) == target.read_bytes()
    (axis,) = record_figure(coverage).axes
    words = [text.get_text() for text in axis.texts]
    names = ["segments", "II", "ABP", "Resp", "V", "heart rate", f"stay {STAY}", "hypotension"]
    assert [word for word in words if word in names] == names
    assert axis.get_xlim() == (0.0, pytest.approx(10.0, abs=1e-3))
    with pytest.raises(RequestError, match=r"ends in \.png"):
        invoke(judged_lake, str(RECORD), "--output", str(tmp_path / "record.svg"))


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (RECORD + 1, f"Did you mean {RECORD}"),
        (SUBJECT, f"It is a subject; the records of it are {RECORD}"),
        (STAY, f"It is an ICU stay; the records of it are {RECORD}"),
        (HADM, f"It is an admission; the records of it are {RECORD}"),
        (3, "SELECT DISTINCT record_id"),
    ],
)
def test_an_unknown_number_is_answered_with_what_was_meant(lake: Lake, number: int, said: str) -> None:
    with pytest.raises(RequestError, match=f"No record {number} in the lake") as error:
        invoke(lake, str(number))
    assert said in str(error.value)


def test_an_empty_lake_or_none_is_refused(tmp_path: Path) -> None:
    empty = Lake.open(str(tmp_path / "empty"))
    with pytest.raises(RequestError, match="holds no record yet"):
        invoke(empty, str(RECORD))
    result = CliRunner().invoke(app, ["record", str(RECORD), "--lake", str(tmp_path / "absent")])
    assert isinstance(result.exception, RequestError)
    assert not (tmp_path / "absent").exists()


def test_a_damaged_object_counts_as_absent_and_gives_no_traceback(lake: Lake) -> None:
    lake.root.put(f"cleaned_numerics/patient={SUBJECT}/data.parquet", b"PAR1 damaged PAR1")
    output = invoke(lake, str(RECORD))
    assert "no cleaned_numerics of this patient" in " ".join(output.split())


def test_help_teaches_where_records_come_from() -> None:
    output = CliRunner().invoke(app, ["record", "--help"], env={"COLUMNS": "100"}).stdout
    for words in ("SELECT DISTINCT record_id", "--output record.png", "share of usable tiles"):
        assert words in output


def test_ticks_of_the_last_bin_are_inside(lake: Lake) -> None:
    rows = (
        lake.read(CLEANED_NUMERICS, Key(SUBJECT))
        .head(1)
        .with_columns(pl.lit(10 * HOUR - 1, dtype=pl.Int64).alias("tick"))
    )
    lake.write(CLEANED_NUMERICS, Key(SUBJECT), Judged(rows, rejected_frame([])), "f")
    coverage = gather_coverage(lake, SUBJECT, RECORD)
    assert coverage.numerics["heart rate"][-1] == 1
    assert any(line.startswith("heart rate") for line in record_lines(coverage, 80))

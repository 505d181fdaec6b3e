"""What stands on a terminal of 80 columns, character by character; each case has a note on why it exists."""

from pathlib import Path

from mimic_assets.cli.record_coverage import gather_coverage
from mimic_assets.cli.record_text import record_lines
from mimic_assets.pictures import view_of
from mimic_assets.pictures.signal_lines import signal_lines
from mimic_assets_tests.unit.cli.ten_hour_record import RECORD, SUBJECT, make_record_lake
from mimic_assets_tests.waveform_windows import beat_rows, quality_rows, window_row

HERE = Path(__file__).parent


def expected(case: str) -> list[str]:
    return (HERE / case / "expected.txt").read_text(encoding="utf-8").splitlines()


def test_window_of_a_minute() -> None:
    view = view_of(window_row(), quality_rows(), beat_rows())
    assert view is not None
    assert signal_lines(view, 80) == expected("window_of_a_minute")


def test_record_of_ten_hours(tmp_path: Path) -> None:
    lake = make_record_lake(str(tmp_path / "lake"))
    assert record_lines(gather_coverage(lake, SUBJECT, RECORD), 80) == expected("record_of_ten_hours")

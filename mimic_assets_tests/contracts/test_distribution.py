"""The tables that deal test files to workers name what is there: a file that was renamed would go last, and alone."""

from pathlib import Path

from mimic_assets_tests.distribution import LONGEST, TOGETHER, TOGETHER_BY_FOLDER, dealt_as

TESTS = Path(__file__).parents[1]
FILES = {path.relative_to(TESTS).as_posix() for path in TESTS.rglob("test_*.py")}


def test_every_file_and_folder_of_the_tables_is_there() -> None:
    assert set(TOGETHER) <= FILES
    assert all((TESTS / folder).is_dir() for folder in TOGETHER_BY_FOLDER)
    assert set(LONGEST) <= {dealt_as(f"mimic_assets_tests/{file}") for file in FILES}


def test_files_are_dealt_by_fixture_by_folder_or_alone() -> None:
    assert dealt_as("mimic_assets_tests/defs/test_resume.py") == dealt_as("mimic_assets_tests/defs/test_full_disk.py")
    assert dealt_as("mimic_assets_tests/bad_input/test_patient_defects.py") == "bad_input"
    assert dealt_as("mimic_assets_tests/unit/test_settings.py") == "unit/test_settings.py"

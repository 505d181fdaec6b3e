"""Which inputs a core function is given as scans: those whose parameter takes one."""

import polars as pl

from mimic_assets import numerics
from mimic_assets.defs.derivation import FromTables
from mimic_assets.schemas.judged import Judged, JudgedParts, Rows
from mimic_assets.tasks import Task


def labels(
    task: Task,
    clinical_extract: Rows,
    record_stays: pl.DataFrame,
    cleaned_numerics: Rows,
    incomplete_tables: frozenset[str],
    *,
    raw_records: pl.DataFrame | None = None,
    waveform_quality: Rows | None = None,
) -> Judged | JudgedParts:
    raise NotImplementedError


def test_a_scan_is_for_who_takes_one_and_for_objects_of_one_patient() -> None:
    inputs = ("clinical_extract", "record_stays", "cleaned_numerics")
    derivation = FromTables(labels, inputs, True, True, waveform_inputs=("raw_records", "waveform_quality"))
    assert derivation.scanned == {"cleaned_numerics", "waveform_quality"}


def test_a_function_that_says_nothing_is_given_frames() -> None:
    assert FromTables(lambda *frames: frames[0], ("raw_numerics", "raw_records")).scanned == frozenset()


def test_cleaning_reads_its_cells_by_itself() -> None:
    assert FromTables(numerics.clean, ("raw_numerics", "raw_records")).scanned == {"raw_numerics"}

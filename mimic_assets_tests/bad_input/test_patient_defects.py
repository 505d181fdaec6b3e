"""One broken source, whole journeys: each defect is told, and what is not broken flows as if nothing were.

Belongs here: defects of records, lists and rows of clinical tables. Tables that did not arrive whole are in
`test_incomplete_tables`.
"""

import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from mimic_assets_tests.bad_input.clinical_breakage import ABSENT_RECORD, COPIED_FOLDER, UNLISTED_RECORD
from mimic_assets_tests.bad_input.conftest import CASES, BrokenWorld
from mimic_assets_tests.bad_input.record_case import SECRET, SECRET_TICK
from mimic_assets_tests.bad_input.source import (
    BACKWARDS_STAY,
    BYSTANDERS,
    CHARTED,
    CONTRADICTED_DEATH,
    CROWDED,
    DEAD_ON_ARRIVAL,
    DEAD_THE_DAY_BEFORE,
    ELSEWHERE,
    MISPLACED,
    NO_CLINICAL_ROWS,
)
from mimic_assets_tests.bad_input.world import World, travelled
from mimic_assets_tests.defs.journeys import assert_every_table_has_objects, objects_of

_PATIENT_TABLES = (
    "raw_records", "raw_numerics", "cleaned_numerics", "record_stays", "clinical_events", "clinical_labels",
    "windowed_samples",
)  # fmt: skip
_RECORDS_OF_WAVES = ("raw_records", "raw_numerics", "cleaned_numerics")
_Row = dict[str, Any]


def _assert_as_before(broken: World, sound: World, subject_id: int, *tables: str) -> None:
    """The rows of a subject in these tables are those of the sound run, and there are some."""
    for table in tables:
        before = sound.frame(table, subject_id)
        assert before.height, f"{table} shows nothing of {subject_id}"
        assert_frame_equal(broken.frame(table, subject_id), before)


def _one(found: list[_Row], **wanted: Any) -> _Row:
    rows = [row for row in found if all(row[name] == value for name, value in wanted.items())]
    assert len(rows) == 1, (wanted, [(row["file"], row["place"], row["rule"]) for row in found])
    assert rows[0]["message"].startswith("found ")
    assert ", expected " in rows[0]["message"]
    assert rows[0]["advice"].endswith(".")
    return rows[0]


def test_the_manifest_stands_and_nobody_is_quarantined(sound: World, broken: BrokenWorld) -> None:
    summary = broken.world.summary
    assert summary["manifest_stands"]
    assert summary["quarantined_patients"] == []
    assert summary["stopped_tables"] == []
    assert summary["patients"] == sound.summary["patients"] - 1  # the misplaced one
    assert broken.world.frame("training_manifest").height > 0


def test_the_summary_counts_what_was_refused(sound: World, broken: BrokenWorld) -> None:
    for world in (sound, broken.world):
        assert world.summary["rejected_inputs"] == len(world.rejected())
    told = [told for case in broken.records.values() for told in case.told]
    natural = sound.rejected()  # the generator has oddities of its own
    new = [row for row in broken.world.rejected() if row not in natural]
    assert len(new) > len(told) > 0
    assert {row["rule"] for row in new} >= {case.rule for case in told}


@pytest.mark.parametrize("record_id", CASES, ids=[case.name for case in CASES.values()])
def test_a_broken_record_is_told_and_flows_as_far_as_it_can(record_id: int, sound: World, broken: BrokenWorld) -> None:
    record, case = broken.world.source.record(record_id), broken.records[record_id]
    found = broken.world.rejected(f"file LIKE '%/{record_id}%'")
    for told in case.told:
        row = _one(found, table=told.table, rule=told.rule, file=record.path(told.ending), place=told.place)
        assert row["subject_id"] == CROWDED
        assert told.count in (None, row["defect_count"])
    if not case.told:  # a header may lack the admission: nothing to refuse, and nothing to invent
        assert broken.world.frame("raw_records", record_id=record_id)["hadm_id"].null_count() == 4
    before = sound.frame("raw_records", record_id=record_id)
    after = broken.world.frame("raw_records", record_id=record_id)
    assert before.height == 4
    assert_frame_equal(after.filter(case.signals), before.filter(case.signals))
    for table in ("raw_numerics", "cleaned_numerics"):
        before = sound.frame(table, record_id=record_id)
        after = broken.world.frame(table, record_id=record_id)
        assert before.height > 1000
        assert_frame_equal(after.filter(case.numerics), before.filter(case.numerics))
    for table in ("raw_records", "raw_numerics", "cleaned_numerics", "record_stays"):
        assert sound.frame(table, record_id=record_id).height
        is_lost = broken.world.frame(table, record_id=record_id).is_empty()
        assert is_lost == (table in case.lost), table


def _record_named(name: str) -> int:
    return next(record_id for record_id, case in CASES.items() if case.name == name)


@pytest.mark.parametrize(
    ("name", "flag", "share"),
    [
        ("numerics: unknown parameter", "unknown_parameter", "of a column"),
        ("numerics: unknown unit", "unknown_unit", "of a column"),
        ("numerics: text where a number belongs", "not_a_number", "one"),
        ("numerics: a NUL byte", "not_a_number", "one"),
        ("numerics: bytes that are no UTF-8", "not_a_number", "one"),
        ("numerics: ticks beyond the record", "outside_record", "of a line"),
        ("numerics: ticks duplicated", "repeat", "of a line"),
    ],
)
def test_broken_cells_are_kept_and_flagged_and_never_usable(
    name: str, flag: str, share: str, sound: World, broken: BrokenWorld
) -> None:
    record_id = _record_named(name)
    flagged = broken.world.frame("cleaned_numerics", record_id=record_id).filter(pl.col("flag") == flag)
    more = flagged.height - sound.frame("cleaned_numerics", record_id=record_id).filter(pl.col("flag") == flag).height
    assert (more == 1) if share == "one" else (more > 5)
    if flag == "not_a_number":
        raw = broken.world.frame("raw_numerics", record_id=record_id).filter(pl.col("value_text").is_not_null())
        assert raw["value"].null_count() == raw.height == 1


def test_the_record_that_is_not_broken_flows_beside_thirty_that_are(sound: World, broken: BrokenWorld) -> None:
    (own,) = set(sound.frame("raw_records", CROWDED)["record_id"]) - set(CASES)
    for table in (*_RECORDS_OF_WAVES, "record_stays"):
        assert_frame_equal(broken.world.frame(table, record_id=own), sound.frame(table, record_id=own))
    _assert_as_before(broken.world, sound, CROWDED, "clinical_extract")
    kept = ["stay_id", "index_time", "label", "exclusion"]
    before, after = (world.frame("clinical_labels", CROWDED).select(kept) for world in (sound, broken.world))
    assert before["label"].drop_nulls().len() > 50
    assert_frame_equal(after, before)  # labels do not hang on records


def test_objects_of_patients_with_nothing_broken_are_the_same_bytes(sound: World, broken: BrokenWorld) -> None:
    before, after = objects_of(sound.place.lake), objects_of(broken.world.place.lake)
    for subject_id in BYSTANDERS:
        own = [path for path in before if f"/patient={subject_id}/" in path]
        assert {path.split("/")[0] for path in own} == set(_PATIENT_TABLES)
        assert {path: after.get(path) for path in own} == {path: before[path] for path in own}
        assert [path for path in after if f"/patient={subject_id}/" in path] == own
        _assert_as_before(broken.world, sound, subject_id, "clinical_extract")  # its bucket holds others too


def test_no_message_repeats_what_a_patient_measured(broken: BrokenWorld) -> None:
    lake = broken.world.place.lake
    texts = ["\n".join(map(str, row.values())) for row in broken.world.rejected()]
    assert not [text for text in texts if SECRET in text or str(SECRET_TICK) in text]
    logs = [path for path in (lake / ".dagster").rglob("*") if path.is_file()]
    assert logs
    assert not [
        path for path in logs if SECRET.encode() in path.read_bytes() or str(SECRET_TICK).encode() in path.read_bytes()
    ]


def test_a_stay_that_ends_before_it_starts_has_no_label_and_no_window(sound: World, broken: BrokenWorld) -> None:
    (stay_id,) = set(sound.frame("record_stays", BACKWARDS_STAY)["stay_id"])
    found = broken.world.rejected(f"subject_id = {BACKWARDS_STAY}")
    place = f"stay_id {stay_id}"
    _one(found, table="clinical_extract", rule="stay_ends_before_start", file="icu/icustays.csv.gz", place=place)
    _one(found, table="record_stays", rule="record_without_stay", place="record line")
    assert sound.frame("clinical_labels", BACKWARDS_STAY)["label"].drop_nulls().len() > 10
    for table in ("record_stays", "clinical_labels", "windowed_samples"):
        assert broken.world.frame(table, BACKWARDS_STAY).is_empty()
    _assert_as_before(broken.world, sound, BACKWARDS_STAY, *_RECORDS_OF_WAVES)


@pytest.mark.parametrize(
    ("subject_id", "files"),
    [
        (DEAD_ON_ARRIVAL, ["hosp/admissions.csv.gz", "hosp/patients.csv.gz"]),
        (DEAD_THE_DAY_BEFORE, ["hosp/patients.csv.gz"]),
        (CONTRADICTED_DEATH, ["hosp/admissions.csv.gz"]),
    ],
    ids=["deathtime and dod", "dod alone", "deathtime alone"],
)
def test_a_death_before_admission_makes_no_label_of_that_stay(
    subject_id: int, files: list[str], sound: World, broken: BrokenWorld
) -> None:
    found = broken.world.rejected(f"subject_id = {subject_id} AND rule = 'death_before_admission'")
    (hadm_id,) = set(sound.frame("record_stays", subject_id)["hadm_id"])
    assert [(row["file"], row["place"]) for row in found] == [(file, f"hadm_id {hadm_id}") for file in files]
    _one(found[:1], table="clinical_extract")
    labels = broken.world.frame("clinical_labels", subject_id)
    assert sound.frame("clinical_labels", subject_id)["label"].drop_nulls().len() > 10
    assert labels.height == sound.frame("clinical_labels", subject_id).height
    assert labels["label"].null_count() == labels.height
    assert set(labels["exclusion"]) == {"invalid_stay"}
    assert broken.world.frame("windowed_samples", subject_id).is_empty()
    _assert_as_before(broken.world, sound, subject_id, *_RECORDS_OF_WAVES, "record_stays")


def test_a_record_without_a_stay_gives_no_window_and_changes_no_label(sound: World, broken: BrokenWorld) -> None:
    (header,) = broken.world.source.patient(ELSEWHERE).glob("*/????????.hea")
    file = header.relative_to(broken.world.source.waveforms).as_posix()
    found = broken.world.rejected(f"subject_id = {ELSEWHERE}")
    _one(found, table="record_stays", rule="record_without_stay", file=file, place="record line")
    _one(found, table="raw_records", rule="header_checksum_mismatch", file=file, place="file")
    assert sound.frame("record_stays", ELSEWHERE).height
    for table in ("record_stays", "windowed_samples"):
        assert broken.world.frame(table, ELSEWHERE).is_empty()
    labels = broken.world.frame("clinical_labels", ELSEWHERE)
    assert labels["record_id"].null_count() == labels.height
    kept = ["stay_id", "index_time", "label", "exclusion", "event_id", "care_limitation"]
    assert labels["label"].drop_nulls().len() > 10
    assert_frame_equal(labels.select(kept), sound.frame("clinical_labels", ELSEWHERE).select(kept))
    cells = ["source_row", "source_column", "tick", "value"]  # an hour a year later is the same numbers
    before, after = (world.frame("raw_numerics", ELSEWHERE).select(cells) for world in (sound, broken.world))
    assert_frame_equal(after, before)


def test_a_subject_without_clinical_rows_has_records_and_no_labels(sound: World, broken: BrokenWorld) -> None:
    found = broken.world.rejected(f"subject_id = {NO_CLINICAL_ROWS}")
    row = _one(found, table="record_stays", rule="subject_without_clinical_rows", place="comment subject_id")
    assert row["file"].endswith(".hea")
    for table in ("clinical_extract", "record_stays", "clinical_labels", "windowed_samples"):
        assert sound.frame(table, NO_CLINICAL_ROWS).height or table == "windowed_samples"
        assert broken.world.frame(table, NO_CLINICAL_ROWS).is_empty(), table
    monitored = broken.world.frame("clinical_events", NO_CLINICAL_ROWS)["sources"].explode().drop_nulls()
    assert monitored.str.starts_with("cleaned_numerics:").all()  # what the monitor saw needs no clinical row
    _assert_as_before(broken.world, sound, NO_CLINICAL_ROWS, *_RECORDS_OF_WAVES)


def test_broken_lines_of_chartevents_are_told_and_their_rows_not_used(sound: World, broken: BrokenWorld) -> None:
    lines = {what: f"line {number}" for what, number in broken.chart_lines.items()}
    found = broken.world.rejected("file = 'icu/chartevents.csv.gz'")
    anyone = [row for row in found if row["subject_id"] is None]
    told = {(row["rule"], row["place"], row["defect_count"]) for row in anyone}
    assert told == {("malformed_row", lines["long"], 1)}  # 1 MB without a comma: nobody knows whose
    own = [row for row in found if row["subject_id"] == CHARTED]
    number = _one(own, table="clinical_extract", rule="bad_value", place=f"{lines['text']}, column valuenum")
    assert number["defect_count"] == 2  # and the NUL byte
    _one(own, table="clinical_extract", rule="bad_value", place=f"{lines['time']}, column charttime")
    _one(own, table="clinical_extract", rule="malformed_row", place=lines["stray comma"])
    _one(own, table="clinical_extract", rule="malformed_row", place=lines["not UTF-8"])
    _one(own, table="clinical_extract", rule="unbalanced_quote", place=lines["quote"])
    assert len(found) == len(anyone) + 5
    before, after = sound.frame("clinical_extract", CHARTED), broken.world.frame("clinical_extract", CHARTED)
    charted = pl.col("source_table") == "chartevents"
    assert_frame_equal(after.filter(~charted), before.filter(~charted))
    lost = before.filter(charted)["value"].count() - after.filter(charted)["value"].count()
    assert (before.filter(charted).height - after.filter(charted).height, lost) == (3, 3 + 2)
    assert after.filter(charted)["start_time"].null_count() == 1
    _assert_as_before(broken.world, sound, CHARTED, *_RECORDS_OF_WAVES, "record_stays")


def test_lists_that_name_what_is_not_there_are_told(broken: BrokenWorld) -> None:
    lines = {what: f"line {number}" for what, number in broken.list_lines.items()}
    found = broken.world.rejected("\"table\" = 'raw_records'")
    _one(found, subject_id=None, rule="malformed_path", file="RECORDS", place=lines["misplaced"])
    _one(found, subject_id=None, rule="patient_folder_missing", file="RECORDS", place=lines["absent patient"])
    folder = f"waves/p142/p{CROWDED}"
    absent = _one(found, subject_id=CROWDED, rule="record_folder_missing", file=f"{folder}/RECORDS")
    assert absent["place"] == lines["absent record"]
    assert str(ABSENT_RECORD) in absent["message"]
    spaced = _one(found, subject_id=CROWDED, rule="malformed_path", place=lines["copied"])
    assert COPIED_FOLDER in spaced["message"]
    _one(found, subject_id=CROWDED, rule="unlisted_record", file=f"{folder}/{UNLISTED_RECORD}", place="folder")
    _one(found, subject_id=DEAD_THE_DAY_BEFORE, rule="unreadable_list")  # a link to itself; its record is read


def test_a_patient_below_the_folder_of_another_is_read_nowhere(broken: BrokenWorld) -> None:
    assert not [path for path in objects_of(broken.world.place.lake) if f"patient={MISPLACED}/" in path]
    assert (broken.world.source.waveforms / "waves" / "p196" / f"p{MISPLACED}").is_dir()


def test_what_is_listed_twice_is_read_once(sound: World, broken: BrokenWorld) -> None:
    records = broken.world.frame("raw_records")
    key = ["record_id", "segment_index", "signal_index"]
    assert records.select(key).is_unique().all()
    listed = (broken.world.source.patient(CROWDED) / "RECORDS").read_text().split()
    assert len(listed) > len(set(listed))
    assert broken.world.summary["patients"] == len(set(sound.frame("raw_records")["subject_id"])) - 1


def test_the_same_broken_source_gives_the_same_bytes_again(broken: BrokenWorld, tmp_path: Path) -> None:
    again = travelled(broken.world.place.source, tmp_path / "lake")
    objects = objects_of(broken.world.place.lake)
    assert_every_table_has_objects(objects)
    assert objects_of(again.place.lake) == objects


def test_repair_takes_the_rejections_away_and_leaves_the_unbroken_lake(
    sound: World, broken: BrokenWorld, tmp_path: Path
) -> None:
    shutil.copytree(broken.world.place.lake, tmp_path / "lake")
    shutil.copytree(sound.place.source, tmp_path / "source", copy_function=shutil.copyfile)
    repaired = travelled(tmp_path / "source", tmp_path / "lake")
    assert objects_of(repaired.place.lake) == objects_of(sound.place.lake)
    assert repaired.rejected() == sound.rejected()
    kept = {name: row["kept"] for name, row in repaired.summary["tables"].items()}
    assert all(kept[table] >= len(BYSTANDERS) for table in _PATIENT_TABLES)  # what was sound was not made again

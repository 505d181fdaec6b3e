"""What is not a patient's fault: a failing disk, a dying worker, a damaged object. Nothing good is lost to it."""

import os
import signal
import time
from pathlib import Path

import pytest

from mimic_assets.defs.crew import Crew
from mimic_assets.defs.derivation import FromTables
from mimic_assets.defs.making import Workshop
from mimic_assets.defs.outcomes import Outcome, Status
from mimic_assets.errors import RequestError
from mimic_assets.schemas.judged import Judged, rejected_frame
from mimic_assets.schemas.tables import (
    CLEANED_NUMERICS,
    RAW_NUMERICS,
    RAW_RECORDS,
    RECORD_STAYS,
    TABLES,
    TRAINING_MANIFEST,
    WINDOWED_SAMPLES,
)
from mimic_assets.sources.folder import FolderTree
from mimic_assets.storage.keys import Key, data_path
from mimic_assets.storage.lake import Lake
from mimic_assets.storage.parquet import footer_bytes
from mimic_assets_tests.defs.journeys import Place, objects_of, travel_in_process


def windows_of(place: Place) -> set[int | None]:
    return {key.partition for key in Lake.open(str(place.lake)).keys(WINDOWED_SAMPLES)}


def test_a_source_that_cannot_be_read_now_blocks_the_key_and_leaves_what_stands(
    copy_of_finished: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = objects_of(copy_of_finished.lake)
    original, victim = FolderTree.sha256, min(windows_of(copy_of_finished) - {None}, key=str)

    def failing(tree: FolderTree, path: str) -> str:
        if f"p{victim}/" in path:
            raise OSError(5, "Input/output error")
        return original(tree, path)

    monkeypatch.setattr(FolderTree, "sha256", failing)
    journey = travel_in_process(copy_of_finished.settings())
    outcome = next(o for o in journey.outcomes["raw_numerics"] if o.key == str(victim))
    assert outcome.status is Status.BLOCKED
    assert "OSError" in outcome.reasons[0]
    assert journey.quarantined == []
    assert objects_of(copy_of_finished.lake) == before


def test_a_lake_that_cannot_be_read_stops_the_run_and_takes_nothing_away(
    copy_of_finished: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = objects_of(copy_of_finished.lake)

    def refuse(*_: object, **__: object) -> None:
        raise RequestError("Reading from the lake failed.")

    monkeypatch.setattr(Lake, "read", refuse)
    settings = copy_of_finished.settings()
    workshop = Workshop(settings)
    key = next(key for key in workshop.lake.keys(CLEANED_NUMERICS))
    derivation = FromTables(lambda *_: None, ("raw_numerics", "raw_records"))
    monkeypatch.setattr("mimic_assets.defs.making.fingerprint", lambda *_: "another code")
    with pytest.raises(RequestError):
        workshop.make(CLEANED_NUMERICS, derivation, str(key.partition))
    assert objects_of(copy_of_finished.lake) == before


def refuses_one_and_is_slow_with_others(workshop: Workshop, name: str) -> str:
    if name == "refused":
        raise RequestError("refused")
    time.sleep(1)
    (workshop.home / name).touch()
    return name


def test_no_worker_goes_on_when_one_has_refused(copy_of_finished: Place) -> None:
    """The lock of the lake is free as soon as the error is out: whoever takes it must be alone."""
    settings = copy_of_finished.settings(workers=2)
    workshop = Workshop(settings)
    crew = Crew(settings, workshop)
    with pytest.raises(RequestError, match="refused"):
        list(crew.work(refuses_one_and_is_slow_with_others, ["refused", "begun", "b", "c"], str))
    written = {name for name in ("begun", "b", "c") if (workshop.home / name).exists()}
    assert "begun" in written
    time.sleep(3)
    assert {name for name in ("begun", "b", "c") if (workshop.home / name).exists()} == written


def test_a_quarantined_key_takes_everything_made_from_it_away(copy_of_finished: Place) -> None:
    """Also where the batch is stopped before the later tables are visited: no old windows for a manifest."""
    workshop = Workshop(copy_of_finished.settings())
    victim = next(key.partition for key in workshop.lake.keys(WINDOWED_SAMPLES))

    def broken(*_: object) -> Judged:
        raise ValueError("its values stay out of the reason")

    derivation = FromTables(broken, ("raw_numerics", "raw_records"))
    workshop.lake.remove(CLEANED_NUMERICS, Key(victim))  # otherwise its fingerprint keeps it
    outcome = workshop.make(CLEANED_NUMERICS, derivation, str(victim))
    assert (outcome.status, outcome.reasons) == (Status.QUARANTINED, ["unexpected ValueError"])
    standing = {
        name for name, table in TABLES.items() if victim in {key.partition for key in workshop.lake.keys(table)}
    }
    assert standing == {"raw_records", "raw_numerics"}


def test_a_damaged_object_is_made_anew_and_never_blamed_on_the_patient(copy_of_finished: Place) -> None:
    before = objects_of(copy_of_finished.lake)
    lake = Lake.open(str(copy_of_finished.lake))
    victim = next(key for key in lake.keys(RAW_NUMERICS))
    file = copy_of_finished.lake / data_path(RAW_NUMERICS, victim)
    content = bytearray(file.read_bytes())
    content[100 : len(content) // 2] = bytes(len(content) // 2 - 100)
    file.write_bytes(content)
    lake.remove(CLEANED_NUMERICS, victim)  # so that the damaged rows are asked for
    first = travel_in_process(copy_of_finished.settings())
    assert first.quarantined == []
    assert any("damaged" in reason for o in first.outcomes["cleaned_numerics"] for reason in o.reasons)
    second = travel_in_process(copy_of_finished.settings())
    assert all(o.is_stored for outcomes in second.outcomes.values() for o in outcomes)
    assert objects_of(copy_of_finished.lake) == before


def test_an_object_with_a_damaged_footer_is_made_anew(copy_of_finished: Place) -> None:
    before = objects_of(copy_of_finished.lake)
    lake = Lake.open(str(copy_of_finished.lake))
    for table in (RAW_RECORDS, WINDOWED_SAMPLES, TRAINING_MANIFEST):
        file = copy_of_finished.lake / data_path(table, next(iter(lake.keys(table))))
        whole = file.read_bytes()
        start = len(whole) - footer_bytes(whole)
        file.write_bytes(whole[:start] + bytes(200) + whole[start + 200 :])
    assert travel_in_process(copy_of_finished.settings()).has_manifest
    assert objects_of(copy_of_finished.lake) == before


def stays_of_nobody(*_: object) -> Judged:
    return Judged(RECORD_STAYS.empty(), rejected_frame([]))


def dies_for_one(*frames: object) -> Judged:
    import polars as pl

    records = frames[0]
    assert isinstance(records, pl.DataFrame)
    if int(records["subject_id"][0]) == int(os.environ["VICTIM_OF_THE_TEST"]):
        os.kill(os.getpid(), signal.SIGKILL)
    return stays_of_nobody()


def test_a_worker_that_dies_blocks_its_key_and_the_others_are_made(
    copy_of_finished: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = copy_of_finished.settings(workers=2)
    workshop = Workshop(settings)
    keys = [str(key.partition) for key in workshop.lake.keys(TABLES["raw_records"])]
    for key in keys:
        workshop.lake.remove(RECORD_STAYS, Key(int(key)))
    monkeypatch.setenv("VICTIM_OF_THE_TEST", keys[1])
    crew = Crew(settings, workshop)
    try:
        derivation = FromTables(dies_for_one, ("raw_records", "clinical_extract"))
        outcomes: list[Outcome] = list(crew.make("record_stays", derivation, keys))
    finally:
        crew.close()
    assert [o.key for o in outcomes] == keys
    assert [key for key, o in zip(keys, outcomes, strict=True) if o.status is Status.BLOCKED] == [keys[1]]
    # whoever was made while the worker died may be found made when it is asked for again
    assert all(o.is_stored for o in outcomes if o.key != keys[1])
    assert [str(key.partition) for key in workshop.lake.keys(RECORD_STAYS)] == [k for k in keys if k != keys[1]]


def test_a_lake_cut_into_other_buckets_is_not_asked_for_patients(copy_of_finished: Place) -> None:
    """The bucket with the new number exists, but holds others: the patient must not lose stays and labels silently."""
    workshop = Workshop(copy_of_finished.settings(buckets=3))
    key = next(key for key in workshop.lake.keys(RECORD_STAYS))
    outcome = workshop.make(
        RECORD_STAYS, FromTables(stays_of_nobody, ("raw_records", "clinical_extract")), str(key.partition)
    )
    assert outcome.status is Status.BLOCKED
    assert "cut into 4 buckets, the settings say 3" in outcome.reasons[0]


def test_a_mistyped_lake_is_refused_by_sql_and_not_made(tmp_path: Path) -> None:
    from mimic_assets.cli.sql import sql

    with pytest.raises(RequestError):
        sql("SELECT 1", lake=str(tmp_path / "typo"))
    assert not (tmp_path / "typo").exists()

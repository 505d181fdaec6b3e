"""Reviewers' decisions and event definitions through the assets: applied, kept, redone for whom they concern."""

from pathlib import Path

import polars as pl
import pytest

from mimic_assets.cli.journey import check_request
from mimic_assets.defs.outcomes import Status
from mimic_assets.errors import RequestError
from mimic_assets.events import read_adjudications
from mimic_assets.schemas.tables import CLINICAL_EVENTS, CLINICAL_EXTRACT, CLINICAL_LABELS
from mimic_assets.storage.lake import Lake
from mimic_assets_tests.defs.journeys import Place, Travelled, objects_of, run_command, travel_in_process

OWN = """
name = "warm"
title = "Warm"
reason = "A definition of a user's own, over an item that no shipped one reads."
merge_window_s = 3600

[[rules]]
name = "warm_charted"
version = 1
tier = "B"
time = "charted_minute"
table = "inputevents"
items = [225158]
source = "d_items: NaCl 0.9%"
"""


def ledger(place: Place) -> pl.DataFrame:
    return Lake.open(str(place.lake)).scan(CLINICAL_EVENTS).collect()


def decisions(folder: Path, *lines: str) -> str:
    path = folder / "review.csv"
    path.write_text("event_id,subject_id,decision,new_event_time\n" + "\n".join(lines) + "\n")
    return str(path)


def test_a_rejected_event_makes_no_positive_and_only_its_patient_is_made_again(
    copy_of_finished: Place, tmp_path: Path
) -> None:
    place = copy_of_finished
    labels = Lake.open(str(place.lake)).scan(CLINICAL_LABELS).filter("label").collect()
    event_id, subject_id = labels.select("event_id", "subject_id").row(0)
    file = decisions(tmp_path, f"{event_id},{subject_id},reject,")
    journey = travel_in_process(place.settings(adjudications=file))
    for table in ("clinical_events", "clinical_labels", "windowed_samples"):
        assert {o.key for o in journey.outcomes[table] if o.status is Status.MADE} == {str(subject_id)}
    assert ledger(place).filter(event_id=event_id)["adjudication"].to_list() == ["rejected"]
    after = Lake.open(str(place.lake)).scan(CLINICAL_LABELS).collect()
    assert after.filter(pl.col("event_id") == event_id).is_empty()
    assert after.filter("label").height < labels.height
    # a ledger made from nothing has it again, and the lake is the same
    before = objects_of(place.lake)
    for path in (place.lake / "clinical_events").rglob("data.parquet"):
        path.unlink()
    travel_in_process(place.settings(adjudications=file))
    assert objects_of(place.lake) == before
    # no run loses it without a word; a file that is empty says that it is gone
    with pytest.raises(RequestError, match="holds 1 decision"):
        travel_in_process(place.settings())
    assert objects_of(place.lake) == before
    travel_in_process(place.settings(adjudications=decisions(tmp_path)))
    assert ledger(place)["adjudication"].null_count() == ledger(place).height


def test_a_decision_about_an_event_that_is_gone_is_a_row_of_rejected_inputs(
    copy_of_finished: Place, finished: Travelled, tmp_path: Path
) -> None:
    place = copy_of_finished
    subject_id = finished.journey.patients[0]
    travel_in_process(place.settings(adjudications=decisions(tmp_path, f"ev_0000000000000000,{subject_id},accept,")))
    rejected = Lake.open(str(place.lake)).scan_rejected().collect()
    assert rejected.filter(rule="adjudication_without_event")["subject_id"].to_list() == [int(subject_id)]


def test_a_file_of_decisions_that_is_not_there_is_a_wrong_request(copy_of_finished: Place) -> None:
    with pytest.raises(RequestError, match="cannot be read"):
        travel_in_process(copy_of_finished.settings(adjudications="nowhere.csv"))


def test_the_worklist_goes_out_and_comes_back(copy_of_finished: Place, tmp_path: Path) -> None:
    out = tmp_path / "worklist.csv"
    finished = run_command("events", "review", "--lake", str(copy_of_finished.lake), "--output", str(out))
    assert finished.returncode == 0
    listed = pl.read_csv(out, infer_schema=False)
    assert listed.height > 0
    assert listed["decision"].null_count() == listed.height
    shown = run_command("events", "show", listed["event_id"][0], "--lake", str(copy_of_finished.lake))
    assert shown.returncode == 0
    assert "speaks for it" in shown.stdout
    assert "began in" in shown.stdout
    # what was decided comes back with the next list, and a list is never written over
    chosen = listed.filter(pl.col("lower_time").is_not_null()).row(0, named=True)
    line = f"{chosen['event_id']},{chosen['subject_id']},retime,{chosen['lower_time']}"
    travel_in_process(copy_of_finished.settings(adjudications=decisions(tmp_path, line)))
    decided = run_command("events", "show", chosen["event_id"], "--lake", str(copy_of_finished.lake))
    assert "event_adjudications:1  decision retime" in decided.stdout
    again = tmp_path / "lists" / "again.csv"
    review = ("events", "review", "--lake", str(copy_of_finished.lake), "--output")
    assert run_command(*review, str(again)).returncode == 0
    told = pl.read_csv(again, infer_schema=False).filter(pl.col("decision").is_not_null())
    assert told.select("event_id", "decision", "reasons").rows() == [(chosen["event_id"], "retime", "reviewed")]
    read = read_adjudications(again.read_bytes(), "again.csv")
    assert read.rejected.is_empty()
    assert str(read.frame["new_event_time"][0])[:19] == chosen["lower_time"][:19]
    refused = run_command(*review, str(again))
    assert (refused.returncode, "exists already" in refused.stderr) == (2, True)
    blocked = run_command(*review, str(again / "below.csv"))
    assert (blocked.returncode, "Cannot write" in blocked.stderr) == (2, True)
    assert list(again.parent.iterdir()) == [again]
    absent = run_command("events", "show", "ev_0", "--lake", str(copy_of_finished.lake))
    assert (absent.returncode, "holds no event" in absent.stderr) == (2, True)


def test_a_definition_of_ones_own_brings_its_rows_and_its_events(copy_of_finished: Place, tmp_path: Path) -> None:
    place = copy_of_finished
    (tmp_path / "warm.toml").write_text(OWN)
    travel_in_process(place.settings(events=(str(tmp_path / "warm.toml"),)))
    warm = ledger(place).filter(event="warm")
    assert warm.height > 0
    items = Lake.open(str(place.lake)).scan(CLINICAL_EXTRACT).filter(pl.col("item_id") == 225158).collect()
    assert {source for sources in warm["sources"] for source in sources} <= {
        f"inputevents:{row}" for row in items["source_row"]
    }


def test_an_item_that_no_dictionary_knows_stops_the_request(copy_of_finished: Place, tmp_path: Path) -> None:
    (tmp_path / "warm.toml").write_text(OWN.replace("225158", "225159"))
    with pytest.raises(RequestError, match=r"item 225159 of inputevents is in no dictionary; did you mean .*225158"):
        check_request(copy_of_finished.settings(events=(str(tmp_path / "warm.toml"),)))

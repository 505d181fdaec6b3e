"""Clinical tables that did not arrive whole, whole journeys: the absence of evidence never becomes a negative."""

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from mimic_assets_tests.bad_input.conftest import copy_of
from mimic_assets_tests.bad_input.source import Source
from mimic_assets_tests.bad_input.world import World, travelled
from mimic_assets_tests.defs.journeys import objects_of

_UNTOUCHED = ("raw_records", "raw_numerics", "cleaned_numerics", "record_stays")


@pytest.fixture(scope="module")
def cut_admissions(sound: World, tmp_path_factory: pytest.TempPathFactory) -> World:
    """Admissions cut in the middle and chartevents of 0 bytes, over the finished sound lake."""
    source, lake = copy_of(sound, tmp_path_factory.mktemp("admissions"))
    _cut(Source(source).clinical("hosp/admissions"))
    Source(source).clinical("icu/chartevents").write_bytes(b"")
    return travelled(source, lake)


@pytest.fixture(scope="module")
def cut_chartevents(sound: World, tmp_path_factory: pytest.TempPathFactory) -> World:
    """Chartevents cut in the middle, an empty gzip, a heading line alone and a missing table, over the sound lake."""
    source, lake = copy_of(sound, tmp_path_factory.mktemp("chartevents"))
    tables = Source(source)
    _cut(tables.clinical("icu/chartevents"))
    tables.clinical("hosp/labevents").write_bytes(gzip.compress(b""))
    heading = gzip.decompress(tables.clinical("icu/inputevents").read_bytes()).split(b"\n")[0]
    tables.clinical("icu/inputevents").write_bytes(gzip.compress(heading + b"\n"))
    tables.clinical("icu/procedureevents").unlink()
    return travelled(source, lake)


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _whole_lines(path: Path) -> Iterator[str]:
    text = zlib.decompressobj(31).decompress(path.read_bytes()).decode()
    yield from text.split("\n")[1:-1]


def _assert_told(world: World, rule: str, file: str) -> None:
    found = world.rejected(f"file = '{file}' AND subject_id IS NULL")
    assert {(row["table"], row["rule"], row["place"]) for row in found} == {("clinical_extract", rule, "whole file")}
    assert len(found) == 1  # stored beside every bucket, because whoever reads one must know, and told once
    assert found[0]["message"].startswith("found ")
    assert found[0]["advice"].endswith(".")


@pytest.mark.parametrize("name", ["cut_admissions", "cut_chartevents"])
def test_the_manifest_stands_and_the_records_are_not_made_again(
    name: str, sound: World, request: pytest.FixtureRequest
) -> None:
    world: World = request.getfixturevalue(name)
    assert world.summary["manifest_stands"]
    assert world.summary["quarantined_patients"] == []
    assert world.summary["rejected_inputs"] == len(world.rejected()) > sound.summary["rejected_inputs"]
    before, after = objects_of(sound.place.lake), objects_of(world.place.lake)
    own = [path for path in before if path.split("/")[0] in _UNTOUCHED[:3]]
    assert own
    assert {path: after.get(path) for path in own} == {path: before[path] for path in own}
    assert_frame_equal(world.frame("record_stays"), sound.frame("record_stays"))


def test_a_truncated_admissions_and_an_empty_chartevents_are_told(cut_admissions: World) -> None:
    _assert_told(cut_admissions, "truncated_gzip", "hosp/admissions.csv.gz")
    _assert_told(cut_admissions, "empty_file", "icu/chartevents.csv.gz")


def test_without_whole_admissions_nobody_is_a_negative(sound: World, cut_admissions: World) -> None:
    key = ["subject_id", "stay_id", "index_time"]
    before = sound.frame("clinical_labels").select(*key, was="label")
    labels = cut_admissions.frame("clinical_labels").join(before, on=key, how="full", coalesce=True)
    assert labels.height == before.height
    assert before.filter(~pl.col("was")).height > 100
    assert labels.filter(~pl.col("label")).is_empty()
    negatives = labels.filter(~pl.col("was"))
    assert set(negatives["exclusion"]) == {"source_incomplete"}
    positives = labels.filter(pl.col("label"))
    assert positives["was"].all()  # a death that is there stays one; none is invented
    assert cut_admissions.frame("windowed_samples").filter(~pl.col("label")).is_empty()
    assert cut_admissions.frame("training_manifest").filter(~pl.col("label")).is_empty()


def test_the_admissions_before_the_cut_are_used(sound: World, cut_admissions: World) -> None:
    kept = {int(line.split(",")[1]) for line in _whole_lines(cut_admissions.source.clinical("hosp/admissions"))}
    rows = pl.col("source_table") == "admissions"
    before, after = (world.frame("clinical_extract").filter(rows) for world in (sound, cut_admissions))
    assert 0 < len(kept) < before.height
    assert_frame_equal(
        after.drop("source_row"), before.filter(pl.col("hadm_id").is_in(sorted(kept))).drop("source_row")
    )
    others = ~pl.col("source_table").is_in(["admissions", "chartevents"])
    before, after = (world.frame("clinical_extract").filter(others) for world in (sound, cut_admissions))
    assert_frame_equal(after, before)


def test_a_truncated_chartevents_and_absent_tables_are_told(cut_chartevents: World) -> None:
    _assert_told(cut_chartevents, "truncated_gzip", "icu/chartevents.csv.gz")
    _assert_told(cut_chartevents, "empty_file", "hosp/labevents.csv.gz")
    _assert_told(cut_chartevents, "missing_table", "icu/procedureevents.csv.gz")
    assert cut_chartevents.rejected("file = 'icu/inputevents.csv.gz'") == []  # a heading line alone: nothing happened


def test_the_chartevents_before_the_cut_are_used(sound: World, cut_chartevents: World) -> None:
    charted = pl.col("source_table") == "chartevents"
    columns = ["subject_id", "start_time", "item_id"]
    before, after = (
        world.frame("clinical_extract").filter(charted).select(columns).sort(columns)
        for world in (sound, cut_chartevents)
    )
    heading = gzip.decompress(sound.source.clinical("icu/chartevents").read_bytes()).split(b"\n")[0]
    names = heading.decode().split(",")
    places = [names.index(name) for name in ("subject_id", "charttime", "itemid")]
    kept = [
        [line.split(",")[p] for p in places]
        for line in _whole_lines(cut_chartevents.source.clinical("icu/chartevents"))
    ]
    whole = pl.DataFrame(kept, schema=["subject_id", "start_time", "item_id"], orient="row").select(
        pl.col("subject_id").cast(pl.Int64),
        pl.col("start_time").str.to_datetime(time_unit="us"),
        pl.col("item_id").cast(pl.Int64),
    )
    wanted = whole.filter(pl.col("item_id").is_in(before["item_id"].unique().to_list())).sort(columns)
    assert 0 < wanted.height < before.height
    assert_frame_equal(after, wanted)


def test_labels_of_death_stand_without_the_chart_but_care_is_no_longer_known(
    sound: World, cut_chartevents: World
) -> None:
    kept = ["subject_id", "stay_id", "index_time", "label", "exclusion"]
    before, after = (world.frame("clinical_labels") for world in (sound, cut_chartevents))
    assert_frame_equal(
        after.select(kept), before.select(kept)
    )  # deaths are in admissions and patients, and these are whole
    changed = after.filter(after["care_limitation"] != before["care_limitation"])
    assert set(changed["care_limitation"]) <= {"unknown"}
    assert "none" not in set(after["care_limitation"])  # nobody is full code for want of a statement


def test_whole_tables_again_give_the_sound_lake(sound: World, cut_chartevents: World, tmp_path: Path) -> None:
    _, lake = copy_of(cut_chartevents, tmp_path)
    repaired = travelled(sound.place.source, lake)
    assert objects_of(lake) == objects_of(sound.place.lake)
    assert repaired.rejected() == sound.rejected()

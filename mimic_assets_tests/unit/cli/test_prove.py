"""`prove` on lakes whose manifest, statistics, labels or objects were changed afterwards: each claim fails alone."""

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner

from mimic_assets import manifest
from mimic_assets.cli.app import app
from mimic_assets.cli.claims import Claim
from mimic_assets.cli.split_claims import contents, isolation, normalisation, selection
from mimic_assets.errors import RequestError
from mimic_assets.manifest import build_manifest, fit_normalisation, select
from mimic_assets.manifest import manifest as building
from mimic_assets.manifest import normalisation as fitting
from mimic_assets.schemas.judged import Judged, rejected_frame
from mimic_assets.schemas.model import Table
from mimic_assets.schemas.tables import (
    CLINICAL_LABELS,
    TRAINING_MANIFEST,
    TRAINING_NORMALISATION,
    WINDOWED_SAMPLES,
)
from mimic_assets.settings import S3Settings
from mimic_assets.storage.keys import Key, shard_path
from mimic_assets.storage.lake import Lake
from mimic_assets.tasks import Task
from mimic_assets_tests.unit.cli.small_lake import SUBJECT, TASK, make_lake
from mimic_assets_tests.unit.manifest.window_frames import random_rows, small_task, stream

SUBJECTS = range(1, 16)
OF = small_task()
PLACE = Key(task=OF.name)


def quiet(_what: str, _done: int, _of: int) -> None:
    """Progress nobody looks at."""


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """Fifteen subjects in three splits with statistics, manifest and shards."""
    lake = Lake.open(str(tmp_path / "lake"), S3Settings())
    frames = {subject: random_rows(OF, subject, 6, seed=3) for subject in SUBJECTS}
    for subject, frame in frames.items():
        lake.write(WINDOWED_SAMPLES, Key(subject, OF.name), Judged(frame, rejected_frame([])), "f")
    fitted = fit_normalisation(OF, stream(frames))
    lake.write(TRAINING_NORMALISATION, PLACE, fitted, "f")
    with tempfile.TemporaryDirectory() as spool:
        built = build_manifest(OF, fitted.frame, stream(frames), Path(spool), "c" * 64)
        for name, path in built.shards:
            lake.put_file(shard_path(TRAINING_MANIFEST, PLACE, name), path)
        lake.write(TRAINING_MANIFEST, PLACE, built.manifest, "f")
    return lake


def change(lake: Lake, table: Table, key: Key, edit: Callable[[pl.DataFrame], pl.DataFrame]) -> None:
    """Store a table's object again, changed."""
    rows = edit(lake.read(table, key)).select(pl.col(name).cast(dtype) for name, dtype in table.schema.items())
    lake.write(table, key, Judged(rows, rejected_frame([])), "changed")


def by_name(claims: list[Claim]) -> dict[str, Claim]:
    """Return claims by name."""
    return {claim.name: claim for claim in claims}


def test_a_sound_manifest_holds(lake: Lake) -> None:
    found = by_name(isolation(lake, OF))
    assert (found["one_split"].checked, found["one_split"].failed) == (15, 0)
    assert found["one_shard_split"].checked == len(lake.list_files(f"training_manifest/task={OF.name}/shards"))
    assert found["one_shard_split"].failed == 0
    fitted = normalisation(lake, OF, quiet)
    assert (fitted.checked, fitted.failed) == (len(OF.numerics.parameters), 0)


def test_a_subject_moved_to_another_split_is_found_in_both_claims(lake: Lake) -> None:
    first = lake.read(TRAINING_MANIFEST, PLACE).filter(pl.col("split") == "train").row(0, named=True)
    other = pl.when(pl.col("sample_id") == first["sample_id"]).then(pl.lit("held_out")).otherwise("split")
    change(lake, TRAINING_MANIFEST, PLACE, lambda rows: rows.with_columns(split=other))
    found = by_name(isolation(lake, OF))
    assert found["one_split"].failures == [str(first["subject_id"])]
    assert found["one_shard_split"].failures == [first["shard"]]


def test_a_shard_that_says_another_split_or_is_gone_is_found(lake: Lake) -> None:
    rows = lake.read(TRAINING_MANIFEST, PLACE)
    train, held_out = (rows.filter(pl.col("split") == split)["shard"][0] for split in ("train", "held_out"))
    path = Path(lake.root.uri.removeprefix("file://"))
    (path / held_out).write_bytes((path / train).read_bytes())
    assert by_name(isolation(lake, OF))["one_shard_split"].failures == [held_out]
    (path / train).unlink()
    assert set(by_name(isolation(lake, OF))["one_shard_split"].failures) == {held_out, train}


def test_statistics_that_were_changed_are_found_by_parameter(lake: Lake) -> None:
    edit = pl.when(pl.col("parameter") == "spo2").then(pl.col("median") + 0.25).otherwise("median")
    change(lake, TRAINING_NORMALISATION, PLACE, lambda rows: rows.with_columns(median=edit))
    assert normalisation(lake, OF, quiet).failures == ["spo2"]


def test_statistics_of_every_split_are_found(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    """The stage forgets to keep to train, in the lake's statistics and still when it is asked to prove them."""

    def whole(windows: Any, selected: pl.DataFrame) -> Any:
        for _, frame in windows():
            yield frame

    frames = {subject: lake.read(WINDOWED_SAMPLES, Key(subject, OF.name)) for subject in SUBJECTS}
    monkeypatch.setattr(fitting, "selected_windows", whole)
    lake.write(TRAINING_NORMALISATION, PLACE, fit_normalisation(OF, stream(frames)), "leaky")
    assert normalisation(lake, OF, quiet).failed == len(OF.numerics.parameters)
    monkeypatch.undo()
    assert normalisation(lake, OF, quiet).failed == len(OF.numerics.parameters)


def test_a_selection_that_looks_at_held_out_labels_is_found(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    """Controls of train are drawn by the positives of every split: no held-out value enters, and yet it leaks."""
    sound = fitting.select

    def select(candidates: pl.DataFrame, splits: pl.DataFrame, task: Task) -> pl.DataFrame:
        chosen = sound(candidates, splits, task)
        positives = int(candidates["label"].sum())
        return chosen.filter(pl.col("label") | (pl.int_range(pl.len()) < positives))

    frames = {subject: lake.read(WINDOWED_SAMPLES, Key(subject, OF.name)) for subject in SUBJECTS}
    monkeypatch.setattr(fitting, "select", select)
    lake.write(TRAINING_NORMALISATION, PLACE, fit_normalisation(OF, stream(frames)), "leaky")
    assert normalisation(lake, OF, quiet).failed > 0


def test_a_split_that_is_not_the_seeds_is_found(lake: Lake) -> None:
    """Whole subjects moved: nobody is in two splits, and yet the held-out set was chosen by something else."""
    rows = lake.read(TRAINING_MANIFEST, PLACE)
    subject = rows.filter(pl.col("split") == "tuning")["subject_id"][0]
    moved = pl.when(pl.col("subject_id") == subject).then(pl.lit("train")).otherwise("split")
    change(lake, TRAINING_MANIFEST, PLACE, lambda rows: rows.with_columns(split=moved))
    found = by_name(isolation(lake, OF))
    assert found["one_split"].failed == 0
    assert found["own_split"].failures == [str(subject)]
    change(lake, TRAINING_MANIFEST, PLACE, lambda rows: rows.with_columns(is_split_provisional=pl.lit(True)))
    assert by_name(isolation(lake, OF))["own_split"].checked == 0


def test_a_recording_under_two_subjects_of_two_splits_is_found(lake: Lake) -> None:
    rows = lake.read(TRAINING_MANIFEST, PLACE)
    one, other = (rows.filter(pl.col("split") == split).row(0, named=True) for split in ("train", "held_out"))
    copy = pl.when(pl.col("sample_id") == other["sample_id"]).then(pl.lit(one["sha256"])).otherwise("sha256")
    change(lake, TRAINING_MANIFEST, PLACE, lambda rows: rows.with_columns(sha256=copy))
    found = by_name(isolation(lake, OF))
    assert found["own_bytes"].failures == sorted([one["sample_id"], other["sample_id"]])
    assert all(claim.failed == 0 for name, claim in found.items() if name != "own_bytes")


def _build_again(lake: Lake, choose: Callable[..., pl.DataFrame], monkeypatch: pytest.MonkeyPatch) -> None:
    """Store manifest and shards anew, made with another choice of samples."""
    frames = {subject: lake.read(WINDOWED_SAMPLES, Key(subject, OF.name)) for subject in SUBJECTS}
    monkeypatch.setattr(building, "select", choose)
    with tempfile.TemporaryDirectory() as spool:
        fitted = fit_normalisation(OF, stream(frames))
        built = build_manifest(OF, fitted.frame, stream(frames), Path(spool), "c" * 64)
        for name, path in built.shards:
            lake.put_file(shard_path(TRAINING_MANIFEST, PLACE, name), path)
        lake.write(TRAINING_MANIFEST, PLACE, built.manifest, "leaky")


def _controls_for_every_positive(candidates: pl.DataFrame, splits: pl.DataFrame, task: Task) -> pl.DataFrame:
    """Train takes as many controls as there are positives in all splits."""
    chosen, positives = select(candidates, splits, task), int(candidates["label"].sum())
    place = pl.int_range(pl.len()).over("split", "label")
    return chosen.filter(pl.col("label") | (pl.col("split") != "train") | (place < positives))


def _weights_of_everybody(candidates: pl.DataFrame, splits: pl.DataFrame, task: Task) -> pl.DataFrame:
    """Train negatives stand for the negatives of every split."""
    chosen, negatives = select(candidates, splits, task), int((~candidates["label"]).sum())
    is_train_negative = (pl.col("split") == "train") & ~pl.col("label")
    return chosen.with_columns(weight=pl.when(is_train_negative).then(float(negatives)).otherwise("weight"))


@pytest.mark.parametrize("leaky", [_controls_for_every_positive, _weights_of_everybody])
def test_train_samples_and_weights_that_look_at_held_out_labels_are_found(
    lake: Lake, leaky: Callable[..., pl.DataFrame], monkeypatch: pytest.MonkeyPatch
) -> None:
    sound = selection(lake, OF, quiet)
    assert sound.checked > 0
    assert sound.failed == 0
    _build_again(lake, leaky, monkeypatch)
    assert selection(lake, OF, quiet).failed > 0
    monkeypatch.setattr(manifest, "select", leaky)  # and still in the code
    assert selection(lake, OF, quiet).failed > 0


def test_bytes_that_are_not_the_windows_are_found_by_sample(lake: Lake) -> None:
    sound = contents(lake, OF, None, quiet)
    rows = lake.read(TRAINING_MANIFEST, PLACE)
    assert (sound.checked, sound.failed) == (rows.height, 0)
    assert contents(lake, OF, 5, quiet).checked == 5
    row = rows.row(0, named=True)
    key = Key(row["subject_id"], OF.name)
    is_it = pl.col("sample_id") == row["sample_id"]
    for column, value in {
        "label": ~pl.col("label"),
        "cell_values": pl.col("cell_values").list.eval(pl.element() + 1),
        "cell_ages_s": pl.col("cell_ages_s").list.eval(pl.element() + 1),
    }.items():
        before = lake.read(WINDOWED_SAMPLES, key)
        change(
            lake,
            WINDOWED_SAMPLES,
            key,
            lambda rows, c=column, v=value: rows.with_columns(pl.when(is_it).then(v).otherwise(c).alias(c)),
        )
        assert contents(lake, OF, None, quiet).failures == [row["sample_id"]], column
        change(lake, WINDOWED_SAMPLES, key, lambda _rows, before=before: before)
    Path(lake.root.uri.removeprefix("file://"), row["shard"]).unlink()
    assert contents(lake, OF, None, quiet).failed == (rows["shard"] == row["shard"]).sum()


def test_gaps_filled_by_anything_but_train_medians_are_found(tmp_path: Path) -> None:
    of = small_task(numerics={"gap_policy": "train_median"})
    windows = {subject: random_rows(of, subject, 6, seed=3) for subject in SUBJECTS}
    lake, place = Lake.open(str(tmp_path / "lake"), S3Settings()), Key(task=of.name)
    for subject, frame in windows.items():
        lake.write(WINDOWED_SAMPLES, Key(subject, of.name), Judged(frame, rejected_frame([])), "f")
    fitted = fit_normalisation(of, stream(windows))
    lake.write(TRAINING_NORMALISATION, place, fitted, "f")
    filled = fitted.frame.with_columns(pl.col("median") + 0.25)
    for statistics, failed in ((fitted.frame, False), (filled, True)):
        with tempfile.TemporaryDirectory() as spool:
            built = build_manifest(of, statistics, stream(windows), Path(spool), "c" * 64)
            for name, path in built.shards:
                lake.put_file(shard_path(TRAINING_MANIFEST, place, name), path)
            lake.write(TRAINING_MANIFEST, place, built.manifest, "f")
        assert (contents(lake, of, None, quiet).failed > 0) is failed


def run(uri: str, *arguments: str) -> tuple[int, dict[str, Any]]:
    """Return exit code and claims of the command over the small lake, by name."""
    result = CliRunner().invoke(app, ["prove", "--lake", uri, "--task", TASK.name, "--json", *arguments])
    if isinstance(result.exception, RequestError):
        raise result.exception
    return result.exit_code, {claim["name"]: claim for claim in json.loads(result.stdout)["claims"]}


def test_windows_whose_raw_rows_are_gone_are_not_proven(tmp_path: Path) -> None:
    uri = str(tmp_path / "lake")
    make_lake(uri)
    code, claims = run(uri)
    assert code == 1
    assert claims["truncation"]["failed"] == claims["truncation"]["checked"] == 2
    assert all("raw_numerics" in failure for failure in claims["truncation"]["failures"])
    assert [claims[name]["failed"] for name in ("window_end", "target_start", "one_split", "normalisation")] == [0] * 4
    assert claims["target_start"]["checked"] == 1


def test_a_target_that_begins_before_the_gap_has_passed_is_found(tmp_path: Path) -> None:
    uri = str(tmp_path / "lake")
    lake = make_lake(uri)
    key = Key(SUBJECT, TASK.name)
    change(lake, CLINICAL_LABELS, key, lambda rows: rows.with_columns(target_start_time=pl.col("index_time")))
    change(
        lake,
        WINDOWED_SAMPLES,
        key,
        lambda rows: rows.with_columns(window_end_time=pl.col("index_time") + pl.duration(seconds=1)),
    )
    _, claims = run(uri)
    assert claims["target_start"]["failed"] == 1
    assert claims["window_end"]["failed"] == 2


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--windows", "0"], "--windows 0"),
        (["--windows", "many"], "`all`"),
        (["--patients", "x"], "--patients x"),
        (["--patients", "10000002"], "no window of 10000002"),
    ],
)
def test_a_request_that_cannot_be_done_is_said_clearly(tmp_path: Path, arguments: list[str], says: str) -> None:
    uri = str(tmp_path / "lake")
    make_lake(uri)
    with pytest.raises(RequestError, match=says):
        run(uri, *arguments)


def test_a_task_that_was_changed_since_is_refused(tmp_path: Path) -> None:
    uri = str(tmp_path / "lake")
    lake = make_lake(uri)
    change(
        lake, TRAINING_MANIFEST, Key(task=TASK.name), lambda rows: rows.with_columns(task_fingerprint=pl.lit("0" * 64))
    )
    with pytest.raises(RequestError, match="other numbers"):
        run(uri)


def test_a_lake_without_windows_has_nothing_to_prove(tmp_path: Path) -> None:
    Lake.open(str(tmp_path / "lake"), S3Settings())
    with pytest.raises(RequestError, match="nothing to"):
        run(str(tmp_path / "lake"))

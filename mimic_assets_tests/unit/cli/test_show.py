"""`show` on a lake made by hand, whose numbers can be checked by eye (`small_lake`)."""

import io
import json
from pathlib import Path
from typing import Any

import matplotlib.image
import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.patches import Rectangle
from typer.testing import CliRunner

from mimic_assets.cli.app import app
from mimic_assets.cli.sparkline import BLOCKS, sparkline, squeeze
from mimic_assets.cli.window import choose_sample, read_window
from mimic_assets.cli.window_evidence import gather_evidence, label_in_words
from mimic_assets.cli.window_picture import draw_window, figure_of
from mimic_assets.errors import RequestError
from mimic_assets.schemas.judged import Judged, rejected_frame
from mimic_assets.schemas.tables import CLINICAL_EVENTS, CLINICAL_LABELS, TABLES, TRAINING_MANIFEST, WINDOWED_SAMPLES
from mimic_assets.storage.keys import Key
from mimic_assets.storage.lake import Lake
from mimic_assets_tests.servers.seaweedfs import S3Server
from mimic_assets_tests.unit.cli.small_lake import (
    BUCKETS,
    EVENT_ID,
    NEGATIVE,
    POSITIVE,
    RECORD,
    SUBJECT,
    TASK,
    make_lake,
)  # fmt: skip


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    return make_lake(str(tmp_path_factory.mktemp("show") / "lake"))


@pytest.fixture
def own_lake(tmp_path: Path) -> Lake:
    """A lake that a test may damage."""
    return make_lake(str(tmp_path / "lake"))


def invoke(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["show", *arguments], env={"COLUMNS": "200"}, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def shown(lake: Lake, *arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(invoke(*arguments, "--lake", lake.root.uri, "--json"))
    return found


def parameter(window: dict[str, Any], name: str) -> dict[str, Any]:
    return next(entry for entry in window["parameters"] if entry["name"] == name)


def test_without_a_name_the_fullest_positive_is_picked_and_said(lake: Lake) -> None:
    window = shown(lake)
    assert window["sample_id"] == POSITIVE
    # 28 cells of abp_mean, 15 of heart_rate, 30 of spo2
    assert window["picked"] == "the positive of hypotension with the most observed cells (73)"
    assert "No sample was named" in invoke("--lake", lake.root.uri)
    assert shown(lake, POSITIVE)["picked"] is None


def test_without_positives_a_negative_is_picked(tmp_path: Path) -> None:
    lake = make_lake(str(tmp_path / "lake"), has_positive=False)
    assert choose_sample(lake, ["in_hospital_death"])[0] == NEGATIVE


def test_the_preferred_task_comes_first_and_only_if_it_has_positives(own_lake: Lake) -> None:
    rows = own_lake.read(WINDOWED_SAMPLES, Key(SUBJECT, TASK.name))
    for task, label in (("a_first", True), ("b_second", False)):
        other = rows.filter(pl.col("label") == label).with_columns(
            pl.lit(task).alias("task"), pl.lit(f"s_{task}").alias("sample_id")
        )
        own_lake.write(WINDOWED_SAMPLES, Key(SUBJECT, task), Judged(other, rejected_frame([])), "f")
    assert choose_sample(own_lake, [])[0] == "s_a_first"
    assert choose_sample(own_lake, ["hypotension"])[0] == POSITIVE
    assert choose_sample(own_lake, ["b_second", "hypotension"])[0] == POSITIVE


def test_the_label_is_told_in_words_with_bounds_rule_and_the_rows_behind_it(lake: Lake) -> None:
    window = shown(lake, POSITIVE)
    words = "\n".join(window["label_in_words"])
    assert "positive: hypotension (tier B) begins in (index + 5 min, index + 35 min]" in words
    assert "certainly in [2150-03-01 12:19:00, 2150-03-01 12:20:00]" in words
    assert "rule low_pressure, version 1" in words
    assert window["event"]["event_id"] == EVENT_ID
    numerics, procedure = window["sources"]
    assert numerics["says"].startswith(f"record {RECORD}: abp_mean 52 to 55 mmHg, 4 usable cells")  # rows 2 to 5
    assert "item_id 225464" in procedure["says"]


def test_a_negative_says_what_did_not_begin(lake: Lake) -> None:
    window = shown(lake, NEGATIVE)
    (words,) = window["label_in_words"]
    assert words.startswith("negative: no hypotension of tier B or better begins in (index + 5 min, index + 35 min]")
    assert window["event"] is None
    assert window["clinical_label"]["follow_up_end_time"] == "2150-03-01T11:00:00"


def test_cells_reasons_and_units_are_the_stored_ones(lake: Lake) -> None:
    window = shown(lake, POSITIVE)
    mean = parameter(window, "abp_mean")
    assert mean["unit"] == "mmHg"
    assert mean["reason_counts"] == {"observed": 28, "held": 2}
    assert mean["values"][0] == 100.0
    assert mean["values"][27:] == [73.0, 73.0, 73.0]
    assert mean["features"] == {"last": 73.0, "mean": 86.5}
    rate = parameter(window, "heart_rate")
    assert rate["reason_counts"] == {"observed": 15, "rejected": 15}
    assert rate["values"][:2] == [80.0, None]
    assert parameter(window, "resp_rate")["observed_fraction"] == 0


def test_lineage_names_every_object_with_its_own_rows_and_fingerprint(lake: Lake) -> None:
    objects = {entry["path"]: entry for entry in shown(lake, POSITIVE)["lineage"]}
    assert {path.partition("/")[0] for path in objects} == set(TABLES)
    assert objects[f"cleaned_numerics/patient={SUBJECT}/data.parquet"]["rows"] == 6
    assert objects[f"clinical_events/patient={SUBJECT}/data.parquet"]["fingerprint"] == "f-clinical_events"
    assert objects[f"raw_numerics/patient={SUBJECT}/data.parquet"]["rows"] is None
    (bucket,) = [path for path in objects if path.startswith("clinical_extract/")]
    assert objects[bucket]["rows"] == 1, "the bucket is not the subject's"
    assert BUCKETS == 4
    assert shown(lake, POSITIVE)["source_files"] == {"missing": 1, "ok": 1}


def test_the_terminal_shows_a_falling_line_and_gaps_as_spaces(lake: Lake) -> None:
    lines = invoke(POSITIVE, "--lake", lake.root.uri).splitlines()
    pressure = next(line for line in lines if line.strip().startswith("abp_mean"))
    blocks = [BLOCKS.index(sign) for sign in pressure if sign in BLOCKS]
    assert len(blocks) == 30
    assert (blocks[0], blocks[-1]) == (7, 0)
    assert blocks == sorted(blocks, reverse=True)
    rate = next(line for line in lines if line.strip().startswith("heart_rate"))
    assert rate.count("▄ ") == 15
    assert any("dnr: the latest statement known is do-not-resuscitate" in line for line in lines)
    assert any("verified: the bytes have this SHA-256" in line for line in lines)


def test_a_narrow_terminal_still_holds_everything(lake: Lake) -> None:
    arguments = ["show", POSITIVE, "--lake", lake.root.uri]
    output = CliRunner().invoke(app, arguments, env={"COLUMNS": "80"}, catch_exceptions=False).stdout
    assert max(len(line) for line in output.splitlines()) <= 80
    assert "perfusion_index" in output
    assert "…" not in output


def test_a_damaged_shard_is_told(own_lake: Lake) -> None:
    entry = shown(own_lake, POSITIVE)["manifest"]
    assert shown(own_lake, POSITIVE)["shard"]["is_good"]
    data = bytearray(own_lake.root.get(entry["shard"]))
    data[entry["shard_offset"] + 5] ^= 1
    own_lake.root.put(entry["shard"], bytes(data))
    told = shown(own_lake, POSITIVE)["shard"]
    assert not told["is_good"]
    assert "SHA-256" in told["message"]
    assert shown(own_lake, NEGATIVE)["shard"]["is_good"], "the other sample's bytes are whole"
    own_lake.root.put(entry["shard"], bytes(data[:100]))
    assert not shown(own_lake, POSITIVE)["shard"]["is_good"]
    own_lake.root.delete(entry["shard"])
    assert "not in the lake" in shown(own_lake, POSITIVE)["shard"]["message"]


@pytest.mark.parametrize(
    ("column", "change", "named"),
    [
        ("cell_values", pl.col("cell_values").list.eval(pl.element() + 1), "values"),
        ("cell_reasons", pl.col("cell_reasons").list.eval(pl.element() * 0), "reasons"),
        ("label", ~pl.col("label"), "label"),
    ],
)
def test_a_manifest_older_than_the_windows_is_told(own_lake: Lake, column: str, change: pl.Expr, named: str) -> None:
    key = Key(SUBJECT, TASK.name)
    rows = own_lake.read(WINDOWED_SAMPLES, key)
    newer = rows.with_columns(change.cast(rows.schema[column]).alias(column))
    own_lake.write(WINDOWED_SAMPLES, key, Judged(newer, rejected_frame([])), "newer")
    told = shown(own_lake, POSITIVE)["shard"]
    assert not told["is_good"]
    assert f"their {named} differ from windowed_samples" in told["message"]


def test_what_is_absent_is_said_not_raised(own_lake: Lake) -> None:
    own_lake.remove(TRAINING_MANIFEST, Key(task=TASK.name))
    own_lake.remove(CLINICAL_EVENTS, Key(SUBJECT))
    own_lake.remove(CLINICAL_LABELS, Key(SUBJECT, TASK.name))
    window = shown(own_lake, POSITIVE)
    assert window["manifest"] is None
    assert window["shard"] is None
    assert "its row is not in clinical_events any more" in window["label_in_words"][0]
    output = invoke(POSITIVE, "--lake", own_lake.root.uri, "--output", str(Path(own_lake.root.uri) / "w.png"))
    assert "not selected" in output


def test_an_unknown_name_is_refused_with_the_way_to_find_one(lake: Lake) -> None:
    with pytest.raises(RequestError, match="SELECT sample_id"):
        read_window(lake, "s_unknown")


def test_an_empty_or_absent_lake_is_refused_and_not_made(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="holds no window yet"):
        choose_sample(Lake.open(str(tmp_path / "empty")), [])
    with pytest.raises(RequestError, match="There is no lake"):
        invoke("--lake", str(tmp_path / "absent"))
    assert not (tmp_path / "absent").exists()


def test_the_output_must_be_a_png_that_can_be_written(lake: Lake, tmp_path: Path) -> None:
    with pytest.raises(RequestError, match=r"ends in \.png"):
        invoke(POSITIVE, "--lake", lake.root.uri, "--output", str(tmp_path / "w.pdf"))
    (tmp_path / "file").touch()
    with pytest.raises(RequestError, match="Cannot write"):
        invoke(POSITIVE, "--lake", lake.root.uri, "--output", str(tmp_path / "file" / "w.png"))


def test_json_with_a_picture_prints_json_alone(lake: Lake, tmp_path: Path) -> None:
    target = tmp_path / "new" / "w.png"
    assert shown(lake, POSITIVE, "--output", str(target))["sample_id"] == POSITIVE
    assert target.read_bytes().startswith(b"\x89PNG")


def _colours(png: bytes) -> set[str]:
    pixels = (matplotlib.image.imread(io.BytesIO(png))[:, :, :3] * 255).round().astype(int)
    return {"#{:02x}{:02x}{:02x}".format(*colour) for colour in np.unique(pixels.reshape(-1, 3), axis=0)}


def test_the_picture_is_the_same_twice_and_shows_what_occurs(lake: Lake) -> None:
    window = read_window(lake, POSITIVE)
    evidence = gather_evidence(lake, window, TASK)
    png = draw_window(window, evidence)
    assert png == draw_window(window, evidence)
    colours = _colours(png)
    assert {"#1f6fb2", "#eef1f4", "#f6c9c4"} <= colours  # observed, not measured, rejected
    assert "#d5dbe1" not in colours, "no cell of this window is silent"


def test_the_picture_puts_values_where_they_were_measured(lake: Lake) -> None:
    window = read_window(lake, POSITIVE)
    figure = figure_of(window, gather_evidence(lake, window, TASK))
    *panels, strip = figure.axes
    assert len(panels) == len(TASK.numerics.parameters)
    panel = panels[TASK.numerics.parameters.index("abp_mean")]
    assert panel.get_xlim() == (-30.0, 0.0)
    observed, held, *_ = panel.lines
    times, values = np.asarray(observed.get_xdata()), np.asarray(observed.get_ydata())
    present = ~np.isnan(values)
    # the cell that ends 2 min before the index time holds 73, measured 30 s before the cell's end
    assert (times[present][-1], values[present][-1]) == (-2.5, 73.0)
    assert present.sum() == 28
    assert list(np.asarray(held.get_xdata())) == [-1.5, -0.5]
    boxes = [(patch.get_x(), patch.get_width()) for patch in strip.patches if isinstance(patch, Rectangle)]
    assert boxes == [(-30.0, 30.0), (0.0, 5.0), (5.0, 30.0)]  # inputs, gap, target in minutes


def test_words_without_the_task_file_stay_true(lake: Lake) -> None:
    window = read_window(lake, NEGATIVE)
    assert label_in_words(window, gather_evidence(lake, window, None))[0].startswith("negative: no event of the task")


@pytest.mark.s3
def test_a_lake_on_s3_shows_the_same(
    s3_server: S3Server, s3_lake_uri: str, lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in s3_server.environment.items():
        monkeypatch.setenv(name, value)
    remote = make_lake(s3_lake_uri, s3_server.settings)
    assert shown(remote) == shown(lake)


@given(st.lists(st.one_of(st.none(), st.floats(-1e6, 1e6)), max_size=200), st.integers(1, 80))
def test_a_line_has_a_space_exactly_where_nothing_is_known(cells: list[float | None], width: int) -> None:
    values = np.array([np.nan if cell is None else cell for cell in cells], dtype=np.float64)
    line, groups = sparkline(values, width), squeeze(values, width)
    assert len(line) == len(groups) <= width or len(cells) <= width
    assert [sign == " " for sign in line] == np.isnan(groups).tolist()
    known = ~np.isnan(groups)
    levels = np.array([BLOCKS.find(sign) for sign in line])[known]
    assert (np.diff(levels[np.argsort(groups[known], kind="stable")]) >= 0).all(), "a higher value, a lower block"


def test_squeezing_keeps_the_newest_cells_together() -> None:
    assert squeeze(np.array([1.0, 2.0, 4.0, np.nan, 6.0]), 3).tolist() == [1.0, 3.0, 6.0]

"""`show` on a window with signals (`small_lake` with those of `waveform_windows`)."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from mimic_assets.cli.app import app
from mimic_assets.cli.window import read_window
from mimic_assets.cli.window_evidence import gather_evidence
from mimic_assets.cli.window_picture import figure_of
from mimic_assets.cli.window_waveforms import outlook_of, read_waveforms
from mimic_assets.schemas.judged import Judged, rejected_frame
from mimic_assets.schemas.tables import WAVEFORM_BEATS, WAVEFORM_QUALITY
from mimic_assets.storage.keys import Key
from mimic_assets.storage.lake import Lake
from mimic_assets_tests.unit.cli.small_lake import NEGATIVE, POSITIVE, SUBJECT, TASK, make_lake
from mimic_assets_tests.waveform_windows import (
    beat_rows,
    quality_rows,
    whole_rows,
)


@pytest.fixture(scope="module")
def bare_lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """Signals, but neither quality nor beats."""
    return make_lake(str(tmp_path_factory.mktemp("signals") / "lake"), has_signals=True)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """Signals, quality and beats."""
    made = make_lake(str(tmp_path / "lake"), has_signals=True)
    for table, rows in ((WAVEFORM_QUALITY, quality_rows()), (WAVEFORM_BEATS, beat_rows())):
        made.write(table, Key(SUBJECT), Judged(whole_rows(table, rows, SUBJECT), rejected_frame([])), "f")
    return made


def invoke(lake: Lake, *arguments: str, width: int = 80) -> str:
    given = ["show", *arguments, "--lake", lake.root.uri]
    result = CliRunner().invoke(app, given, env={"COLUMNS": str(width)}, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def shown(lake: Lake, *arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(invoke(lake, *arguments, "--json"))
    return found


def test_the_terminal_shows_each_signal_with_verdicts_and_time_to_event(lake: Lake) -> None:
    lines = invoke(lake, POSITIVE).splitlines()
    assert max(len(line) for line in lines) <= 80
    assert any("hypotension 20:00 (min:s) after the index time, in [19:00, 20:00]" in line for line in lines)
    place = next(place for place, line in enumerate(lines) if line.startswith("ABP "))
    assert "mmHg" in lines[place + 1]
    assert lines[place + 2].split() == ["█" * 31 + "g" * 10 + "█" * 11 + "x" * 10, "65", "beats"]
    gap = slice(6 + 32, 6 + 34)  # between the last pulse before the gap and the lone sample in it
    assert lines[place][gap] == lines[place + 1][gap] == "  "
    assert any("g gap" in line for line in lines)
    assert not any("holds no waveform" in line for line in lines)


def test_without_verdicts_signals_are_shown_and_that_is_said(bare_lake: Lake) -> None:
    output = " ".join(invoke(bare_lake, POSITIVE).split())
    assert "no waveform_quality of this patient: signals are shown unjudged" in output
    assert "no waveform_beats of this patient: no beats are marked" in output
    assert "g gap" in output


def test_a_window_without_signals_is_shown_as_before(bare_lake: Lake, tmp_path: Path) -> None:
    output = invoke(bare_lake, NEGATIVE, "--output", str(tmp_path / "w.png"))
    assert "Signals" not in output
    assert "no beats are marked" not in output
    assert shown(bare_lake, NEGATIVE)["signals"] == []
    window = read_window(bare_lake, NEGATIVE)
    assert read_waveforms(bare_lake, window) is None
    assert len(figure_of(window, gather_evidence(bare_lake, window, TASK)).axes) == len(TASK.numerics.parameters) + 1


def test_json_has_every_sample_tile_and_beat_and_no_bytes(lake: Lake) -> None:
    window = shown(lake, POSITIVE)
    ii, v, abp, pleth, _ = window["signals"]
    assert (len(ii["values"]), ii["ticks_per_sample"], ii["unit"]) == (15_000, 4, "mV")
    assert ii["reason_counts"] == {"observed": 14_750, "no_signal": 250}
    assert sum(value is None for value in ii["values"]) == 250
    assert len(ii["beat_ticks"]) == 74
    assert [tile["reason"] for tile in v["tiles"]][:2] == ["observed", "lead_off"]
    assert abp["is_rescaled"]
    assert pleth["unit"] is None
    assert window["signal_notes"] == []
    assert not {name for name in window if name.startswith("signal_")} - {"signal_notes"}
    assert window["waveform_end_tick"] == 35_999_999


def test_seconds_show_the_end_only(lake: Lake) -> None:
    window = shown(lake, POSITIVE, "--seconds", "5")
    assert len(window["signals"][0]["values"]) == 1250
    assert len(window["signals"][0]["beat_ticks"]) == 6
    assert "Signals, 5 s" in invoke(lake, POSITIVE, "--seconds", "5")


def test_the_picture_has_signals_then_numerics_then_the_strip(lake: Lake, tmp_path: Path) -> None:
    target = tmp_path / "w.png"
    invoke(lake, POSITIVE, "--output", str(target))
    assert target.read_bytes().startswith(b"\x89PNG")
    window = read_window(lake, POSITIVE)
    waveforms = read_waveforms(lake, window)
    assert waveforms is not None
    evidence = gather_evidence(lake, window, TASK)
    figure = figure_of(window, evidence, waveforms.view)
    assert len(figure.axes) == 5 + len(TASK.numerics.parameters) + 1
    tops = [axis.get_position().y1 for axis in figure.axes]
    assert tops == sorted(tops, reverse=True)
    bottoms = [axis.get_position().y0 for axis in figure.axes]
    assert all(above >= below for above, below in zip(bottoms, tops[1:], strict=False)), "no panel covers another"
    assert (figure.get_size_inches()[0] * 110).round() == 1155
    outlook = outlook_of(window, evidence)
    assert (outlook.target_start_s, outlook.target_end_s, outlook.event_s) == (300.0, 2100.0, 1200.0)
    strip = figure.axes[-1]
    signals = [line for line in strip.lines if line.get_linewidth() == 3]
    assert np.asarray(signals[0].get_xdata())[-1] == pytest.approx(0.0, abs=0.001)


def test_words_in_the_picture_do_not_cover_each_other(lake: Lake) -> None:
    window = read_window(lake, POSITIVE)
    waveforms = read_waveforms(lake, window)
    assert waveforms is not None
    figure = figure_of(window, gather_evidence(lake, window, TASK), waveforms.view)
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    renderer = canvas.get_renderer()
    texts = [text for axis in figure.axes for text in axis.texts] + list(figure.texts)
    texts += [text for legend in figure.legends for text in legend.get_texts()]
    boxes = [(text.get_text(), text.get_window_extent(renderer)) for text in texts if text.get_text()]
    overlapping = [
        (one, other)
        for place, (one, box) in enumerate(boxes)
        for other, other_box in boxes[place + 1 :]
        if box.overlaps(other_box)
    ]
    assert overlapping == []
    width, height = canvas.get_width_height()
    outside = [name for name, box in boxes if box.x0 < 0 or box.y0 < 0 or box.x1 > width or box.y1 > height]
    assert outside == []

"""The panels of a window's signals: what is drawn where, and what is not drawn."""

from dataclasses import replace
from typing import Any

import dagster as dg
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from mimic_assets.defs.window_pictures import signals_picture
from mimic_assets.pictures import SignalView, view_of
from mimic_assets.pictures.outlook import NOTHING_KNOWN, Outlook
from mimic_assets.pictures.palette import BANDS, LINE, REASONS
from mimic_assets.pictures.signal_figure import draw_signals, legend, signals_png
from mimic_assets.pictures.signal_scale import ecg_span, scale_of
from mimic_assets.pictures.signal_view import Band, SampledSignal
from mimic_assets.schemas.vocabulary import SignalReason
from mimic_assets_tests.waveform_windows import NO_SIGNALS, beat_rows, quality_rows, window_row

OUTLOOK = Outlook(300.0, 2100.0, "hypotension", 1200.0, 1140.0, 1200.0)


def whole_view() -> SignalView:
    view = view_of(window_row(), quality_rows(), beat_rows())
    assert view is not None
    return view


def panels(view: SignalView, outlook: Outlook = NOTHING_KNOWN, *, shows_values: bool = True) -> list[Axes]:
    figure = Figure(figsize=(10, 8))
    return draw_signals(figure, figure.add_gridspec(len(view.signals), 1), view, outlook, shows_values=shows_values)


def line_of(axis: Axes) -> tuple[Any, Any]:
    line = next(line for line in axis.lines if line.get_color() == LINE and line.get_linestyle() == "-")
    return np.asarray(line.get_xdata(), dtype=float), np.asarray(line.get_ydata(), dtype=float)


def words(axis: Axes) -> str:
    return "\n".join(text.get_text() for text in axis.texts)


def test_no_line_passes_through_the_gap_and_a_lone_sample_is_a_dot() -> None:
    _, _, abp, _, _ = panels(whole_view())
    times, _ = line_of(abp)
    inside = (times > -30.0) & (times < -22.1)  # the gap, from 30 to 38 s of 60
    assert np.isfinite(times[inside]).sum() == 1
    place = int(np.flatnonzero(inside)[0])
    assert np.isnan(times[[place - 1, place + 1]]).all()
    (dot,) = [line for line in abp.lines if line.get_marker() == "."]
    assert np.asarray(dot.get_xdata()) == pytest.approx([-26.0], abs=0.01)
    assert "gap" in words(abp)


def test_extremes_survive_and_the_last_sample_stands_before_the_index_time() -> None:
    view = whole_view()
    for axis, signal in zip(panels(view), view.signals, strict=True):
        if np.isnan(signal.values).all():
            continue
        times, heights = line_of(axis)
        assert np.nanmax(heights) == pytest.approx(np.nanmax(signal.values))
        assert np.nanmin(heights) == pytest.approx(np.nanmin(signal.values))
        assert np.nanmax(times) < 0


def test_every_ecg_has_the_same_millivolts_per_inch() -> None:
    view = whole_view()
    ii, v, *_ = panels(view)
    spans = [axis.get_ylim()[1] - axis.get_ylim()[0] for axis in (ii, v)]
    assert spans[0] == pytest.approx(spans[1])
    assert ecg_span(view.signals) == 1.5  # II spans 1.4 mV: the least is drawn


def signal(values: list[float], unit: str) -> SampledSignal:
    array = np.array(values, dtype=np.float32)
    return SampledSignal("II", unit, 4, 0, array, np.zeros(len(array), dtype=np.uint8))


def test_artefact_in_an_ecg_is_cut_off_and_said() -> None:
    wild = signal([0.0] * 98 + [40.0, -9.0], "mV")
    assert ecg_span([wild]) == 5.0
    scale = scale_of(wild, 5.0)
    assert scale is not None
    assert (scale.low, scale.high, scale.beyond) == (-2.5, 2.5, (-9.0, 40.0))
    axis = panels(SignalView(-1, 400, 400, 1000.0, (wild,), {}, {}))[0]
    assert "▲ cut off, reaches 40 mV" in words(axis)
    assert "▼ cut off, reaches -9 mV" in words(axis)
    assert np.nanmax(line_of(axis)[1]) == 2.5


def test_a_pressure_at_rest_is_not_blown_up() -> None:
    scale = scale_of(signal([80.0, 80.5], "mmHg"), 1.5)
    assert scale is not None
    assert scale.high - scale.low == 10.0
    assert scale_of(signal([np.nan], "mmHg"), 1.5) is None
    flat = scale_of(signal([0.0, 0.0], "NU"), 1.5)
    assert flat is not None
    assert flat.high > flat.low


def test_tiles_are_bands_whose_height_tells_them_apart_too() -> None:
    ii = panels(whole_view())[0]
    bands = [patch for patch in ii.patches if isinstance(patch, Rectangle) and patch.get_height() < 0.2]
    heights = [round(float(patch.get_height()), 3) for patch in bands]
    assert heights == [round(0.1 * BANDS[band][1], 3) for band in (Band.GOOD, Band.FAIR, Band.POOR)] * 2
    assert len({height for _, height in BANDS.values()}) == len(BANDS)
    assert len(set(REASONS.values())) == len(REASONS), "each reason has a look of its own"


def test_every_reason_has_a_look_and_a_sign() -> None:
    assert set(REASONS) == set(SignalReason) - {SignalReason.OBSERVED}


def test_unusable_tiles_are_named_and_have_no_band() -> None:
    _, v, abp, pleth, resp = panels(whole_view())
    assert "lead off" in words(v)
    assert "not recorded" in words(v)
    assert "noise" in words(abp)
    assert words(pleth).splitlines() == ["not recorded", "Pleth", "100 %", "missing"]
    assert "complete" in words(resp)
    assert "rescaled" in words(abp)


def test_beats_stand_at_their_ticks() -> None:
    view = whole_view()
    ii = panels(view)[0]
    (ticks,) = [each for each in ii.collections if len(each.get_paths()) == 74]
    times = [float(path.vertices[0][0]) for path in ticks.get_paths()]
    assert times == pytest.approx([(tick - view.index_tick) / 1000 for tick in view.beats["II"]])


def test_the_index_time_the_gap_and_the_time_to_the_event_are_marked() -> None:
    first, *_ = panels(whole_view(), OUTLOOK)
    assert any(list(np.asarray(line.get_xdata())) == [0, 0] for line in first.lines)
    assert "gap →" in words(first)
    assert first.get_xlim()[1] > 0
    above = first.child_axes[0]
    assert "after the index time, in [19:00, 20:00]" in above.get_xlabel()
    labels = dict(zip(above.get_xticks(), [label.get_text() for label in above.get_xticklabels()], strict=True))
    assert labels[0.0] == "20:00"
    assert labels[-60.0] == "21:00"


def test_without_a_gap_the_target_begins_at_the_index_time() -> None:
    first, *_ = panels(whole_view(), Outlook(0.0, 1800.0))
    assert "target →" in words(first)
    assert "gap →" not in words(first)


def test_the_legend_names_what_occurs() -> None:
    view = whole_view()
    labels = [entry.get_label() for entry in legend(view)]
    assert labels == [
        "sample", "beat or breath", "quality good", "quality fair", "quality poor", "usable, not rated", "gap",
        "not recorded", "no signal", "lead off", "noise",
    ]  # fmt: skip
    bare = view_of(window_row())
    assert bare is not None
    assert [entry.get_label() for entry in legend(bare)][:2] == ["sample", "gap"]


def other_values(view: SignalView) -> SignalView:
    """Return a view whose samples differ in every value and are missing at the same places."""
    changed = tuple(replace(each, values=(7.0 - 3.0 * each.values) ** 2, unit="NU") for each in view.signals)
    return replace(view, signals=changed)


def test_a_picture_without_values_is_the_same_whatever_was_measured() -> None:
    view = whole_view()
    without = signals_png(view, OUTLOOK, title="t", shows_values=False)
    assert without == signals_png(other_values(view), OUTLOOK, title="t", shows_values=False)
    assert signals_png(view, shows_values=True) != signals_png(other_values(view), shows_values=True)
    missing = replace(view.signals[4], values=np.full(3750, np.nan, dtype=np.float32))
    fewer = replace(view, signals=(*view.signals[:4], missing))
    assert without != signals_png(fewer, OUTLOOK, title="t", shows_values=False)


def test_an_asset_gets_the_picture_without_values() -> None:
    row = window_row() | {"task": "hypotension", "sample_id": "s_0123456789abcdef"}
    found = signals_picture(row, quality_rows(), beat_rows())
    assert isinstance(found, dg.MarkdownMetadataValue)
    assert str(found.value).startswith("![signals of a window](data:image/png;base64,iVBOR")
    gains = [None if gain is None else 3 * gain for gain in row["signal_gains"]]
    assert signals_picture(row | {"signal_gains": gains}, quality_rows(), beat_rows()) == found
    assert signals_picture(row | NO_SIGNALS) is None


@pytest.mark.parametrize("share", [0.5, 0.02])
def test_a_signal_that_comes_and_goes_is_shaded_in_few_spans(share: float) -> None:
    count = 140_000
    rng = np.random.default_rng(4)
    reasons = np.where(rng.random(count) < share, SignalReason.NO_SIGNAL.code, 0).astype(np.uint8)
    values = np.where(reasons > 0, np.nan, 1.0).astype(np.float32)
    flickering = SampledSignal("II", "mV", 4, 0, values, reasons)
    axis = panels(SignalView(-1, 4 * count - 1, 4 * count, 1000.0, (flickering,), {}, {}))[0]
    assert len(axis.patches) <= 1400

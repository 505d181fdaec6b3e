"""A record of a week is read in the same pieces as one of six hours: what lies in memory does not grow with it.

No clock and no memory is measured here (`make bench` does): a reader that makes samples as they are asked for counts
how many ticks each read spans. A stage that asks for a whole record fails.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl
import pytest

from mimic_assets.signals import MISSING_SAMPLE, SignalSlice
from mimic_assets.tasks import load_task
from mimic_assets.timeline import TICKS_PER_FRAME, TICKS_PER_TILE
from mimic_assets.waveforms import beats, features, quality
from mimic_assets.waveforms.beats import find_beats
from mimic_assets.waveforms.features import summarise_tiles
from mimic_assets.waveforms.quality import judge_waveforms
from mimic_assets.windows.signal_windows import cut_signals
from mimic_assets_tests.signals_in_memory import breath, record_in_memory

TILES_PER_HOUR = 360
HOURS = (6, 168)


@dataclass
class CountingReader:
    """A record of so many tiles of Resp with nothing in it; remembers how many ticks each read spanned."""

    tiles: int
    spans: list[int] = field(default_factory=list)

    @property
    def signals(self) -> tuple[str, ...]:
        """The one signal."""
        return ("Resp",)

    @property
    def last_tick(self) -> int:
        """The record is whole tiles."""
        return self.tiles * TICKS_PER_TILE - 1

    def read(self, names: Sequence[str], start_tick: int, end_tick: int) -> dict[str, SignalSlice]:
        """Return slices in which every sample is missing."""
        self.spans.append(end_tick - start_tick)
        first, last = start_tick // TICKS_PER_FRAME + 1, end_tick // TICKS_PER_FRAME
        digital = np.full(last - first + 1, MISSING_SAMPLE, dtype=np.int16)
        reasons = np.ones(digital.size, dtype=np.uint8)
        return {name: SignalSlice(name, 1, first * TICKS_PER_FRAME, digital, reasons, ()) for name in names}


def record(hours: int) -> tuple[pl.DataFrame, CountingReader]:
    rows, _ = record_in_memory({"Resp": breath(np.zeros(625))})
    reader = CountingReader(hours * TILES_PER_HOUR)
    return rows.with_columns(record_last_tick=pl.lit(reader.last_tick, pl.Int64)), reader


@pytest.mark.parametrize(
    ("stage", "most_tiles"),
    [(judge_waveforms, quality.TILES_PER_BLOCK), (find_beats, beats.TILES_PER_BLOCK + 3)],
    ids=["waveform_quality", "waveform_beats"],
)
def test_a_week_is_read_in_the_pieces_of_six_hours(stage, most_tiles):
    largest = []
    for hours in HOURS:
        rows, reader = record(hours)
        stage(rows, lambda _, reader=reader: reader).whole()
        largest.append(max(reader.spans))
        assert sum(reader.spans) >= reader.last_tick
    assert largest[0] == largest[1] <= most_tiles * TICKS_PER_TILE


@pytest.mark.parametrize("stride_s", [10, 300])
def test_windows_that_overlap_for_a_week_are_read_in_the_pieces_of_six_hours(stride_s: int) -> None:
    rule = load_task("vt_vf").waveforms
    assert rule is not None
    rule = rule.model_copy(update={"signals": ("Resp",)})
    largest = []
    for hours in HOURS:
        _, reader = record(hours)
        index = range(rule.frame_count * TICKS_PER_FRAME, reader.last_tick, stride_s * 1000)
        assert sum(1 for _ in cut_signals(reader, rule, index, {"Resp": 0})) == len(index)
        largest.append(max(reader.spans))
    assert largest[0] == largest[1] <= 4 * rule.frame_count * TICKS_PER_FRAME


def test_features_of_a_week_are_joined_six_hours_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    rows, reader = record(168)
    found = find_beats(rows, lambda _: reader).whole().frame
    tiles = np.arange(reader.tiles)
    known = (tiles + 1) * TICKS_PER_TILE - 1
    search = pl.DataFrame(
        {
            "subject_id": 1, "record_id": rows["record_id"][0], "signal": "Resp", "tick": known, "kind": "search",
            "known_tick": known, "interval_ticks": 10_000,
        }
    )  # fmt: skip
    whole = pl.concat([found, search], how="diagonal_relaxed").cast(dict(found.schema))
    seen: list[int] = []
    inner = features.tile_sums

    def counting(some: pl.DataFrame, raw_records: pl.DataFrame) -> pl.DataFrame:
        seen.append(some.height)
        return inner(some, raw_records)

    monkeypatch.setattr(features, "tile_sums", counting)
    result = summarise_tiles(whole, rows).whole().frame
    assert result["tile_start_tick"].to_list() == (tiles * TICKS_PER_TILE).tolist()
    assert result["resp_searched_ticks"].unique().to_list() == [10_000]
    assert max(seen) <= 6 * TILES_PER_HOUR + 3

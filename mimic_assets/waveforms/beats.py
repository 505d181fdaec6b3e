"""`waveform_beats`: QRS complexes, pulse onsets and breaths of a record, each with the tick from which it is known.

Belongs here: walking a record tile by tile, whom a beat is credited to, and the interval before it. Does not belong
here: detectors (`searches` names them) and what is made of beats (`features`).

A tile is searched in its own samples and those of one tile before (three for breaths), stretch by stretch: no detector
sees a gap. A detector needs a moment after a beat to be sure of it, so tile t is credited with the beats of the ten
seconds that end `guard_ticks` before its end, and the last ones are found again, and credited, with the tile after it.
A beat within the shortest plausible interval of the one credited before is that one found twice, and dropped. So a row
depends on no sample after its `known_tick`, and hardly ever on one more than three tiles before its tile (six for
breaths): further back only through which of two beats too close together came first.

Not searched: the record's last moments, which no whole tile follows; records of another frame rate than about 62.5 Hz;
samples in another unit than the signal's first segment has.
"""

from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from mimic_assets.schemas.judged import Judged, rejected_frame
from mimic_assets.schemas.tables import WAVEFORM_BEATS
from mimic_assets.schemas.vocabulary import BeatKind
from mimic_assets.signals import OpenSignals, SignalReader, SignalSlice
from mimic_assets.timeline import FRAMES_PER_TILE, TICKS_PER_FRAME, TICKS_PER_TILE, whole_tiles_by
from mimic_assets.waveforms.searches import SEARCHES, Search, in_order
from mimic_assets.waveforms.signal_kinds import kind_of
from mimic_assets.waveforms.stretches import Stretch, observed_stretches
from mimic_assets.waveforms.tiles import is_usual_rate, ticks_of, tile_blocks
from mimic_assets.waveforms.unusable import LEAST_OBSERVED

Floats = npt.NDArray[np.float64]
TILES_PER_BLOCK = 60
_WARM_UP_TILES = 5
"""Searched before the first tile whose rows are kept, so that the beat credited before it is the same."""
_NEIGHBOURS_TILES = 2
"""A beat's RR interval is compared with the one before it."""
_SHAKE_TICKS = 50
"""A beat next to the limit between two tiles may be placed on either side by the two searches that see it."""
_DECIMALS = 6
_MILLI = {"uv": 1000.0}
_ROW: dict[str, Any] = {
    name: WAVEFORM_BEATS.schema[name]
    for name in ("signal", "tick", "kind", "known_tick", "interval_ticks", "cycle_low", "cycle_high", "cycle_mean")
}
_Cycle = tuple[float | None, float | None, float | None]
"""Lowest, highest and mean value from one beat to the next."""
_UNKNOWN: _Cycle = (None, None, None)


def find_beats(raw_records: pl.DataFrame, open_signals: OpenSignals, last_tiles: int | None = None) -> Judged:
    """Return `waveform_beats` of one patient.

    Args:
        raw_records: rows of one patient, sorted as the table says.
        open_signals: gives the reader of a record from its rows.
        last_tiles: only the beats known from so many tiles at the end of each record, and from the few before them that
            theirs are compared with; all where None. Rows are the same either way.

    Returns:
        Rows sorted by record, signal, tick and kind. Per tile one signal of each kind is searched: the first in the
        order of `searches` of which at least half of the tile is observed and changes. Nothing is rejected: what is
        wrong with a file is said by the stage that reads it.

    Time:    a row depends on no sample after its `known_tick`.
    Missing: a tile without a row of kind `search` was not searched; one with it and no beat had none to be found.
    """
    frames = [
        beats_of_record(rows, open_signals(rows), last_tiles)
        for rows in raw_records.partition_by("record_id", maintain_order=True)
        if whole_tiles_by(rows["record_last_tick"][0])
    ]
    frame = pl.concat([WAVEFORM_BEATS.empty(), *frames]).sort(WAVEFORM_BEATS.order)
    return Judged(frame, rejected_frame([]))


def beats_of_record(rows: pl.DataFrame, reader: SignalReader, last_tiles: int | None = None) -> pl.DataFrame:
    """Return `waveform_beats` of one record, unsorted.

    Args:
        rows: of `raw_records`, one record.
        reader: of its samples.
        last_tiles: as in `find_beats`.
    """
    ticks_per_second = float(rows["counter_frequency_hz"][0])
    if not is_usual_rate(ticks_per_second / TICKS_PER_FRAME):
        return WAVEFORM_BEATS.empty()
    count = whole_tiles_by(reader.last_tick)
    first_tile = 0 if last_tiles is None else max(count - last_tiles - _NEIGHBOURS_TILES, 0)
    units = dict(rows.sort("segment_index", descending=True).select("signal", "unit").iter_rows())
    found = []
    for search in SEARCHES:
        names = [name for name in reader.signals if kind_of(name, units.get(name, "")) is search.signal_kind]
        if names:
            walk = _Walk(search, {name: units[name] for name in in_order(names, search)}, ticks_per_second)
            walk.search(reader, max(first_tile - _WARM_UP_TILES, 0), count)
            found.append(walk.frame(rows["subject_id"][0], rows["record_id"][0]))
    beats = pl.concat([WAVEFORM_BEATS.empty(), *found])
    return beats.filter(pl.col("known_tick") >= first_tile * TICKS_PER_TILE)


class _Walk:
    """One search along one record: the signals it may take, the beat credited last, and the rows so far."""

    def __init__(self, search: Search, units: dict[str, str], ticks_per_second: float) -> None:
        self._of = search
        self._units = units
        self._rate = ticks_per_second
        self._shortest, self._longest = (round(seconds * ticks_per_second) for seconds in search.interval_s)
        self._before: tuple[str, int] = ("", -(1 << 40))
        self._rows: list[tuple[str, int, str, int, int | None, float | None, float | None, float | None]] = []
        """Of the block that is searched; Python's values take five times the memory of a frame's."""
        self._frames = [pl.DataFrame(schema=_ROW)]

    def search(self, reader: SignalReader, start: int, count: int) -> None:
        """Search the tiles `[start, count)`, reading a block of them at a time.

        Each search reads for itself: one read for all of them decodes less and took longer when it was tried, for the
        arrays of all kinds do not stay in the processor's cache.
        """
        names = list(self._units)
        for first, after in tile_blocks(start, count, TILES_PER_BLOCK):
            block = reader.read(names, *ticks_of(max(first - self._of.context_tiles, 0), after))
            there = [name for name in names if block[name].calibrations]
            fronts: dict[str, _Front] = {}
            for tile in range(first, after):
                for name in there:
                    if name not in fronts:
                        fronts[name] = _Front(self._of, block[name], self._units[name], self._rate)
                    if fronts[name].is_usable(tile):
                        self._search_tile(block[name], fronts[name], tile)
                        break
            self._frames.append(pl.DataFrame(self._rows, schema=_ROW, orient="row"))
            self._rows.clear()

    def _search_tile(self, part: SignalSlice, front: "_Front", tile: int) -> None:
        """Add the beats that the tile is credited with, and how much of it was searched."""
        of, step = self._of, part.ticks_per_sample
        first_tile = max(tile - of.context_tiles, 0, part.first_tick // TICKS_PER_TILE)
        start, known = first_tile * TICKS_PER_TILE, (tile + 1) * TICKS_PER_TILE - 1
        chunk, known_row = _between(part, front.values, first_tile, tile + 1), front.row(tile)
        rate_hz = self._rate / step
        low, high = tile * TICKS_PER_TILE - of.guard_ticks, known - of.guard_ticks
        searched = 0
        least = int(of.shortest_s * rate_hz) + 1
        whole = [Stretch(start, step, chunk)]  # a front is known of chunks without a gap, long enough by far
        for stretch in whole if known_row is not None else observed_stretches(chunk, start, step, least):
            if stretch.last_tick < low - _SHAKE_TICKS or stretch.first_tick > high:
                continue
            searched += max(min(stretch.last_tick + step - 1, high) - max(stretch.first_tick, low) + 1, 0)
            ticks = stretch.first_tick + of.find(stretch.values, rate_hz, known_row) * step
            mine = ticks[(ticks >= low - _SHAKE_TICKS) & (ticks <= high)].tolist()
            self._credit(part.signal, mine, known, stretch.first_tick, chunk, start, step)
        if searched:
            self._rows.append((part.signal, known, BeatKind.SEARCH.value, known, searched, None, None, None))

    def _credit(
        self, signal: str, ticks: list[int], known: int, stretch_first: int, chunk: Floats, start: int, step: int
    ) -> None:
        """Add beats; an interval is known where the beat before lies in the same stretch, at a plausible distance."""
        before_signal, before = self._before
        taken: list[int] = []
        for tick in ticks:
            if tick - (taken[-1] if taken else before) >= self._shortest:
                taken.append(tick)
        if not taken:
            return
        edges = [before, *taken]
        reaches_back = before_signal == signal and before >= stretch_first
        intervals: list[int | None] = [
            tick - earlier if tick - earlier <= self._longest and (reaches_back or place) else None
            for place, (earlier, tick) in enumerate(pairwise(edges))
        ]
        cycles: list[_Cycle] = [_UNKNOWN] * len(taken)
        if self._of.has_cycles:
            known_from = 0 if reaches_back else 1
            measured = _cycles(chunk, np.array([(edge - start) // step for edge in edges[known_from:]]))
            cycles[known_from:] = [
                cycle if intervals[known_from + place] is not None else _UNKNOWN for place, cycle in enumerate(measured)
            ]
        kind = self._of.beat_kind.value
        self._rows += [
            (signal, tick, kind, known, interval, *cycle)
            for tick, interval, cycle in zip(taken, intervals, cycles, strict=True)
        ]
        self._before = (signal, taken[-1])

    def frame(self, subject_id: int, record_id: int) -> pl.DataFrame:
        """Return the rows found."""
        return pl.concat(self._frames).select(
            pl.lit(subject_id, pl.Int64).alias("subject_id"), pl.lit(record_id, pl.Int64).alias("record_id"), *_ROW
        )


class _Front:
    """What a detector looks at in one block of a signal; chunks of full length without a gap are made at once."""

    def __init__(self, search: Search, part: SignalSlice, unit: str, ticks_per_second: float) -> None:
        self.values: Floats = part.physical(unit).astype(np.float64)
        self._begin = part.first_tick // TICKS_PER_TILE
        self._first = self._begin + search.context_tiles
        per_tile = FRAMES_PER_TILE * part.samples_per_frame
        by_tile = self.values.reshape(-1, per_tile)
        is_missing = np.isnan(by_tile)
        observed = per_tile - is_missing.sum(axis=1)
        spread = np.fmax.reduce(by_tile, axis=1) - np.fmin.reduce(by_tile, axis=1)
        least = search.least_spread * _MILLI.get(unit.casefold(), 1.0)
        self._is_usable = (observed >= LEAST_OBSERVED * per_tile) & (spread >= least)
        length = (search.context_tiles + 1) * per_tile
        self._rows: dict[int, Floats] = {}
        if len(self.values) < length:
            return
        chunks = np.lib.stride_tricks.sliding_window_view(self.values, length)[::per_tile]
        has_gap = is_missing.any(axis=1)
        whole = np.flatnonzero(~np.lib.stride_tricks.sliding_window_view(has_gap, search.context_tiles + 1).any(axis=1))
        if whole.size:
            rate_hz = ticks_per_second / part.ticks_per_sample
            self._rows = dict(zip(whole.tolist(), search.front(chunks[whole], rate_hz), strict=True))

    def is_usable(self, tile: int) -> bool:
        """Return whether half of a tile is observed and differs."""
        return bool(self._is_usable[tile - self._begin])

    def row(self, tile: int) -> Floats | None:
        """Return the front of the chunk that ends with a tile; None where it is shorter, or has a gap."""
        return self._rows.get(tile - self._first)


def _cycles(chunk: Floats, edges: npt.NDArray[np.int64]) -> list[_Cycle]:
    """Return lowest, highest and mean value between neighbouring edges of a chunk."""
    if len(edges) < 2:
        return []
    own = chunk[: edges[-1]]
    lengths = np.diff(edges)
    measured = (
        np.minimum.reduceat(own, edges[:-1]),
        np.maximum.reduceat(own, edges[:-1]),
        np.add.reduceat(own, edges[:-1]) / lengths,
    )
    return list(zip(*(np.round(values, _DECIMALS).tolist() for values in measured), strict=True))


def _between(part: SignalSlice, values: Floats, first_tile: int, after: int) -> Floats:
    """Return the samples of tiles `[first_tile, after)` of a slice that begins with a tile."""
    per_tile = FRAMES_PER_TILE * part.samples_per_frame
    offset = part.first_tick // TICKS_PER_TILE
    return values[(first_tile - offset) * per_tile : (after - offset) * per_tile]

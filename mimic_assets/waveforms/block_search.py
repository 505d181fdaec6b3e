"""What one search finds in a block of tiles: which signal of each tile, its stretches, and where its beats are.

Belongs here: choosing a signal per tile, and showing detectors chunks (a tile and those before it) of equal length at
once. Does not belong here: detectors (`searches`), whom a beat is credited to (`crediting`), the walk (`beats`).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mimic_assets.signals import SignalSlice
from mimic_assets.timeline import FRAMES_PER_TILE, TICKS_PER_TILE
from mimic_assets.waveforms.searches import Search
from mimic_assets.waveforms.stretches import observed_stretches
from mimic_assets.waveforms.unusable import LEAST_OBSERVED

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
SHAKE_TICKS = 50
"""A beat next to the limit between two tiles may be placed on either side by the two searches that see it."""
_MILLI = {"uv": 1000.0}


@dataclass(frozen=True, slots=True)
class SearchedSignal:
    """What was found in those tiles of a block that one signal was taken for."""

    signal: str
    values: Floats
    """Of the block, physical; NaN where there is none."""
    first_tick: int
    ticks_per_sample: int
    searched_tile: Whole
    """Ascending."""
    searched_ticks: Whole
    """How much of each such tile was searched."""
    tile: Whole
    """Of each beat, ascending; the tile that it may be credited to."""
    tick: Whole
    since: Whole
    """First tick of the stretch that a beat was found in; stretches of a tile ascend."""


def search_block(
    search: Search,
    units: dict[str, str],
    block: dict[str, SignalSlice],
    first: int,
    after: int,
    ticks_per_second: float,
) -> list[SearchedSignal]:
    """Return what is found in the tiles `[first, after)`; a tile is in one entry at most.

    Args:
        search: what is searched for.
        units: of the signals that may be taken, in the order of preference.
        block: their samples, from `search.context_tiles` before the first tile on, as far as there are any.
        first, after: tiles.
        ticks_per_second: of the record's clock.
    """
    found = []
    left = np.arange(first, after)
    for name, unit in units.items():
        part = block[name]
        if not left.size or not part.calibrations:
            continue
        samples = _Samples(search, part, unit)
        is_usable = samples.is_usable[left - samples.begin]
        if is_usable.any():
            found.append(_searched(search, samples, left[is_usable], ticks_per_second))
            left = left[~is_usable]
    return found


class _Samples:
    """One signal of a block, tile by tile: where it can be searched, and where without looking for gaps."""

    def __init__(self, search: Search, part: SignalSlice, unit: str) -> None:
        self.part = part
        self.values: Floats = part.physical(unit).astype(np.float64)
        self.begin = part.first_tick // TICKS_PER_TILE
        self.per_tile = FRAMES_PER_TILE * part.samples_per_frame
        by_tile = self.values.reshape(-1, self.per_tile)
        is_missing = np.isnan(by_tile)
        self.has_gap: Flags = np.any(is_missing, axis=1)
        if self.has_gap.any():
            observed = self.per_tile - is_missing.sum(axis=1)
            spread = np.fmax.reduce(by_tile, axis=1) - np.fmin.reduce(by_tile, axis=1)
        else:
            observed, spread = np.full(len(by_tile), self.per_tile), np.ptp(by_tile, axis=1)
        least = search.least_spread * _MILLI.get(unit.casefold(), 1.0)
        self.is_usable = (observed >= LEAST_OBSERVED * self.per_tile) & (spread >= least)

    def between(self, first: int, after: int) -> Floats:
        """Return the samples of the tiles `[first, after)`."""
        return self.values[(first - self.begin) * self.per_tile : (after - self.begin) * self.per_tile]

    def chunks(self, context: int) -> tuple[Floats, Flags]:
        """Return every run of `context + 1` tiles, a view, and which of them have a gap."""
        view = np.lib.stride_tricks.sliding_window_view
        if len(self.has_gap) <= context:
            return np.empty((0, 0)), np.empty(0, dtype=np.bool_)
        chunks = view(self.values, (context + 1) * self.per_tile)[:: self.per_tile]
        has_gap: Flags = np.any(view(self.has_gap, context + 1), axis=1)
        return chunks, has_gap


def _searched(search: Search, samples: _Samples, tiles: Whole, ticks_per_second: float) -> SearchedSignal:
    """Return what is found in some tiles of a signal."""
    part, context = samples.part, search.context_tiles
    rate_hz = ticks_per_second / part.ticks_per_sample
    chunks, has_gap = samples.chunks(context)
    chunk = tiles - samples.begin - context
    is_whole = chunk >= 0
    is_whole[is_whole] = ~has_gap[chunk[is_whole]]
    covered = np.full(len(tiles), TICKS_PER_TILE)
    tile, tick, since = [np.empty(0, dtype=np.int64)], [np.empty(0, dtype=np.int64)], [np.empty(0, dtype=np.int64)]
    whole = tiles[is_whole]
    for some in range(0, len(whole), search.rows_at_once):
        own = whole[some : some + search.rows_at_once]
        row, place = np.divmod(search.find(chunks[own - samples.begin - context], rate_hz), chunks.shape[1])
        chunk_tick = (own[row] - context) * TICKS_PER_TILE
        tile.append(own[row])
        tick.append(chunk_tick + place * part.ticks_per_sample)
        since.append(chunk_tick)
    for number in np.flatnonzero(~is_whole).tolist():
        one = int(tiles[number])
        covered[number] = 0
        for first_tick, ticks, ticks_searched in _in_stretches(search, samples, one, rate_hz):
            covered[number] += ticks_searched
            tile.append(np.full(len(ticks), one))
            tick.append(ticks)
            since.append(np.full(len(ticks), first_tick))
    every_tile, every_tick, every_since = (np.concatenate(each) for each in (tile, tick, since))
    low = every_tile * TICKS_PER_TILE - search.guard_ticks
    place = np.flatnonzero((every_tick >= low - SHAKE_TICKS) & (every_tick < low + TICKS_PER_TILE))
    place = place[np.argsort(every_tile[place], kind="stable")]
    is_searched = covered > 0
    return SearchedSignal(
        part.signal, samples.values, part.first_tick, part.ticks_per_sample, tiles[is_searched], covered[is_searched],
        every_tile[place], every_tick[place], every_since[place],
    )  # fmt: skip


def _in_stretches(search: Search, samples: _Samples, tile: int, rate_hz: float) -> Iterator[tuple[int, Whole, int]]:
    """Yield first tick, beats and searched ticks of each stretch of a tile with a gap, or with less before it."""
    first_tile, step = max(tile - search.context_tiles, samples.begin), samples.part.ticks_per_sample
    low, high = (edge * TICKS_PER_TILE - search.guard_ticks for edge in (tile, tile + 1))
    chunk, least = samples.between(first_tile, tile + 1), int(search.shortest_s * rate_hz) + 1
    for stretch in observed_stretches(chunk, first_tile * TICKS_PER_TILE, step, least):
        if stretch.last_tick >= low - SHAKE_TICKS and stretch.first_tick < high:
            ticks = stretch.first_tick + search.find(stretch.values[None], rate_hz) * step
            searched = max(min(stretch.last_tick + step, high) - max(stretch.first_tick, low), 0)
            yield stretch.first_tick, ticks, searched

"""Whom a beat is credited to, the interval before it, and what the signal did in that interval.

Belongs here: which of two beats too close together stands, intervals, cycles, and the rows. Does not belong here:
finding beats (`block_search`) and the order of blocks (`beats`).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from mimic_assets.schemas.tables import WAVEFORM_BEATS
from mimic_assets.schemas.vocabulary import BeatKind
from mimic_assets.timeline import TICKS_PER_TILE
from mimic_assets.waveforms.block_search import SearchedSignal
from mimic_assets.waveforms.searches import Search

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
_DECIMALS = 6
_UNKNOWN = -1
_TICK_SHIFT, _SIGNAL_SHIFT = 3, 50
"""Bits of a row's place in the order: its kind, eight at most, below its tick, below its signal."""
_ROW: dict[str, Any] = {
    name: WAVEFORM_BEATS.schema[name]
    for name in ("signal", "tick", "kind", "known_tick", "interval_ticks", "cycle_low", "cycle_high", "cycle_mean")
}


@dataclass(frozen=True, slots=True)
class Credits:
    """Rows of one signal and kind in one block."""

    signal: str
    kind: BeatKind
    tick: Whole
    known_tick: Whole
    interval_ticks: Whole
    """_UNKNOWN where there is none."""
    cycles: Floats
    """[lowest, highest, mean; row]; NaN where there is none."""

    def chosen(self, rows: Flags) -> "Credits":
        """Return some of the rows."""
        return Credits(
            self.signal, self.kind, self.tick[rows], self.known_tick[rows], self.interval_ticks[rows],
            self.cycles[:, rows],
        )  # fmt: skip


class Ledger:
    """The beats of one search along one record; remembers the one credited last."""

    def __init__(self, search: Search, units: dict[str, str], ticks_per_second: float) -> None:
        self.search = search
        self.units = units
        self._shortest, self._longest = (round(seconds * ticks_per_second) for seconds in search.interval_s)
        self._before: tuple[str, int] = ("", -(1 << 40))

    def credit(self, found: list[SearchedSignal]) -> list[Credits]:
        """Return the rows of a block that follows the one before.

        An interval is known where the beat before lies in the same stretch, at a plausible distance.
        """
        own = np.repeat(np.arange(len(found)), [len(each.tick) for each in found])
        order = np.argsort(_joined([each.tile for each in found]), kind="stable")
        tile, tick, since = (
            _joined([getattr(each, name) for each in found])[order] for name in ("tile", "tick", "since")
        )
        own = own[order]
        taken = self._taken(tick)
        tile, tick, since, own = tile[taken], tick[taken], since[taken], own[taken]
        signal, last = self._before
        earlier = np.concatenate([[last], tick[:-1]])
        names = [each.signal for each in found]
        owner = np.concatenate([[names.index(signal) if signal in names else _UNKNOWN], own[:-1]])
        interval = tick - earlier
        interval[(owner != own) | (earlier < since) | (interval > self._longest)] = _UNKNOWN
        if len(tick):
            self._before = names[own[-1]], int(tick[-1])
        rows = []
        for number, each in enumerate(found):
            mine = own == number
            rows.append(self._beats(each, tile[mine], tick[mine], interval[mine]))
            known = _known(each.searched_tile)
            none = np.full((3, len(known)), np.nan)
            rows.append(Credits(each.signal, BeatKind.SEARCH, known, known, each.searched_ticks, none))
        return rows

    def _taken(self, ticks: Whole) -> Flags:
        """Return which beats stand: those at least the shortest interval after the one that stood before them."""
        stands = np.ones(len(ticks), dtype=np.bool_)
        is_close = np.diff(ticks, prepend=self._before[1]) < self._shortest
        standing = -1
        for close in np.flatnonzero(is_close).tolist():
            if close > standing:
                last, standing = int(ticks[close - 1]) if close else self._before[1], close
                while standing < len(ticks) and ticks[standing] - last < self._shortest:
                    stands[standing] = False
                    standing += 1
        return stands

    def _beats(self, found: SearchedSignal, tile: Whole, tick: Whole, interval: Whole) -> Credits:
        cycles = np.full((3, len(tick)), np.nan)
        has_cycle = interval != _UNKNOWN
        if self.search.has_cycles and has_cycle.any():
            end = (tick[has_cycle] - found.first_tick) // found.ticks_per_sample
            length = interval[has_cycle] // found.ticks_per_sample
            cycles[:, has_cycle] = _cycles(found.values, end - length, end)
        return Credits(found.signal, self.search.beat_kind, tick, _known(tile), interval, cycles)


def _cycles(values: Floats, begin: Whole, end: Whole) -> Floats:
    """Return lowest, highest and mean of the parts `[begin, end)`, which ascend."""
    edges = np.stack([begin, end], axis=1).reshape(-1)[:-1]
    own = values[: end[-1]]
    measured = [way.reduceat(own, edges)[::2] for way in (np.minimum, np.maximum, np.add)]
    measured[2] = measured[2] / (end - begin)
    return np.round(np.stack(measured), _DECIMALS)


def _known(tile: Whole) -> Whole:
    return (tile + 1) * TICKS_PER_TILE - 1


def _joined(parts: list[Whole]) -> Whole:
    return np.concatenate([np.empty(0, dtype=np.int64), *parts])


def settled_before(credited: list[Credits], tick: int) -> tuple[list[Credits], list[Credits]]:
    """Return the rows before a tick, and the rest."""
    settled, waiting = [], []
    for each in credited:
        is_before = each.tick < tick
        if is_before.all():
            settled.append(each)
        else:
            settled.append(each.chosen(is_before))
            waiting.append(each.chosen(~is_before))
    return settled, waiting


def rows_of(credited: list[Credits]) -> pl.DataFrame:
    """Return a frame of the rows, sorted by signal, tick and kind, without subject and record.

    Sorted by one whole number per row, which is several times cheaper than by two columns of text.
    """
    lengths = [len(each.tick) for each in credited]
    signal, signals = _numbered([each.signal for each in credited], lengths)
    kind, kinds = _numbered([each.kind.value for each in credited], lengths)
    tick = _joined([each.tick for each in credited])
    order = np.argsort((signal << _SIGNAL_SHIFT) + (tick << _TICK_SHIFT) + kind, kind="stable")
    interval = _joined([each.interval_ticks for each in credited])[order]
    cycles = np.concatenate([np.empty((3, 0)), *(each.cycles for each in credited)], axis=1)[:, order]
    columns = {
        "signal": signals[signal[order]],
        "tick": tick[order],
        "kind": kinds[kind[order]],
        "known_tick": _joined([each.known_tick for each in credited])[order],
        "interval_ticks": _with_null(np.where(interval == _UNKNOWN, np.nan, interval)).cast(pl.Int64),
        "cycle_low": _with_null(cycles[0]), "cycle_high": _with_null(cycles[1]), "cycle_mean": _with_null(cycles[2]),
    }  # fmt: skip
    return pl.DataFrame(columns, schema=_ROW)


def _with_null(values: Floats) -> pl.Series:
    """Return values, null where they are NaN; no query, which costs more than the column."""
    return pl.Series(values, nan_to_null=True)


def _numbered(names: list[str], lengths: list[int]) -> tuple[Whole, pl.Series]:
    """Return the place of each row's name among the names in order, and those."""
    ordered = sorted(set(names))
    place = {name: number for number, name in enumerate(ordered)}
    numbers = np.array([place[name] for name in names], dtype=np.int64)
    return np.repeat(numbers, lengths), pl.Series(ordered, dtype=pl.String)

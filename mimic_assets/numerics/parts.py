"""Numerics of a patient in parts that can be judged one by one: cut where no tick lies on both sides.

Belongs here: where to cut. Does not belong here: the judgement (`flags`), which looks at cells of the same tick and
at nothing else. Monitors send some rows again later, so ticks step back here and there: a part reaches as far as they
do, and ticks that fall over the whole record make it one part.
"""

from collections.abc import Iterator

import numpy as np
import polars as pl
from numpy.typing import NDArray

AT_ONCE = 1 << 17
"""Rows that are read at once: two row groups of what is stored."""
_BLOCKS_OF_TICKS = 4
"""How many times as many where it is only for two columns."""
_AFTER_ALL = 2**62
_ALONE = -1
_Ticks = NDArray[np.int64]


def whole_ticks(rows: pl.LazyFrame, last_ticks: pl.DataFrame, at_once: int = AT_ONCE) -> Iterator[pl.DataFrame]:
    """Yield the rows in their order, in parts such that no tick of a record has rows in two of them.

    Args:
        rows: `record_id`, `tick` and more, sorted by record.
        last_ticks: `record_id`, `record_last_tick` of the records that are known; rows without a tick, or with one
            outside the record, are judged alone, so they may lie in any part.
        at_once: rows that are read at once; parts have about as many where ticks rise.
    """
    ends = dict(last_ticks.select("record_id", "record_last_tick").iter_rows())
    smallest = _smallest_ticks(rows, last_ticks, at_once)
    held: list[pl.DataFrame] = []
    highest, read, block = _ALONE, -1, pl.DataFrame()
    for place, (number, record_id, _) in enumerate(smallest):
        if number != read:
            read, block = number, rows.slice(number * at_once, at_once).collect()
        own = block.filter(pl.col("record_id") == record_id)
        if place + 1 == len(smallest) or smallest[place + 1][1] != record_id:
            yield pl.concat([*held, own])
            held, highest = [], _ALONE
            continue
        ticks = _ticks_inside(own, ends.get(record_id))
        cut = _last_cut(ticks, highest, smallest[place + 1][2])
        if cut:
            yield pl.concat([*held, own.head(cut)])
            held, highest = [], _ALONE
        held.append(own.slice(cut))
        highest = int(ticks[cut:].max(initial=highest))


def _smallest_ticks(rows: pl.LazyFrame, last_ticks: pl.DataFrame, at_once: int) -> list[tuple[int, int, int]]:
    """Return (block, record, smallest tick inside the record in this block or a later one), in order."""
    inside = pl.col("tick").is_between(0, pl.col("record_last_tick").fill_null(_AFTER_ALL))
    found: list[tuple[int, int, int]] = []
    step, start = at_once * _BLOCKS_OF_TICKS, 0
    while (ticks := rows.select("record_id", "tick").slice(start, step).collect()).height:
        blocks = (
            ticks.with_row_index("row", start)
            .join(last_ticks, on="record_id", how="left", maintain_order="left")
            .group_by(pl.col("row") // at_once, "record_id", maintain_order=True)
            .agg(pl.col("tick").filter(inside).min().fill_null(_AFTER_ALL))
        )
        found += blocks.iter_rows()
        start += step
    smallest = _AFTER_ALL
    for place in reversed(range(len(found))):
        number, record_id, tick = found[place]
        is_last = place + 1 == len(found) or found[place + 1][1] != record_id
        smallest = tick if is_last else min(tick, smallest)
        found[place] = number, record_id, smallest
    return found


def _ticks_inside(rows: pl.DataFrame, last_tick: int | None) -> _Ticks:
    """Return the tick of each row; `_ALONE` of one that is judged alone."""
    end = _AFTER_ALL if last_tick is None else last_tick
    return rows.select(pl.when(pl.col("tick").is_between(0, end)).then("tick").otherwise(_ALONE))["tick"].to_numpy()


def _last_cut(ticks: _Ticks, highest: int, later: int) -> int:
    """Return the largest number of first rows such that all ticks up to there are before all others.

    Args:
        ticks: of the rows.
        highest: the largest tick of what is held from before.
        later: the smallest tick of what follows.
    """
    before = np.maximum(np.maximum.accumulate(ticks), highest)
    others = np.append(np.where(ticks == _ALONE, _AFTER_ALL, ticks)[1:], later)
    after = np.minimum.accumulate(others[::-1])[::-1]
    cuts = np.flatnonzero(before < after)
    return int(cuts[-1]) + 1 if len(cuts) else 0

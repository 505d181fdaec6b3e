"""`waveform_beats`: QRS complexes, pulse onsets and breaths of a record, each with the tick from which it is known.

Belongs here: walking records block by block, and the rows in parts. Does not belong here: detectors (`searches` names
them), what is found in a block of tiles (`block_search`), whom a beat is credited to and the interval before it
(`crediting`), and what is made of beats (`features`).

A tile is searched in its own samples and those of one tile before (three for breaths), stretch by stretch: no detector
sees a gap. A detector needs a moment after a beat to be sure of it, so tile t is credited with the beats of the ten
seconds that end `guard_ticks` before its end, and the last ones are found again, and credited, with the tile after it.
A beat within the shortest plausible interval of the one credited before is that one found twice, and dropped. So a row
depends on no sample after its `known_tick`, and hardly ever on one more than three tiles before its tile (six for
breaths): further back only through which of two beats too close together came first.

Not searched: the record's last moments, which no whole tile follows; records of another frame rate than about 62.5 Hz;
samples in another unit than the signal's first segment has.
"""

from collections.abc import Iterator

import polars as pl

from mimic_assets.schemas.judged import JudgedParts, rejected_frame
from mimic_assets.schemas.tables import WAVEFORM_BEATS
from mimic_assets.signals import OpenSignals, SignalReader
from mimic_assets.timeline import TICKS_PER_FRAME, TICKS_PER_TILE, whole_tiles_by
from mimic_assets.waveforms.block_search import SHAKE_TICKS, search_block
from mimic_assets.waveforms.crediting import Credits, Ledger, rows_of, settled_before
from mimic_assets.waveforms.searches import SEARCHES, Search, in_order
from mimic_assets.waveforms.signal_kinds import kind_of
from mimic_assets.waveforms.tiles import is_usual_rate, ticks_of, tile_blocks

TILES_PER_BLOCK = 60
_BLOCKS_PER_PART = 18
"""Three hours, some 50,000 rows: a part costs some milliseconds to judge and to write, whatever its size."""
_MOST_CONTEXT_TILES = max(search.context_tiles for search in SEARCHES)
_MOST_GUARD_TICKS = max(search.guard_ticks for search in SEARCHES)
_WARM_UP_TILES = 5
"""Searched before the first tile whose rows are kept, so that the beat credited before it is the same."""
_NEIGHBOURS_TILES = 2
"""A beat's RR interval is compared with the one before it."""


def find_beats(raw_records: pl.DataFrame, open_signals: OpenSignals, last_tiles: int | None = None) -> JudgedParts:
    """Return `waveform_beats` of one patient.

    Args:
        raw_records: rows of one patient, sorted as the table says.
        open_signals: gives the reader of a record from its rows.
        last_tiles: only the beats known from so many tiles at the end of each record, and from the few before them that
            theirs are compared with; all where None. Rows are the same either way.

    Returns:
        Rows sorted by record, signal, tick and kind, in parts of some hours of a record with all of its signals.
        Memory holds one part and one block of samples. Per tile one signal of each kind is searched: the first in the
        order of `searches` of which at least half of the tile is observed and changes. Nothing is rejected: what is
        wrong with a file is said by the stage that reads it.

    Time:    a row depends on no sample after its `known_tick`.
    Missing: a tile without a row of kind `search` was not searched; one with it and no beat had none to be found.
    """
    parts = (
        part
        for rows in raw_records.partition_by("record_id", maintain_order=True)
        if whole_tiles_by(rows["record_last_tick"][0])
        for part in beats_of_record(rows, open_signals(rows), last_tiles)
    )
    return JudgedParts(WAVEFORM_BEATS, parts, rejected_frame([]), runs=("record_id", "signal"))


def beats_of_record(rows: pl.DataFrame, reader: SignalReader, last_tiles: int | None = None) -> Iterator[pl.DataFrame]:
    """Yield parts of `waveform_beats` of one record, as `find_beats` does.

    Args:
        rows: of `raw_records`, one record.
        reader: of its samples.
        last_tiles: as in `find_beats`.
    """
    ticks_per_second = float(rows["counter_frequency_hz"][0])
    if not is_usual_rate(ticks_per_second / TICKS_PER_FRAME):
        return
    count = whole_tiles_by(reader.last_tick)
    first_tile = 0 if last_tiles is None else max(count - last_tiles - _NEIGHBOURS_TILES, 0)
    units = dict(rows.sort("segment_index", descending=True).select("signal", "unit").iter_rows())
    identifiers = {name: pl.lit(rows[name][0]) for name in ("subject_id", "record_id")}
    for part in _walk(units, reader, ticks_per_second, max(first_tile - _WARM_UP_TILES, 0), count):
        kept = part.filter(pl.col("known_tick") >= first_tile * TICKS_PER_TILE) if first_tile else part
        if kept.height:
            yield kept.select(
                identifiers.get(name, pl.col(name)).cast(dtype).alias(name)
                for name, dtype in WAVEFORM_BEATS.schema.items()
            )


def _walk(
    units: dict[str, str], reader: SignalReader, ticks_per_second: float, start: int, count: int
) -> Iterator[pl.DataFrame]:
    """Yield what is found in the tiles `[start, count)`, sorted by signal, tick and kind within each part.

    A tile is credited with beats that lie before the end of the one before it, so rows that the next part may overtake
    wait for it: those of the last two seconds.

    Args:
        units: of the record's signals.
        reader: of the record.
        ticks_per_second: of its clock.
        start, count: tiles.
    """
    own = {search: _signals_of(search, reader, units) for search in SEARCHES}
    ledgers = [Ledger(search, names, ticks_per_second) for search, names in own.items() if names]
    names = [name for ledger in ledgers for name in ledger.units]
    credited: list[Credits] = []
    for number, (first, after) in enumerate(tile_blocks(start, count if names else start, TILES_PER_BLOCK), 1):
        block = reader.read(names, *ticks_of(max(first - _MOST_CONTEXT_TILES, 0), after))
        for ledger in ledgers:
            credited += ledger.credit(search_block(ledger.search, ledger.units, block, first, after, ticks_per_second))
        is_last = after == count
        if is_last or number % _BLOCKS_PER_PART == 0:
            open_tick = after * TICKS_PER_TILE - _MOST_GUARD_TICKS - SHAKE_TICKS
            settled, credited = (credited, []) if is_last else settled_before(credited, open_tick)
            yield rows_of(settled)


def _signals_of(search: Search, reader: SignalReader, units: dict[str, str]) -> dict[str, str]:
    """Return the signals that a search may take, in the order of preference, with their units.

    A signal is of one kind, and a kind of one search: no other yields rows of it.
    """
    names = [name for name in reader.signals if kind_of(name, units.get(name, "")) is search.signal_kind]
    return {name: units[name] for name in in_order(names, search)}

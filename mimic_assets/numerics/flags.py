"""One flag per cell: the first of the vocabulary's list that applies.

Belongs here: the order of the flags and the rule behind each. Does not belong here: the catalogue (`parameters`), the
triples (`pressure`), tables (`clean`). Every rule looks at the cell itself, at its own tick, or at earlier source rows
of the same tick: deleting what comes after a tick changes no flag at or before it.
"""

import polars as pl

from mimic_assets.numerics.pressure import judge_triples
from mimic_assets.schemas.vocabulary import Flag


def flag_cells(cells: pl.DataFrame) -> pl.Series:
    """Return the flag of each cell, in order.

    Args:
        cells: in source order, with `record_id`, `tick`, `value` (canonical), `is_text`, `name` (canonical parameter,
            null where unknown), `is_unit_known`, `low`, `high`, `includes_low`, `includes_high`, `is_zero_no_signal`,
            `site`, `role`, `record_last_tick` (null where the record is not known: then only ticks below 0 are
            outside).

    Returns:
        Column `flag`. A cell repeats or contradicts an earlier one when record, tick and parameter are the same and
        both are numbers of a known parameter inside the record; the first of them is judged as if alone.
    """
    numbered = cells.with_row_index("cell").with_columns(
        early=pl.when(pl.col("is_text"))
        .then(pl.lit(Flag.NOT_A_NUMBER.value))
        .when(pl.col("tick").is_null())
        .then(pl.lit(Flag.BAD_TICK.value))
        .when(pl.col("name").is_null())
        .then(pl.lit(Flag.UNKNOWN_PARAMETER.value))
        .when(~pl.col("is_unit_known"))
        .then(pl.lit(Flag.UNKNOWN_UNIT.value))
        .when(((pl.col("tick") < 0) | (pl.col("tick") > pl.col("record_last_tick"))).fill_null(False))
        .then(pl.lit(Flag.OUTSIDE_RECORD.value))
    )
    sound = numbered.filter(pl.col("early").is_null())
    is_first = sound.select(pl.struct("record_id", "name", "tick").is_first_distinct()).to_series()
    firsts = sound.filter(is_first)
    late = pl.concat(
        [
            _flag_later(sound.filter(~is_first), firsts),
            judge_triples(firsts.filter(pl.col("site").is_not_null())).rename({"pressure_flag": "late"}),
        ]
    )
    value, low, high = pl.col("value"), pl.col("low"), pl.col("high")
    is_below = (value < low) | ((value == low) & ~pl.col("includes_low"))
    is_above = (value > high) | ((value == high) & ~pl.col("includes_high"))
    is_repeat = pl.col("late").is_in([Flag.REPEAT.value, Flag.CONFLICT.value])
    return (
        numbered.join(late, on="cell", how="left", maintain_order="left")
        .select(
            flag=pl.when(pl.col("early").is_not_null())
            .then("early")
            .when(is_repeat)
            .then("late")
            .when(is_below | is_above)
            .then(pl.lit(Flag.OUT_OF_RANGE.value))
            .when(pl.col("is_zero_no_signal") & (value == 0))
            .then(pl.lit(Flag.NO_SIGNAL.value))
            .when(pl.col("late").is_not_null())
            .then("late")
            .otherwise(pl.lit(Flag.OK.value))
        )
        .to_series()
    )


def _flag_later(later: pl.DataFrame, firsts: pl.DataFrame) -> pl.DataFrame:
    """Return `cell` and `late` (repeat or conflict) of cells after one of the same record, tick and parameter."""
    key = ["record_id", "name", "tick"]
    known = firsts.join(later.select(key).unique(), on=key, how="semi").select(*key, first_value="value")
    return later.join(known, on=key, how="left", maintain_order="left").select(
        "cell",
        late=pl.when(pl.col("value") == pl.col("first_value"))
        .then(pl.lit(Flag.REPEAT.value))
        .otherwise(pl.lit(Flag.CONFLICT.value)),
    )

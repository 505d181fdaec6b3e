"""Which rows a `Selection` means: clinical rows by item, code, text and value; monitor values by parameter.

Belongs here: filtering, and the extract cut by table so that it is filtered once. Does not belong here: what a selected
row becomes (`row_rules`), or what its times mean.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import polars as pl

from mimic_assets.events.definition import CLINICAL_TABLES, CodeList, Selection
from mimic_assets.events.texts import saying
from mimic_assets.schemas.judged import Rows
from mimic_assets.schemas.tables import CLINICAL_EXTRACT
from mimic_assets.schemas.vocabulary import Flag
from mimic_assets.stretches import stretches


@dataclass(frozen=True, slots=True)
class Sources:
    """What events are found in, of any number of subjects."""

    tables: dict[str, pl.DataFrame]
    """Rows of `clinical_extract` by source table, sorted by (subject, source row)."""
    numerics: Sequence[Rows]
    """Rows of `cleaned_numerics`: records ascending, and stretches of ticks within a record (`stretches`)."""

    @classmethod
    def of(cls, clinical_extract: pl.DataFrame, cleaned_numerics: Rows, charted_items: Collection[int]) -> "Sources":
        """Return the sources, cut by table; of charted rows only these items, since vital signs are most of them."""
        is_wanted = (pl.col("source_table") != "chartevents") | pl.col("item_id").is_in(sorted(charted_items))
        rows = clinical_extract.filter(is_wanted).sort("source_table", "subject_id", "source_row")
        parts = rows.partition_by("source_table", as_dict=True, maintain_order=True)
        empty = CLINICAL_EXTRACT.empty()
        names = (*CLINICAL_TABLES, "icustays", "poe", "poe_detail")
        return cls({name: parts.get((name,), empty) for name in names}, stretches(cleaned_numerics))

    def select(self, selection: Selection) -> pl.DataFrame:
        """Return the rows of a clinical table that a selection means."""
        rows = self.tables[selection.table]
        if rows.is_empty():
            return rows
        wanted: list[pl.Expr] = []
        if selection.items:
            wanted.append(pl.col("item_id").is_in(selection.items))
        if selection.codes:
            wanted.append(pl.any_horizontal(_holds(listed) for listed in selection.codes))
        if selection.void_statuses:
            wanted.append(~pl.col("value_text").is_in(selection.void_statuses).fill_null(False))
        if selection.above is not None or selection.below is not None:
            wanted.append(_is_beyond(selection))
        rows = rows.filter(*wanted) if wanted else rows
        if rows.height and (selection.patterns or selection.refused_patterns):
            texts = saying(rows["value_text"], selection.patterns or (".",), selection.refused_patterns)
            rows = rows.filter(pl.col("value_text").is_in(texts))
        return rows


def is_shown(selection: Selection) -> pl.Expr:
    """Return whether a row of `cleaned_numerics` is meant: a usable value with a time, beyond the limit."""
    is_usable = (pl.col("flag") == Flag.OK.value) & pl.col("time").is_not_null()
    return pl.col("parameter").is_in(selection.parameters) & is_usable & _is_beyond(selection)


def _is_beyond(selection: Selection) -> pl.Expr:
    """Return whether the value lies beyond the limit; a missing value does not."""
    if selection.above is not None:
        return (pl.col("value") > selection.above).fill_null(False)
    if selection.below is not None:
        return (pl.col("value") < selection.below).fill_null(False)
    return pl.lit(True)


def is_within(selection: Selection) -> pl.Expr:
    """Return whether a row says that the value does not lie beyond the limit: as a number, or as text, such as `<0.01`.

    A row without a value, or with a text that is no bound (a spoiled sample), says nothing.
    """
    bound = "<" if selection.above is not None else ">"
    is_below_scale = pl.col("value").is_null() & pl.col("value_text").str.strip_chars_start().str.starts_with(bound)
    return ((pl.col("value").is_not_null() & ~_is_beyond(selection)) | is_below_scale).fill_null(False)


def _holds(listed: CodeList) -> pl.Expr:
    """Return whether a row's code is one of the list."""
    code = pl.col("code")
    is_one = code.is_in(listed.codes)
    for prefix in listed.prefixes:
        is_one = is_one | code.str.starts_with(prefix)
    found = (pl.col("code_version") == listed.version) & is_one & ~code.is_in(listed.but_not)
    return found.fill_null(False)

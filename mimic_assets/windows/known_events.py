"""When an event was known: an index time that hangs on an event may not come before somebody could know of it.

Belongs here: the time by which every row an event rests on had been written down. Does not belong here: when it
happened (`targets`).
"""

import polars as pl

from mimic_assets.windows.microseconds import AFTER_ALL, to_microseconds


def known_times(
    clinical_events: pl.DataFrame, clinical_extract: pl.DataFrame, charted_known_after_s: int
) -> dict[str, int]:
    """Return for each event the microseconds at which the last of its sources was known; AFTER_ALL where it never is.

    A charted row is known at its storetime, not before it is said; without storetime, `charted_known_after_s` after its
    time. Monitor values are known at the end of their episode. A row without a time (a code) and a reviewer's decision
    are known to nobody at the bedside.

    Args:
        clinical_events: of some patients.
        clinical_extract: rows of the same patients.
        charted_known_after_s: seconds after charttime at which a row without storetime is known.
    """
    said = pl.coalesce("death_time", "start_time")
    rows = clinical_extract.select(
        "subject_id",
        source=pl.format("{}:{}", "source_table", "source_row"),
        known=pl.coalesce(
            pl.max_horizontal("store_time", pl.when(pl.col("store_time").is_not_null()).then(said)),
            said + pl.duration(seconds=charted_known_after_s),
        ),
    )
    named = clinical_events.select(
        "subject_id", "event_id", source="sources", ended=pl.coalesce("event_end_time", "event_time")
    ).explode("source")
    is_monitored = pl.col("source").str.starts_with("cleaned_numerics:")
    joined = named.join(rows, on=["subject_id", "source"], how="left").with_columns(
        known=pl.when(is_monitored).then("ended").otherwise("known")
    )
    latest = to_microseconds(joined["known"], AFTER_ALL).tolist()
    found: dict[str, int] = {}
    for event_id, known in zip(joined["event_id"].to_list(), latest, strict=True):
        found[event_id] = max(found.get(event_id, known), known)
    return found

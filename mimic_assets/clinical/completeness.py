"""When the absence of rows says nothing: a table that did not arrive whole proves no absence of an event."""

import polars as pl

WHOLE_FILE_RULES = frozenset({"missing_table", "truncated_gzip", "missing_column", "unreadable_table", "empty_file"})
"""Rules of defects that lose rows of unknown subjects, or all of them."""
_EVIDENCE = ("deathtime", "dod", "admittime", "dischtime", "intime", "outtime", "starttime", "charttime", "ordertime")
"""Columns whose unreadable cell hides when something happened."""
_LOST_ROWS = ("malformed_row", "unbalanced_quote", "bad_subject_id")
"""Rules of lines that were not used: what they said is unknown."""
_BROAD = ("chartevents", "inputevents", "labevents")
"""Tables of so many lines that one whose subject cannot be read does not cast doubt on everybody."""


def incomplete_tables(rejected: pl.DataFrame, subject_id: int | None = None) -> frozenset[str]:
    """Return the clinical tables from which no negative may be concluded, such as `admissions`.

    Args:
        rejected: rows of `rejected_inputs`; those of other stages are passed over.
        subject_id: also count tables in which a time of this subject could not be read (a death at an unreadable
            time must not become a survivor), tables that lost a line of this subject, and, but for the largest ones,
            tables that lost a line of nobody knows whom. Without it only defects of whole files count.
    """
    own = pl.col("table") == "clinical_extract"
    hides = pl.col("rule").is_in(sorted(WHOLE_FILE_RULES))
    if subject_id is not None:
        columns = [pl.col("place").str.ends_with(f", column {name}") for name in _EVIDENCE]
        mine, nobodys = pl.col("subject_id") == subject_id, pl.col("subject_id").is_null()
        is_broad = pl.col("file").str.contains(rf"(^|/)({'|'.join(_BROAD)})(\.|$)")
        lost = pl.col("rule").is_in(_LOST_ROWS)
        lost |= (pl.col("rule") == "bad_value") & pl.col("place").str.ends_with(", column itemid")
        hides |= mine & (pl.col("rule") == "bad_value") & pl.any_horizontal(columns)
        hides |= lost & (mine.fill_null(False) | (nobodys & ~is_broad))
    files = rejected.filter(own & hides).get_column("file")
    return frozenset(file.rpartition("/")[2].partition(".")[0].lower() for file in files)

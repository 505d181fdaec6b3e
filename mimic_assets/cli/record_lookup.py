"""Finding a record of the lake by its number, and what to say when there is none of that number."""

from difflib import get_close_matches

import polars as pl

from mimic_assets.errors import RequestError
from mimic_assets.schemas.tables import RAW_RECORDS, RECORD_STAYS
from mimic_assets.storage.lake import Lake

_LIST_RECORDS = 'mimic-assets sql "SELECT DISTINCT record_id, subject_id FROM raw_records LIMIT 20"'
_AT_MOST = 5


def find_subject(lake: Lake, record_id: int) -> int:
    """Return the subject a record belongs to.

    Raises:
        RequestError: the lake holds no such record; the message names those that were probably meant.
    """
    found = lake.scan(RAW_RECORDS).filter(pl.col("record_id") == record_id).select("subject_id").head(1).collect()
    if found.height:
        return int(found.item())
    known = lake.scan(RAW_RECORDS).select("record_id", "subject_id").unique().sort("record_id").collect()
    if known.is_empty():
        raise RequestError(
            f"The lake {lake.root.uri} holds no record yet. Make some with `mimic-assets demo` or `mimic-assets run`, "
            "or name the lake with --lake."
        )
    raise RequestError(f"No record {record_id} in the lake {lake.root.uri}. {_meant(lake, record_id, known)}")


def _meant(lake: Lake, number: int, known: pl.DataFrame) -> str:
    """Return which records were meant: those of a subject, stay or admission of that number, else near ones."""
    of_subject = known.filter(pl.col("subject_id") == number)["record_id"].to_list()
    if of_subject:
        return f"It is a subject; the records of it are {_listed(of_subject)}."
    for column, kind in (("stay_id", "an ICU stay"), ("hadm_id", "an admission")):
        stays = lake.scan(RECORD_STAYS).filter(pl.col(column) == number).select("record_id").unique().collect()
        if stays.height:
            return f"It is {kind}; the records of it are {_listed(sorted(stays['record_id'].to_list()))}."
    near = get_close_matches(str(number), [str(record) for record in known["record_id"]], n=_AT_MOST, cutoff=0.7)
    if near:
        return f"Did you mean {' or '.join(near)}? List them with\n  {_LIST_RECORDS}"
    some = _listed(known["record_id"].to_list())
    return f"It holds {known.height}: {some}. List them with\n  {_LIST_RECORDS}"


def _listed(records: list[int]) -> str:
    rest = len(records) - _AT_MOST
    return ", ".join(str(record) for record in records[:_AT_MOST]) + (f" and {rest} more" if rest > 0 else "")

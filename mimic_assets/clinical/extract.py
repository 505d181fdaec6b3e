"""`clinical_extract`: every table streamed once, its needed rows spooled by bucket, each bucket sorted and judged."""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

import polars as pl

from mimic_assets.clinical.blocks import BLOCK_BYTES
from mimic_assets.clinical.bucket_rows import numbered, sorted_rows
from mimic_assets.clinical.buckets import bucket_of
from mimic_assets.clinical.completeness import WHOLE_FILE_RULES
from mimic_assets.clinical.csv_files import as_source
from mimic_assets.clinical.defects import Defects
from mimic_assets.clinical.domain import domain_defects, without_repeated_stays
from mimic_assets.clinical.read_table import Progress, Reading
from mimic_assets.clinical.source import ClinicalSource
from mimic_assets.clinical.source_tables import SOURCE_TABLES, with_items
from mimic_assets.clinical.spool import Spool, spooling
from mimic_assets.file_tree import FileTree
from mimic_assets.schemas.judged import Judged, Rejection, rejected_frame

NO_MORE: Mapping[str, frozenset[int]] = {}


def extract(
    source: FileTree | ClinicalSource,
    buckets: int,
    wanted: Collection[int],
    spool: Path,
    progress: Progress | None = None,
    *,
    block_bytes: int = BLOCK_BYTES,
    more_items: Mapping[str, frozenset[int]] = NO_MORE,
) -> Iterator[tuple[int, Judged]]:
    """Yield (bucket, rows and rejections) for each wanted bucket, ascending; one without rows gives an empty frame.

    Every file is read once, before the first bucket is yielded. Defects of a whole file, and of lines whose subject is
    unknown, are told in every bucket; those of a known subject in its own. The same source gives the same rows whatever
    the buckets, the blocks or the order of the source's lines; only `place` speaks of lines.

    Args:
        source: the clinical source; a file tree has `hosp/` and `icu/` below it.
        buckets: how many there are; see `bucket_of`.
        wanted: those to make.
        spool: folder for temporary files, about as large as the rows that are kept.
        progress: called with table, bytes read and bytes of its file.
        block_bytes: how much text is held at once.
        more_items: by table, items that are read beside those every lake needs.

    Raises:
        ValueError: a wanted bucket is not below `buckets`.
    """
    if bad := sorted(b for b in wanted if not 0 <= b < buckets):
        raise ValueError(f"wanted bucket {bad[0]} found, 0 to {buckets - 1} expected")
    reading = Reading(buckets, frozenset(wanted), block_bytes, progress)
    tables = as_source(source)
    with spooling(spool) as spooled:
        tallies: dict[str, Defects] = {}
        for table in with_items(more_items):
            tallies[table.name] = defects = Defects(tables.place(table))
            for rows in tables.read(table, reading, defects):
                spooled.add(table.name, rows)
            spooled.flush(table.name)
        files = {name: defects.file for name, defects in tallies.items()}
        told = [rejection for defects in tallies.values() for rejection in defects.rejections()]
        has_admissions = not any(r.rule in WHOLE_FILE_RULES for r in tallies["admissions"].rejections())
        for bucket in sorted(reading.wanted):
            frame, repeated = without_repeated_stays(sorted_rows(_bucket_rows(spooled, bucket)), files["icustays"])
            frame = numbered(frame)
            of_rows = domain_defects(frame, files, has_admissions)
            here = (r for r in told if _is_told_in(r, bucket, buckets))
            yield bucket, Judged(frame, rejected_frame([*here, *repeated, *of_rows]))


def _is_told_in(rejection: Rejection, bucket: int, buckets: int) -> bool:
    return rejection.subject_id is None or bucket_of(rejection.subject_id, buckets) == bucket


def _bucket_rows(spooled: Spool, bucket: int) -> dict[str, pl.DataFrame]:
    """Return a bucket's rows by table, in no order."""
    found = {name: spooled.read(name, bucket) for name in SOURCE_TABLES}
    return {name: rows for name, rows in found.items() if rows is not None}

"""`mimic-assets record`: what there is of one record over its whole length, on a terminal or as a picture."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from mimic_assets.cli.options import ExistingLake
from mimic_assets.cli.output import check_png, damage_told, write_picture
from mimic_assets.settings import Settings, load_settings
from mimic_assets.storage.lake import Lake


def record(
    record_id: Annotated[int, typer.Argument(help="Number of a record, as in raw_records.", metavar="RECORD_ID")],
    lake: ExistingLake = None,
    output: Annotated[Path | None, typer.Option(help="Draw the record into this PNG file.", metavar="FILE.png")] = None,
) -> None:
    """Show what there is of a record over its whole length, before any window is cut from it.

    One line each, from the record's first sample to its last: its segments; every lead, where segments hold it and
    where its file is missing or damaged, with the share of usable tiles below it; how densely numerics come, by group;
    the ICU stays it overlaps; the events of its patient, each with the bounds of its time. What the lake does not hold
    is said at the end.

    Find a record: `mimic-assets sql "SELECT DISTINCT record_id, subject_id FROM raw_records"`.

    Example: `mimic-assets record 81739927 --output record.png`. A window of it: `mimic-assets show`.
    """
    check_png(output)
    settings = load_settings(lake=lake)
    with damage_told(settings.lake):
        _record(settings, record_id, output)


def _record(settings: Settings, record_id: int, output: Path | None) -> None:
    from mimic_assets.cli.record_coverage import gather_coverage
    from mimic_assets.cli.record_lookup import find_subject
    from mimic_assets.cli.record_text import print_record

    lake = Lake.open(settings.lake, settings.s3, create=False)
    coverage = gather_coverage(lake, find_subject(lake, record_id), record_id)
    print_record(coverage, Console(highlight=False))
    if output is not None:
        from mimic_assets.cli.record_picture import draw_record  # matplotlib takes half a second to import

        write_picture(output, draw_record(coverage))

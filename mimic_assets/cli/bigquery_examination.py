"""What `doctor` looks at in BigQuery: which clinical tables and columns the two data sets are short of.

Belongs here: reading descriptions of tables and saying what a run would miss. Nothing is queried or estimated, so
nothing is billed; a run does that.
"""

from collections.abc import Iterator

from mimic_assets.cli.examination import Finding, Status
from mimic_assets.clinical.defects import FileDefect
from mimic_assets.clinical.source_tables import SOURCE_TABLES
from mimic_assets.defs.making import Workshop
from mimic_assets.settings import Settings
from mimic_assets.sources.bigquery.source import BigQuerySource

_NAME = "clinical source"
_EDITIONS = "MIMIC-IV 2.x and 3.x have all of them: name such data sets with hosp= and icu=, or ask for access"


def examine_bigquery(settings: Settings, essential: tuple[str, ...]) -> Iterator[Finding]:
    """Name every table and column that is read and is not there.

    Args:
        settings: their clinical source is an address in BigQuery.
        essential: tables without whose rows no stay is known.

    Raises:
        RequestError: no credentials, a data set that is not there, or BigQuery refused or was lost.
    """
    source = Workshop(settings).clinical
    assert isinstance(source, BigQuerySource)
    defects = source.defects()
    readable = f"{len(SOURCE_TABLES) - len(defects)} of {len(SOURCE_TABLES)} tables can be read"
    found = f"{readable} in {source.address.hosp} and {source.address.icu}"
    if not defects:
        yield Finding(_NAME, Status.OK, found)
        return
    said = "; ".join(_said(name, defect) for name, defect in sorted(defects.items()))
    without = [table for table in essential if table in defects]
    if without:
        advice = f"{_EDITIONS}; without {', '.join(without)} no stay is known."
        yield Finding(_NAME, Status.PROBLEM, f"{found}: {said}", advice)
    else:
        advice = f"{_EDITIONS}; a run works, but where such a table could hold the event, stays have no negatives."
        yield Finding(_NAME, Status.WARNING, f"{found}: {said}", advice)


def _said(name: str, defect: FileDefect) -> str:
    if defect.rule == "missing_table":
        return f"no table {name}"
    found = defect.message.partition(", expected")[0] if defect.rule == "missing_column" else defect.message
    return f"{name}: {found}"

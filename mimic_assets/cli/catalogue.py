"""The catalogue of hindsight as a page: what `prove --catalogue` prints and `docs/hindsight.md` holds."""

from collections.abc import Iterator
from typing import Final

from mimic_assets.schemas.hindsight import SOURCE, Knowledge, Known, knowledge_of
from mimic_assets.schemas.tables import REJECTED_INPUTS, TABLES

SCHEMA_PAGE: Final = "docs/hindsight.md"


def catalogue_page() -> str:
    """Return the catalogue as Markdown: MIMIC-IV columns that are no inputs, then every column of our own tables."""
    return "\n\n".join(_parts()) + "\n"


def _parts() -> Iterator[str]:
    yield "# What was known when"
    yield (
        "Written by `mimic-assets prove --catalogue`. A task that names a column of the first table as an input, or "
        "one of ours that is not `known`, is refused with the reason."
    )
    yield "\n".join(f"- `{knowledge.value}`: {knowledge.sentence}." for knowledge in Knowledge)
    yield "## Columns of MIMIC-IV that are no inputs"
    yield _table([(f"`{name}`", known) for name, known in SOURCE.items()])
    yield "## Columns of our tables"
    rows: list[tuple[str, Known]] = []
    for table in (*TABLES.values(), REJECTED_INPUTS):
        grouped: dict[Known, list[str]] = {}
        for column in table.schema:
            known = knowledge_of(table.name, column)
            if known is not None:
                grouped.setdefault(known, []).append(f"`{column}`")
        rows += [(f"**{table.name}** {', '.join(columns)}", known) for known, columns in grouped.items()]
    yield _table(rows)


def _table(rows: list[tuple[str, Known]]) -> str:
    lines = ["| columns | | because |", "|---|---|---|"]
    return "\n".join([*lines, *(f"| {name} | {known.knowledge.value} | {known.reason} |" for name, known in rows)])

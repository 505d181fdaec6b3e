"""What a person has to hear about the rows that events were looked for in: lost times, texts nobody knows.

Belongs here: rows of `rejected_inputs` about source rows. Does not belong here: contradictions between events' sources
(`deaths`, `adjudication`).
"""

from collections.abc import Iterable, Sequence

import polars as pl

from mimic_assets.events.definition import Definition
from mimic_assets.events.selection import Sources
from mimic_assets.events.texts import known_texts, says
from mimic_assets.schemas.judged import Rejection
from mimic_assets.schemas.tables import CLINICAL_EVENTS


def lost_times(definition: Definition, findings: pl.DataFrame) -> list[Rejection]:
    """Return a rejection per subject and rule whose rows lack the time that the rule needs."""
    tables = {rule.name: rule.table for rule in definition.rules}
    lost = findings.filter(pl.col("tier") != pl.col("native_tier"))
    return [
        Rejection(
            table=CLINICAL_EVENTS.name,
            file="clinical_extract",
            place=f"{rows['sources'].explode()[0]}, column start_time",
            rule="event_without_time",
            message=f"found a row of {rule} without a time, or with one more than a day outside its admission, "
            f"expected one inside; it is kept as tier {rows['tier'][0]}",
            advice=f"Complete or correct the time of the row in {tables[rule]}.",
            subject_id=subject_id,
            count=int(rows["sources"].list.len().sum()),
        )
        for (subject_id, rule), rows in lost.partition_by(
            ["subject_id", "rule"], as_dict=True, maintain_order=True
        ).items()
    ]


def unknown_texts(definitions: Sequence[Definition], sources: Sources) -> list[Rejection]:
    """Return a rejection per subject and item with texts that no rule takes or refuses and nobody has listed as known.

    The text itself is not told, since it may hold anything; the place leads to it.
    """
    listed = known_texts()
    rows = sources.tables["chartevents"].filter(
        pl.col("item_id").is_in(list(listed)) & pl.col("value_text").is_not_null()
    )
    if rows.is_empty():
        return []
    counted: dict[int, list[str]] = {item: list(patterns) for item, patterns in listed.items()}
    for selection in (selection for definition in definitions for selection in definition.selections):
        if selection.table == "chartevents":
            for item in set(selection.items) & set(counted):
                counted[item] += [*selection.patterns, *selection.refused_patterns]
    unknown = [
        {"item_id": item, "value_text": text}
        for item, text in rows.select("item_id", "value_text").unique(maintain_order=True).iter_rows()
        if text.strip() and not says(text, counted[item])
    ]
    if not unknown:
        return []
    left = rows.join(
        pl.DataFrame(unknown, schema={name: rows.schema[name] for name in ("item_id", "value_text")}),
        on=["item_id", "value_text"], how="semi", maintain_order="left",
    )  # fmt: skip
    return list(_told(left))


def _told(left: pl.DataFrame) -> Iterable[Rejection]:
    for (subject_id, item), rows in left.partition_by(
        ["subject_id", "item_id"], as_dict=True, maintain_order=True
    ).items():
        yield Rejection(
            table=CLINICAL_EVENTS.name,
            file="chartevents",
            place=f"chartevents:{rows['source_row'][0]}, item {item}",
            rule="unknown_event_text",
            message=f"found {rows['value_text'].n_unique()} text(s) of item {item} that no rule knows, "
            "expected a listed one",
            advice="Read the row; add its words to the definition that means it, or to "
            "mimic_assets/events/known_texts.toml.",
            subject_id=subject_id,
            count=rows.height,
        )

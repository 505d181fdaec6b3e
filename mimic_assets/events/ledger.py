"""The ledger: every definition applied, every event a row of `clinical_events`.

Belongs here: which steps run in which order, and the shape of the table. Does not belong here: how any step works.
Takes any number of subjects at once; each subject's rows depend on that subject's alone.
"""

from collections.abc import Sequence

import polars as pl

from mimic_assets.events.adjudication import adjudicated
from mimic_assets.events.comfort_care import CODE_STATUS_ITEM
from mimic_assets.events.deaths import merge_once, with_comfort_class
from mimic_assets.events.definition import Definition, TimeKind
from mimic_assets.events.episodes import find_episodes, find_runs
from mimic_assets.events.evidence import names_near
from mimic_assets.events.findings import NO_FINDINGS
from mimic_assets.events.load import items_by_table
from mimic_assets.events.merging import EVENTS, merge
from mimic_assets.events.names import with_event_ids
from mimic_assets.events.reporting import lost_times, unknown_texts
from mimic_assets.events.row_rules import find_rows
from mimic_assets.events.selection import Sources
from mimic_assets.events.texts import known_texts
from mimic_assets.events.whereabouts import Whereabouts
from mimic_assets.schemas.judged import Judged, Rejection, Rows, rejected_frame
from mimic_assets.schemas.tables import CLINICAL_EVENTS

_ROW = "_row"


def find_events(
    definitions: Sequence[Definition],
    adjudications: pl.DataFrame,
    clinical_extract: pl.DataFrame,
    cleaned_numerics: Rows,
    record_stays: pl.DataFrame,
) -> Judged:
    """Return the clinical events of some subjects.

    Args:
        definitions: what counts as an event.
        adjudications: rows of `event_adjudications` of these subjects; may be empty.
        clinical_extract: rows of `clinical_extract`; may be empty.
        cleaned_numerics: rows of `cleaned_numerics`; may be empty.
        record_stays: rows of `record_stays`; may be empty.

    Returns:
        Rows of `clinical_events`, one per event with every source that speaks for or against it. Rejected:
        `death_times_disagree`, `event_without_time` (kept as tier D), `unknown_event_text`,
        `adjudication_without_event` and `adjudications_disagree`.

    Time:
        Tiers A and B have `lower_time <= event_time <= upper_time`, both ends closed; C and D have no event time.

    Source:
        Each rule's `source` in `events/definitions/*.toml`.
    """
    charted = {CODE_STATUS_ITEM, *known_texts(), *items_by_table(definitions).get("chartevents", ())}
    sources = Sources.of(clinical_extract, cleaned_numerics, charted)
    whereabouts = Whereabouts.of(sources.tables["admissions"], sources.tables["icustays"])
    rules = [rule for definition in definitions for rule in definition.rules if rule.time is TimeKind.EPISODE]
    runs = iter(find_runs(rules, sources.numerics))
    found: list[pl.DataFrame] = []
    rejections: list[Rejection] = []
    for definition in definitions:
        parts = [
            find_episodes(rule, next(runs), sources.numerics, record_stays, whereabouts)
            if rule.time is TimeKind.EPISODE
            else find_rows(rule, sources, whereabouts)
            for rule in definition.rules
        ]
        findings = pl.concat([NO_FINDINGS, *(part for part in parts if part.height)])
        if findings.is_empty():
            continue
        rejections += lost_times(definition, findings)
        events, disagreements = merge_once(findings) if definition.happens_once else (merge(definition, findings), [])
        rejections += disagreements
        found.append(with_event_ids(_judged(definition, events, sources), definition.name).with_columns(
            event=pl.lit(definition.name)
        ))  # fmt: skip
    rejections += unknown_texts(definitions, sources)
    empty = pl.DataFrame(schema={**EVENTS, "event_id": pl.String, "event": pl.String})
    frame, unapplied = adjudicated(pl.concat([empty, *found]), adjudications)
    rows = frame.select(pl.col(name).cast(dtype) for name, dtype in CLINICAL_EVENTS.schema.items())
    return Judged(rows.sort(CLINICAL_EVENTS.order), rejected_frame([*rejections, *unapplied]))


def _judged(definition: Definition, events: pl.DataFrame, sources: Sources) -> pl.DataFrame:
    """Return events with the class that evidence elsewhere gives them, and the rows that speak against them."""
    numbered = events.with_row_index(_ROW)
    for event_class, evidence in definition.marks:
        marked = names_near(numbered, [evidence], sources, _ROW)[_ROW].implode()
        is_marked = pl.col(_ROW).is_in(marked) & pl.col("event_time").is_not_null()
        numbered = numbered.with_columns(
            event_class=pl.when(is_marked).then(pl.lit(event_class.value)).otherwise("event_class")
        )
    timed = numbered.filter(pl.col("event_time").is_not_null())
    against = names_near(timed, definition.contradictions, sources, _ROW)
    if against.height:
        numbered = (
            numbered.join(against, on=_ROW, how="left", maintain_order="left")
            .with_columns(
                contradictions=pl.concat_list("contradictions", pl.col("names").fill_null([]))
                .list.unique(maintain_order=True)
                .list.set_difference("sources")
            )
            .drop("names")
        )
    if definition.happens_once:
        numbered = with_comfort_class(numbered, sources)
    return numbered.drop(_ROW)

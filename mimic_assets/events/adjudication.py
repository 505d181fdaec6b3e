"""What reviewers decided about events, joined on their names: accept, reject, retime.

Belongs here: reading a CSV of decisions, applying them, and saying which fit no event. Does not belong here: which
events are worth a look (`review`). A decision is kept for as long as its file is: rebuilding events applies it again.
"""

from collections.abc import Iterator
from io import BytesIO
from typing import Final

import polars as pl

from mimic_assets.events.names import NAME
from mimic_assets.schemas.judged import Judged, Rejection, rejected_frame
from mimic_assets.schemas.tables import CLINICAL_EVENTS, EVENT_ADJUDICATIONS
from mimic_assets.schemas.vocabulary import Adjudication, Decision, Tier

_SAYS: Final = {
    Decision.ACCEPT: Adjudication.ACCEPTED,
    Decision.REJECT: Adjudication.REJECTED,
    Decision.RETIME: Adjudication.RETIMED,
}
_MINUTE = pl.duration(seconds=60)
_REQUIRED: Final = ("event_id", "subject_id", "decision")
_TIMES: Final = ("new_event_time", "new_lower_time", "new_upper_time")


def read_adjudications(content: bytes, file: str) -> Judged:
    """Return the decisions of a CSV with a header, such as `mimic-assets events review` writes and a reviewer fills in.

    Lines without a decision are passed over. Refused are a file without the needed columns, and lines whose decision,
    ids or times cannot be read, or that retime without a time: they are told and not applied. Other columns are
    ignored.
    """
    try:
        cells = (
            pl.read_csv(BytesIO(content), infer_schema=False, truncate_ragged_lines=True) if content.strip() else None
        )
    except (pl.exceptions.ComputeError, pl.exceptions.NoDataError):
        cells = None
    if cells is None or (missing := [name for name in _REQUIRED if name not in cells.columns]):
        found = "no readable table" if cells is None else f"no column {', '.join(missing)}"
        rejection = Rejection(
            table=EVENT_ADJUDICATIONS.name,
            file=file,
            place="whole file",
            rule="unreadable_table",
            message=f"found {found}, expected a CSV with {', '.join(_REQUIRED)}",
            advice="Fill in the worklist that `mimic-assets events review` writes.",
        )
        return Judged(EVENT_ADJUDICATIONS.empty(), rejected_frame([rejection]))
    wanted = [field.name for field in EVENT_ADJUDICATIONS.columns if field.name != "source_row"]
    lines = cells.with_columns(pl.lit(None, pl.String).alias(name) for name in wanted if name not in cells.columns)
    lines = lines.select(pl.col(wanted).str.strip_chars().replace("", None)).with_row_index("source_row", 1)
    lines = lines.filter(pl.col("decision").is_not_null())
    typed = lines.with_columns(
        pl.col("source_row").cast(pl.Int64),
        pl.col("subject_id").cast(pl.Int64, strict=False),
        pl.col("decision").str.to_lowercase(),
        *(pl.col(name).str.replace("T", " ").str.to_datetime(time_unit="us", strict=False) for name in _TIMES),
    )  # fmt: skip
    decision = pl.col("decision")
    reasons = typed.select(
        "source_row",
        bad_value=pl.any_horizontal(
            ~pl.col("event_id").str.contains(NAME).fill_null(False),
            pl.col("subject_id").is_null(),
            *((pl.col(name).is_null() & lines[name].is_not_null()) for name in _TIMES),
        ),
        unknown_decision=~decision.is_in([value.value for value in Decision]),
        retimed_without_time=(decision == Decision.RETIME.value) & pl.col("new_event_time").is_null(),
        bounds_out_of_order=(pl.col("new_lower_time") > pl.col("new_event_time")).fill_null(False)
        | (pl.col("new_event_time") > pl.col("new_upper_time")).fill_null(False),
    )
    is_bad = reasons.select(pl.any_horizontal(pl.exclude("source_row"))).to_series()
    frame = typed.filter(~is_bad).select(pl.col(n).cast(t) for n, t in EVENT_ADJUDICATIONS.schema.items())
    return Judged(frame.sort(EVENT_ADJUDICATIONS.order), rejected_frame(_refused(reasons, file)))


def _refused(reasons: pl.DataFrame, file: str) -> Iterator[Rejection]:
    expected = {
        "bad_value": "an event_id like ev_0123456789abcdef, a subject_id of digits and times like 2180-07-23 12:36:00",
        "unknown_decision": f"one of {', '.join(value.value for value in Decision)}",
        "retimed_without_time": "new_event_time beside the decision retime",
        "bounds_out_of_order": "new_lower_time <= new_event_time <= new_upper_time",
    }
    for rule, sentence in expected.items():
        rows = reasons.filter(pl.col(rule))["source_row"]
        if len(rows):
            yield Rejection(
                table=EVENT_ADJUDICATIONS.name,
                file=file,
                place=f"line {rows[0] + 1}",
                rule=rule,
                message=f"found a decision that cannot be used, expected {sentence}",
                advice="Correct the line and materialise event_adjudications again; the decision was not applied.",
                count=len(rows),
            )


def adjudicated(events: pl.DataFrame, adjudications: pl.DataFrame) -> tuple[pl.DataFrame, list[Rejection]]:
    """Return events with their reviewers' decisions, and the decisions that could not be applied.

    A rejected event stays in the ledger, marked; nothing downstream counts it. A retimed one gets the reviewer's time
    and bounds (60 s before and after where none are given); of tier C or D it becomes B, timed and indirect. Where
    lines about one event differ, none is applied.

    Args:
        events: rows of `clinical_events` without adjudication, of any number of subjects.
        adjudications: rows of `event_adjudications` of the same subjects.
    """
    if adjudications.is_empty():
        return events.with_columns(adjudication=pl.lit(None, pl.String)), []
    keys, said = ["subject_id", "event_id"], ["decision", *_TIMES]
    by_line = adjudications.sort("source_row")
    distinct = by_line.unique([*keys, *said], keep="first", maintain_order=True)
    per_event = distinct.with_columns(count=pl.len().over("subject_id", "event_id"))
    conflicting = per_event.filter(pl.col("count") > 1)
    usable = per_event.filter(pl.col("count") == 1)
    orphans = usable.join(events, on=keys, how="anti").sort("source_row")
    joined = events.join(usable.select(*keys, *said, line="source_row"), on=keys, how="left", maintain_order="left")
    is_retimed = pl.col("decision") == Decision.RETIME.value
    time = pl.col("new_event_time")
    applied = joined.with_columns(
        adjudication=pl.col("decision").replace_strict(
            {decision.value: state.value for decision, state in _SAYS.items()}, default=None, return_dtype=pl.String
        ),
        tier=pl.when(is_retimed & pl.col("tier").is_in(["C", "D"])).then(pl.lit(Tier.B.value)).otherwise("tier"),
        event_time=pl.when(is_retimed).then(time).otherwise("event_time"),
        lower_time=pl.when(is_retimed).then(pl.coalesce("new_lower_time", time - _MINUTE)).otherwise("lower_time"),
        upper_time=pl.when(is_retimed).then(pl.coalesce("new_upper_time", time + _MINUTE)).otherwise("upper_time"),
        event_end_time=pl.when(is_retimed & (pl.col("event_end_time") < time)).then(None).otherwise("event_end_time"),
        sources=pl.when(pl.col("line").is_not_null())
        .then(pl.concat_list("sources", pl.format("event_adjudications:{}", "line")))
        .otherwise("sources"),
    ).select(*events.columns, "adjudication")
    return applied, [*_orphaned(orphans, events), *_in_conflict(conflicting)]


def _orphaned(orphans: pl.DataFrame, events: pl.DataFrame) -> Iterator[Rejection]:
    for rows in orphans.partition_by("subject_id", maintain_order=True):
        subject_id = int(rows["subject_id"][0])
        others = events.filter(subject_id=subject_id)["event_id"].to_list()
        near = f"; the subject's events are now {', '.join(others[:5])}" if others else "; the subject has no event now"
        yield Rejection(
            table=CLINICAL_EVENTS.name,
            file=EVENT_ADJUDICATIONS.name,
            place=f"event_adjudications:{rows['source_row'][0]}",
            rule="adjudication_without_event",
            message=f"found a decision about {rows['event_id'][0]}, expected an event of that name{near}",
            advice="Its time, day or admission changed, or its rule no longer finds it: review the event again.",
            subject_id=subject_id,
            count=rows.height,
        )


def _in_conflict(conflicting: pl.DataFrame) -> Iterator[Rejection]:
    for rows in conflicting.partition_by("subject_id", maintain_order=True):
        yield Rejection(
            table=CLINICAL_EVENTS.name,
            file=EVENT_ADJUDICATIONS.name,
            place=f"event_adjudications:{rows['source_row'][0]}",
            rule="adjudications_disagree",
            message=f"found {rows.height} different decisions about {rows['event_id'].n_unique()} event(s), "
            "expected one for each; none was applied",
            advice="Keep the line that stands and remove the others.",
            subject_id=int(rows["subject_id"][0]),
            count=rows.height,
        )

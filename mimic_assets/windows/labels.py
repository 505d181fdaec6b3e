"""clinical_labels: every index time of every ICU stay of a patient, with its label or the reason why there is none.

Only composition lives here; each idea has its own module. Labels look into the future, by design, through events,
follow-up and the end of the stay; care limitation and coverage use what was known by the index time.
"""

from collections.abc import Sequence

import numpy as np
import polars as pl

from mimic_assets.schemas.judged import Judged, rejected_frame
from mimic_assets.schemas.tables import CLINICAL_LABELS
from mimic_assets.schemas.vocabulary import CareLimitation, Exclusion, WindowExclusion
from mimic_assets.tasks.model import FollowUp, Task
from mimic_assets.windows.care_limitation import find_statements, limitations_at, limited_from
from mimic_assets.windows.clock_lag import is_monitor_timed
from mimic_assets.windows.coverage import NO_RECORD, Coverage, choose_records, lagging, window_exclusions
from mimic_assets.windows.evidence import Evidence, weigh
from mimic_assets.windows.exclusions import CARE_TABLES, evidence_is_incomplete
from mimic_assets.windows.follow_up import pressure_runs
from mimic_assets.windows.index_times import Stay, anchored_index_times, find_stays, index_times
from mimic_assets.windows.microseconds import SECOND, Microseconds, to_times
from mimic_assets.windows.recordings import find_recordings
from mimic_assets.windows.series import read_series
from mimic_assets.windows.targets import read_events


def label_stays(
    task: Task,
    clinical_extract: pl.DataFrame,
    clinical_events: pl.DataFrame,
    record_stays: pl.DataFrame,
    cleaned_numerics: pl.DataFrame,
    incomplete_tables: frozenset[str],
) -> Judged:
    """Return the labels of one patient for one task.

    Args:
        task: what is predicted, for whom, when.
        clinical_extract: rows of the patient.
        clinical_events: events of the patient.
        record_stays: records x stays of the patient.
        cleaned_numerics: numerics of the patient.
        incomplete_tables: clinical tables that did not arrive whole, by name (`admissions`).

    Returns:
        Rows of clinical_labels, one per index time of every stay (`windows.index_times`). `event_id` names the
        event behind a positive, and behind an exclusion that an event causes; a negative has none. Refused are stays
        without times and code-status texts that cannot be read.
    """
    stays, refused = find_stays(clinical_extract)
    statements, unread = find_statements(clinical_extract, task.care.charted_known_after_s * SECOND)
    events = read_events(clinical_events)
    runs = pressure_runs(cleaned_numerics) if task.target.follow_up is FollowUp.PRESSURE_SIGNAL else []
    recordings = find_recordings(record_stays)
    series = read_series(cleaned_numerics, {recording.record_id for recording in recordings}, task.coverage.any_of)
    source_is_incomplete = evidence_is_incomplete(task, incomplete_tables)
    has_monitor_time = is_monitor_timed(task, clinical_events, clinical_extract)
    care_is_complete = not CARE_TABLES & incomplete_tables
    frames = [CLINICAL_LABELS.empty()]
    for stay in stays:
        if task.index.stride_s is None:
            index = anchored_index_times(stay, task.index, events)
        else:
            index = index_times(stay, task.index.stride_s * SECOND)
        care = limitations_at(index, stay, statements, care_is_complete)
        limited = limited_from(index, stay, statements, task.care.excluded)
        evidence = weigh(index, task, stay, events, runs, care, limited, source_is_incomplete)
        own = [recording for recording in recordings if recording.stay_id == stay.stay_id]
        coverage = choose_records(index, task, own, series)
        has_label = np.array([label is not None for label in evidence.labels], dtype=np.bool_)
        is_lagging = lagging(index, task, own, coverage, has_monitor_time)
        excluded = window_exclusions(coverage, has_label, is_lagging, task)
        frames.append(_frame(task, stay, index, care, evidence, coverage, excluded))
    frame = pl.concat(frames).sort(CLINICAL_LABELS.order)
    return Judged(frame, rejected_frame(refused + unread))


def _frame(
    task: Task,
    stay: Stay,
    index: Microseconds,
    care: list[CareLimitation],
    evidence: Evidence,
    coverage: Coverage,
    excluded: list[WindowExclusion | None],
) -> pl.DataFrame:
    start = index + task.target.gap_s * SECOND
    record_ids = pl.Series("record_id", coverage.record_ids).replace(NO_RECORD, None)
    return pl.DataFrame(
        [
            to_times(index, "index_time"),
            to_times(start, "target_start_time"),
            to_times(start + task.target.horizon_s * SECOND, "target_end_time"),
            to_times(evidence.follow_up, "follow_up_end_time"),
            record_ids,
            pl.Series("label", evidence.labels, dtype=pl.Boolean),
            _texts("exclusion", evidence.exclusions),
            _texts("window_exclusion", excluded),
            pl.Series("event_id", evidence.event_ids, dtype=pl.String),
            _texts("care_limitation", care),
            pl.Series("observed_fraction", coverage.fractions).fill_nan(None),
            pl.Series("hours_in_stay", (index - stay.start) / (3600 * SECOND)),
        ]
    ).select(
        pl.lit(task.name).alias("task"),
        pl.lit(stay.subject_id, pl.Int64).alias("subject_id"),
        pl.lit(stay.hadm_id, pl.Int64).alias("hadm_id"),
        pl.lit(stay.stay_id, pl.Int64).alias("stay_id"),
        pl.all(),
        pl.lit(stay.care_unit, pl.String).alias("care_unit"),
    ).select(pl.col(name).cast(dtype) for name, dtype in CLINICAL_LABELS.schema.items())  # fmt: skip


def _texts(name: str, values: Sequence[Exclusion | WindowExclusion | CareLimitation | None]) -> pl.Series:
    return pl.Series(name, [None if value is None else value.value for value in values], dtype=pl.String)

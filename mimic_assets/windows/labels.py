"""clinical_labels: every index time of every ICU stay of a patient, with its label or the reason why there is none.

Only composition lives here; each idea has its own module. Labels look into the future, by design, through events,
follow-up and the end of the stay; care limitation and coverage use what was known by the index time.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TypeVar

import numpy as np
import polars as pl

from mimic_assets.errors import InternalError
from mimic_assets.schemas.judged import Judged, Rows, rejected_frame
from mimic_assets.schemas.tables import CLINICAL_LABELS
from mimic_assets.schemas.vocabulary import CareLimitation, Exclusion, WindowExclusion
from mimic_assets.tasks.model import FollowUp, Task
from mimic_assets.windows.care_limitation import Statements, find_statements, limitations_at, limited_from
from mimic_assets.windows.clock_lag import monitor_timed_subjects
from mimic_assets.windows.coverage import NO_RECORD, Coverage, choose_records, lagging, window_exclusions
from mimic_assets.windows.evidence import Evidence, weigh
from mimic_assets.windows.exclusions import CARE_TABLES, NO_TABLES, evidence_is_incomplete
from mimic_assets.windows.follow_up import pressure_runs
from mimic_assets.windows.index_times import Stay, anchored_index_times, find_stays, index_times
from mimic_assets.windows.known_events import known_times
from mimic_assets.windows.microseconds import SECOND, Microseconds, to_times
from mimic_assets.windows.recordings import Recording, find_recordings
from mimic_assets.windows.series import Numerics, Values, read_usable_times
from mimic_assets.windows.targets import events_by_subject
from mimic_assets.windows.usable_tiles import UsableTiles, count_usable, usable_fractions

T = TypeVar("T")


def label_stays(
    task: Task,
    clinical_extract: pl.DataFrame,
    clinical_events: pl.DataFrame,
    record_stays: pl.DataFrame,
    cleaned_numerics: Rows,
    incomplete_tables: frozenset[str],
    event_tables: Mapping[str, frozenset[str]] = NO_TABLES,
    waveform_quality: Rows | None = None,
) -> Judged:
    """Return the labels of one patient, or of several, for one task.

    Args:
        task: what is predicted, for whom, when.
        clinical_extract: rows of the patients; each patient's labels depend on that patient's rows alone.
        clinical_events: events of the patients.
        record_stays: records x stays of the patients.
        cleaned_numerics: numerics of the patients.
        incomplete_tables: clinical tables that did not arrive whole for them, by name (`admissions`).
        event_tables: where events of each kind are found (`events.tables_by_event`).
        waveform_quality: tiles of the patients' records; needed by a task with waveforms, else not looked at.

    Returns:
        Rows of clinical_labels, one per index time of every stay (`windows.index_times`). `event_id` names the
        event behind a positive, and behind an exclusion that an event causes; a negative has none. Refused are stays
        without times and code-status texts that cannot be read.

    Raises:
        InternalError: the task has waveforms and their quality is not given.
    """
    stays, refused = find_stays(clinical_extract)
    statements, unread = find_statements(clinical_extract, task.care.charted_known_after_s * SECOND)
    said = Statements.of(statements)
    events = events_by_subject(clinical_events)
    has_pressure = task.target.follow_up is FollowUp.PRESSURE_SIGNAL
    runs = pressure_runs(cleaned_numerics) if has_pressure else {}
    recordings = find_recordings(record_stays)
    of_stay: dict[int, list[Recording]] = {}
    for recording in recordings:
        of_stay.setdefault(recording.stay_id, []).append(recording)
    record_ids = {recording.record_id for recording in recordings}
    series = Numerics(cleaned_numerics, record_ids, task.coverage.any_of, read_usable_times)
    usable = _usable(task, waveform_quality, recordings)
    source_is_incomplete = evidence_is_incomplete(task, incomplete_tables, event_tables)
    monitored = monitor_timed_subjects(task, clinical_events, clinical_extract)
    care_is_complete = not CARE_TABLES & incomplete_tables
    known: dict[str, int] = {}
    if task.index.is_anchored_on_event:
        known = known_times(clinical_events, clinical_extract, task.care.charted_known_after_s)
    of_stays: list[_OfStay] = []
    for stay in stays:
        mine, about = events.get(stay.subject_id, []), said.about(stay)
        if task.index.stride_s is None:
            index = anchored_index_times(stay, task.index, mine, known)
        else:
            index = index_times(stay, task.index.stride_s * SECOND)
        care = limitations_at(index, stay, about, care_is_complete)
        limited = limited_from(index, stay, about, task.care.excluded)
        evidence = weigh(index, task, stay, mine, runs.get(stay.subject_id, []), care, limited, source_is_incomplete)
        own = of_stay.get(stay.stay_id, [])
        coverage = choose_records(index, task, own, series)
        has_label = np.array([label is not None for label in evidence.labels], dtype=np.bool_)
        is_lagging = lagging(index, task, own, coverage, stay.subject_id in monitored)
        fractions = usable_fractions(index, task, own, coverage.record_ids, usable)
        excluded = window_exclusions(coverage, has_label, is_lagging, fractions, task)
        of_stays.append(_OfStay(stay, index, care, evidence, coverage, fractions, excluded))
    frame = _frame(task, of_stays) if of_stays else CLINICAL_LABELS.empty()
    return Judged(frame.sort(CLINICAL_LABELS.order), rejected_frame(refused + unread))


@dataclass(frozen=True, slots=True)
class _OfStay:
    """What was found for the index times of one stay."""

    stay: Stay
    index: Microseconds
    care: list[CareLimitation]
    evidence: Evidence
    coverage: Coverage
    usable_fractions: Values
    excluded: list[WindowExclusion | None]


def _usable(task: Task, waveform_quality: Rows | None, recordings: list[Recording]) -> UsableTiles:
    if task.waveforms is None:
        return {}
    if waveform_quality is None:
        raise InternalError(f"task {task.name} has waveforms, and label_stays was given no waveform_quality")
    return count_usable(waveform_quality, {recording.record_id for recording in recordings}, task.waveforms)


def _frame(task: Task, of_stays: list[_OfStay]) -> pl.DataFrame:
    """Return the rows of all stays, built at once: a frame for each would cost more than what is in it."""
    index = np.concatenate([each.index for each in of_stays])
    start = index + task.target.gap_s * SECOND
    lengths = [len(each.index) for each in of_stays]
    row_of = pl.Series(np.repeat(np.arange(len(of_stays)), lengths))
    stays = pl.DataFrame(
        [(each.stay.subject_id, each.stay.hadm_id, each.stay.stay_id, each.stay.care_unit) for each in of_stays],
        schema={name: CLINICAL_LABELS.schema[name] for name in ("subject_id", "hadm_id", "stay_id", "care_unit")},
        orient="row",
    )
    intime = np.repeat([each.stay.start for each in of_stays], lengths)
    found = pl.DataFrame(
        [
            to_times(index, "index_time"),
            to_times(start, "target_start_time"),
            to_times(start + task.target.horizon_s * SECOND, "target_end_time"),
            to_times(np.concatenate([each.evidence.follow_up for each in of_stays]), "follow_up_end_time"),
            pl.Series("record_id", np.concatenate([each.coverage.record_ids for each in of_stays])).replace(
                NO_RECORD, None
            ),
            pl.Series("label", _joined(each.evidence.labels for each in of_stays), dtype=pl.Boolean),
            _texts("exclusion", _joined(each.evidence.exclusions for each in of_stays)),
            _texts("window_exclusion", _joined(each.excluded for each in of_stays)),
            pl.Series("event_id", _joined(each.evidence.event_ids for each in of_stays), dtype=pl.String),
            _texts("care_limitation", _joined(each.care for each in of_stays)),
            _fractions("observed_fraction", [each.coverage.fractions for each in of_stays]),
            _fractions("waveform_usable_fraction", [each.usable_fractions for each in of_stays]),
            pl.Series("hours_in_stay", (index - intime) / (3600 * SECOND)),
        ]
    )
    rows = pl.concat([found, stays[row_of]], how="horizontal").with_columns(task=pl.lit(task.name))
    return rows.select(pl.col(name).cast(dtype) for name, dtype in CLINICAL_LABELS.schema.items())


def _joined(lists: Iterable[Sequence[T]]) -> list[T]:
    return list(chain.from_iterable(lists))


def _fractions(name: str, of_stays: list[Values]) -> pl.Series:
    return pl.Series(name, np.concatenate(of_stays)).fill_nan(None)


def _texts(name: str, values: Sequence[Exclusion | WindowExclusion | CareLimitation | None]) -> pl.Series:
    return pl.Series(name, [None if value is None else str(value) for value in values], dtype=pl.String)

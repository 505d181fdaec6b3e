"""Every table, once: columns, key, order, partitioning, promises. Start reading here.

The order of this file is the journey: raw, cleaned, labels, windows, manifest. Checks, Arrow schemas, Pandera models,
Dagster metadata and the data dictionary are derived from it; nothing else describes a table.
"""

from mimic_assets.schemas import fields as f
from mimic_assets.schemas import invariants as p
from mimic_assets.schemas.model import Partitioning, Table

RAW_RECORDS = Table(
    name="raw_records",
    stage="raw",
    one_row_per="signal of a segment: where its bytes lie, how to decode them, whether they arrived whole",
    columns=(
        f.SUBJECT_ID, f.RECORD_ID, f.HADM_ID, f.SEGMENT_INDEX, f.SIGNAL_INDEX, f.SIGNAL, f.SIGNAL_UNIT, f.FILE,
        f.FILE_STATUS, f.FILE_BYTES, f.FILE_SHA256, f.CHANNEL, f.STORAGE_FORMAT, f.SAMPLES_PER_FRAME, f.GAIN,
        f.BASELINE, f.ADC_RESOLUTION_BITS, f.ADC_ZERO, f.CHECKSUM, f.SEGMENT_START_TICK, f.SEGMENT_FRAME_COUNT,
        f.READABLE_FRAME_COUNT, f.RECORD_START_TIME, f.RECORD_END_TIME, f.RECORD_LAST_TICK, f.COUNTER_FREQUENCY_HZ,
    ),
    key=("record_id", "segment_index", "signal_index"),
    order=("record_id", "segment_index", "signal_index"),
    partitioning=Partitioning.PATIENT,
    optional=frozenset({"hadm_id", "file_bytes", "file_sha256"}),
    invariants=(p.SEGMENT_INSIDE_RECORD, p.READABLE_INSIDE_SEGMENT),
    code=("records",),
)  # fmt: skip

RAW_NUMERICS = Table(
    name="raw_numerics",
    stage="raw",
    one_row_per="non-empty source cell of a numerics file; nothing judged",
    columns=(
        f.SUBJECT_ID,
        f.RECORD_ID,
        f.SOURCE_ROW,
        f.SOURCE_COLUMN,
        f.TICK,
        f.NUMERICS_TIME,
        f.PARAMETER,
        f.UNIT,
        f.VALUE,
        f.VALUE_TEXT,
    ),
    key=("record_id", "source_row", "source_column"),
    order=("record_id", "source_row", "source_column"),
    partitioning=Partitioning.PATIENT,
    optional=frozenset({"tick", "time", "unit", "value", "value_text"}),
    invariants=(p.VALUE_OR_TEXT, p.TIME_WITH_TICK),
    code=("records",),
)

CLINICAL_EXTRACT = Table(
    name="clinical_extract",
    stage="raw",
    one_row_per="source row of the clinical tables that events, stays or features need",
    columns=(
        f.SUBJECT_ID, f.SOURCE_TABLE, f.EXTRACT_ROW, f.SOURCE_ID, f.HADM_ID, f.STAY_ID, f.START_TIME, f.END_TIME,
        f.STORE_TIME, f.DEATH_TIME, f.ITEM_ID, f.CODE, f.CODE_VERSION, f.CATEGORY, f.VALUE, f.CLINICAL_UNIT,
        f.CLINICAL_VALUE_TEXT,
    ),
    key=("subject_id", "source_table", "source_row"),
    order=("subject_id", "source_table", "source_row"),
    partitioning=Partitioning.BUCKET,
    optional=frozenset({
        "source_id", "hadm_id", "stay_id", "start_time", "end_time", "store_time", "death_time", "item_id", "code",
        "code_version", "category", "value", "unit", "value_text",
    }),
    code=("clinical",),
)  # fmt: skip

CLEANED_NUMERICS = Table(
    name="cleaned_numerics",
    stage="cleaned",
    one_row_per="cell of raw_numerics, with canonical parameter, harmonised unit, value and flag; nothing dropped",
    columns=(
        f.SUBJECT_ID,
        f.RECORD_ID,
        f.SOURCE_ROW,
        f.SOURCE_COLUMN,
        f.TICK,
        f.NUMERICS_TIME,
        f.PARAMETER,
        f.UNIT,
        f.VALUE,
        f.FLAG,
    ),
    key=("record_id", "source_row", "source_column"),
    order=("record_id", "source_row", "source_column"),
    partitioning=Partitioning.PATIENT,
    optional=frozenset({"tick", "time", "unit", "value"}),
    invariants=(p.OK_HAS_VALUE,),
    code=("numerics",),
    lineage={
        "parameter": (("raw_numerics", "parameter"), ("raw_numerics", "source_column")),
        "flag": (("raw_numerics", "value"), ("raw_numerics", "tick"), ("raw_records", "record_last_tick")),
    },
    upstream=("raw_numerics", "raw_records"),
)

WAVEFORM_QUALITY = Table(
    name="waveform_quality",
    stage="cleaned",
    one_row_per="tile of a signal of a record: statistics, quality index, and why it cannot be used",
    columns=(
        f.SUBJECT_ID, f.RECORD_ID, f.SIGNAL, f.TILE_START_TICK, f.TILE_REASON, f.QUALITY_INDEX,
        f.TILE_OBSERVED_FRACTION, f.FLAT_FRACTION, f.TILE_UNIT, f.TILE_MEAN, f.TILE_STANDARD_DEVIATION, f.TILE_MINIMUM,
        f.TILE_MAXIMUM, f.SKEWNESS, f.KURTOSIS,
    ),
    key=("record_id", "signal", "tile_start_tick"),
    order=("record_id", "signal", "tile_start_tick"),
    partitioning=Partitioning.PATIENT,
    optional=frozenset({
        "missing_reason", "quality_index", "flat_fraction", "unit", "mean", "standard_deviation", "minimum", "maximum",
        "skewness", "kurtosis",
    }),
    invariants=(p.USABLE_TILE_HAS_STATISTICS, p.MEAN_BETWEEN_EXTREMES),
    code=("waveforms", "signals.py"),
    lineage={
        "quality_index": (("raw_records", "file"), ("raw_records", "gain"), ("raw_records", "baseline")),
        "mean": (("raw_records", "file"), ("raw_records", "gain"), ("raw_records", "baseline")),
        "missing_reason": (
            ("raw_records", "file"), ("raw_records", "file_status"), ("raw_records", "adc_resolution_bits"),
            ("raw_records", "adc_zero"), ("raw_records", "baseline"),
        ),
    },
    upstream=("raw_records",),
)  # fmt: skip

WAVEFORM_BEATS = Table(
    name="waveform_beats",
    stage="cleaned",
    one_row_per="heart beat, pulse onset or breath; and one per tile of a signal that was searched for them",
    columns=(
        f.SUBJECT_ID, f.RECORD_ID, f.SIGNAL, f.BEAT_TICK, f.BEAT_KIND, f.KNOWN_TICK, f.INTERVAL_TICKS, f.CYCLE_LOW,
        f.CYCLE_HIGH, f.CYCLE_MEAN,
    ),
    key=("record_id", "signal", "tick", "kind"),
    order=("record_id", "signal", "tick", "kind"),
    partitioning=Partitioning.PATIENT,
    optional=frozenset({"interval_ticks", "cycle_low", "cycle_high", "cycle_mean"}),
    invariants=(p.BEAT_IS_KNOWN_AFTER_IT_IS,),
    code=("waveforms", "signals.py"),
    lineage={
        "tick": (("raw_records", "file"), ("raw_records", "segment_start_tick")),
        "interval_ticks": (("raw_records", "file"),),
        "cycle_low": (("raw_records", "file"), ("raw_records", "gain"), ("raw_records", "baseline")),
        "cycle_high": (("raw_records", "file"), ("raw_records", "gain"), ("raw_records", "baseline")),
        "cycle_mean": (("raw_records", "file"), ("raw_records", "gain"), ("raw_records", "baseline")),
    },
    upstream=("raw_records",),
)  # fmt: skip

WAVEFORM_FEATURES = Table(
    name="waveform_features",
    stage="cleaned",
    one_row_per="whole tile of a record: rates, variability, pressures and breaths of the beats known from it",
    columns=(
        f.SUBJECT_ID, f.RECORD_ID, f.TILE_START_TICK, f.COUNTER_FREQUENCY_HZ, f.ECG_SIGNAL, f.ECG_SEARCHED_TICKS,
        f.QRS_COUNT, f.RR_COUNT, f.RR_SUM_TICKS, f.RR_SQUARE_SUM_TICKS2, f.RR_DIFFERENCE_COUNT,
        f.RR_DIFFERENCE_SQUARE_SUM_TICKS2, f.FEATURE_HEART_RATE, f.SDNN_MS, f.RMSSD_MS, f.PLETH_SEARCHED_TICKS,
        f.PLETH_PULSE_COUNT, f.PLETH_INTERVAL_COUNT, f.PLETH_INTERVAL_SUM_TICKS, f.FEATURE_PULSE_RATE,
        f.PLETH_AMPLITUDE_SUM_NU, f.PLETH_AMPLITUDE_NU, f.PULSE_ARRIVAL_COUNT, f.PULSE_ARRIVAL_SUM_TICKS,
        f.PULSE_ARRIVAL_MS, f.ABP_SIGNAL, f.ABP_SEARCHED_TICKS, f.ABP_PULSE_COUNT, f.ABP_INTERVAL_COUNT,
        f.ABP_INTERVAL_SUM_TICKS, f.ABP_PULSE_RATE, f.ABP_SYSTOLIC_SUM_MMHG, f.ABP_DIASTOLIC_SUM_MMHG,
        f.ABP_MEAN_SUM_MMHG, f.ABP_SYSTOLIC_MMHG, f.ABP_DIASTOLIC_MMHG, f.ABP_MEAN_MMHG, f.ABP_ARRIVAL_COUNT,
        f.ABP_ARRIVAL_SUM_TICKS, f.ABP_ARRIVAL_MS, f.RESP_SEARCHED_TICKS, f.BREATH_COUNT, f.BREATH_INTERVAL_COUNT,
        f.BREATH_INTERVAL_SUM_TICKS, f.RESPIRATION_RATE,
    ),
    key=("record_id", "tile_start_tick"),
    order=("record_id", "tile_start_tick"),
    partitioning=Partitioning.PATIENT,
    optional=frozenset({
        "ecg_signal", "heart_rate_per_min", "sdnn_ms", "rmssd_ms", "pulse_rate_per_min", "pleth_amplitude_nu",
        "pulse_arrival_ms", "abp_signal", "abp_pulse_rate_per_min", "abp_systolic_mmhg", "abp_diastolic_mmhg",
        "abp_mean_mmhg", "abp_arrival_ms", "respiration_rate_per_min",
    }),
    code=("waveforms", "signals.py"),
    lineage={
        "heart_rate_per_min": (("waveform_beats", "interval_ticks"), ("raw_records", "counter_frequency_hz")),
        "ecg_signal": (("waveform_beats", "signal"),),
        "pulse_arrival_ms": (("waveform_beats", "tick"), ("raw_records", "counter_frequency_hz")),
        "abp_systolic_mmhg": (("waveform_beats", "cycle_high"),),
        "abp_diastolic_mmhg": (("waveform_beats", "cycle_low"),),
        "abp_mean_mmhg": (("waveform_beats", "cycle_mean"),),
        "pleth_amplitude_nu": (("waveform_beats", "cycle_high"), ("waveform_beats", "cycle_low")),
    },
    upstream=("waveform_beats", "raw_records"),
)  # fmt: skip

RECORD_STAYS = Table(
    name="record_stays",
    stage="labels",
    one_row_per="overlap of a record with an ICU stay of the same subject",
    columns=(
        f.SUBJECT_ID, f.RECORD_ID, f.HADM_ID, f.STAY_ID, f.OVERLAP_START_TIME, f.OVERLAP_END_TIME, f.LAG_S,
        f.LAG_CONFIDENCE, f.HAS_LARGE_LAG, f.LAG_KNOWN_TIMES, f.LAG_STEPS_S, f.LAG_STEP_CONFIDENCES,
        f.RECORD_START_TIME, f.RECORD_END_TIME, f.RECORD_LAST_TICK, f.COUNTER_FREQUENCY_HZ, f.STAY_START_TIME,
        f.STAY_END_TIME, f.CARE_UNIT,
    ),
    key=("record_id", "stay_id"),
    order=("record_id", "stay_id"),
    partitioning=Partitioning.PATIENT,
    optional=frozenset({"hadm_id", "lag_s", "lag_confidence", "has_large_lag", "care_unit"}),
    invariants=(p.OVERLAP_IS_POSITIVE, p.LAG_IS_SAID_WHOLE, p.LAG_STEPS_MATCH),
    code=("stays", "stretches.py"),
    lineage={
        "stay_id": (("clinical_extract", "stay_id"),),
        "overlap_start_time": (("raw_records", "record_start_time"), ("clinical_extract", "start_time")),
        "overlap_end_time": (("raw_records", "record_end_time"), ("clinical_extract", "end_time")),
        "lag_s": (
            ("cleaned_numerics", "time"), ("cleaned_numerics", "value"), ("clinical_extract", "start_time"),
            ("clinical_extract", "value"),
        ),
        "lag_known_times": (("clinical_extract", "start_time"), ("clinical_extract", "store_time")),
    },
    upstream=("raw_records", "cleaned_numerics", "clinical_extract"),
)  # fmt: skip

EVENT_ADJUDICATIONS = Table(
    name="event_adjudications",
    stage="raw",
    one_row_per="decision of a reviewer about an event",
    columns=(
        f.SUBJECT_ID, f.EVENT_ID, f.ADJUDICATION_ROW, f.DECISION, f.NEW_EVENT_TIME, f.NEW_LOWER_TIME, f.NEW_UPPER_TIME,
        f.REVIEWER, f.REASON,
    ),
    key=("source_row",),
    order=("subject_id", "event_id", "source_row"),
    partitioning=Partitioning.WHOLE,
    optional=frozenset({"new_event_time", "new_lower_time", "new_upper_time", "reviewer", "reason"}),
    code=("events",),
)  # fmt: skip

CLINICAL_EVENTS = Table(
    name="clinical_events",
    stage="labels",
    one_row_per="event, with what is known of its time and the rows that say so",
    columns=(
        f.EVENT_ID, f.SUBJECT_ID, f.HADM_ID, f.STAY_ID, f.EVENT, f.EVENT_CLASS, f.TIER, f.EVENT_TIME, f.LOWER_TIME,
        f.UPPER_TIME, f.EVENT_END_TIME, f.RULE, f.RULE_VERSION, f.SOURCES, f.CONTRADICTIONS, f.RULES, f.ADJUDICATION,
    ),
    key=("event_id",),
    order=("event", "lower_time", "event_id"),
    partitioning=Partitioning.PATIENT,
    optional=frozenset({
        "hadm_id", "stay_id", "event_time", "lower_time", "upper_time", "event_end_time", "adjudication",
    }),
    invariants=(p.TIMED_TIERS_HAVE_TIMES, p.HAS_SOURCES),
    code=("events", "stretches.py"),
    lineage={
        "event_time": (
            ("clinical_extract", "start_time"), ("clinical_extract", "death_time"), ("cleaned_numerics", "time"),
        ),
        "sources": (("clinical_extract", "source_row"), ("cleaned_numerics", "source_row")),
        "contradictions": (("clinical_extract", "source_row"), ("cleaned_numerics", "source_row")),
        "adjudication": (("event_adjudications", "decision"),),
    },
    upstream=("event_adjudications", "clinical_extract", "cleaned_numerics", "record_stays"),
)  # fmt: skip

CLINICAL_LABELS = Table(
    name="clinical_labels",
    stage="labels",
    one_row_per="index time of an ICU stay, for one task: label, or the reason why there is none",
    columns=(
        f.TASK, f.SUBJECT_ID, f.HADM_ID, f.STAY_ID, f.RECORD_ID, f.INDEX_TIME, f.TARGET_START_TIME,
        f.TARGET_END_TIME, f.FOLLOW_UP_END_TIME, f.LABEL, f.EXCLUSION, f.WINDOW_EXCLUSION, f.EVENT_ID,
        f.CARE_LIMITATION, f.OBSERVED_FRACTION, f.WAVEFORM_USABLE_FRACTION, f.HOURS_IN_STAY, f.CARE_UNIT,
    ),
    key=("task", "stay_id", "index_time"),
    order=("stay_id", "index_time"),
    partitioning=Partitioning.PATIENT_TASK,
    optional=frozenset({
        "hadm_id", "record_id", "follow_up_end_time", "label", "exclusion", "window_exclusion", "event_id",
        "observed_fraction", "waveform_usable_fraction", "care_unit",
    }),
    invariants=(p.LABEL_OR_EXCLUSION, p.NEGATIVE_IS_FOLLOWED_UP, p.POSITIVE_NAMES_ITS_EVENT, p.TARGET_FOLLOWS_INDEX),
    code=("windows", "stretches.py"),
    lineage={
        "label": (("clinical_events", "lower_time"), ("clinical_events", "upper_time"), ("clinical_events", "tier")),
        "follow_up_end_time": (
            ("clinical_extract", "end_time"), ("clinical_events", "lower_time"), ("cleaned_numerics", "time"),
        ),
        "care_limitation": (("clinical_extract", "value_text"), ("clinical_extract", "start_time")),
        "observed_fraction": (("cleaned_numerics", "flag"), ("cleaned_numerics", "time")),
        "waveform_usable_fraction": (("waveform_quality", "missing_reason"), ("waveform_quality", "tile_start_tick")),
        "record_id": (("record_stays", "record_id"),),
    },
    upstream=("clinical_extract", "clinical_events", "record_stays", "cleaned_numerics", "waveform_quality"),
)  # fmt: skip

WINDOWED_SAMPLES = Table(
    name="windowed_samples",
    stage="windows",
    one_row_per="sample: an observation window with its values, missing reasons, features and label",
    columns=(
        f.SAMPLE_ID, f.TASK, f.SUBJECT_ID, f.RECORD_ID, f.STAY_ID, f.INDEX_TIME, f.INDEX_TICK, f.WINDOW_START_TIME,
        f.WINDOW_START_TICK, f.WINDOW_END_TIME, f.WINDOW_END_TICK, f.SAMPLE_LABEL, f.EVENT_ID, f.CARE_LIMITATION,
        f.CARE_UNIT, f.HOURS_IN_STAY, f.OBSERVED_FRACTION, f.CELL_S, f.CELL_COUNT, f.PARAMETERS, f.CELL_VALUES,
        f.CELL_REASONS, f.CELL_AGES_S, f.FEATURE_NAMES, f.FEATURE_VALUES, f.WAVEFORM_START_TICK, f.WAVEFORM_END_TICK,
        f.SIGNALS, f.SIGNAL_UNITS, f.SIGNAL_SAMPLES_PER_FRAME, f.SIGNAL_SAMPLE_COUNTS, f.SIGNAL_GAINS,
        f.SIGNAL_BASELINES, f.SIGNAL_IS_RESCALED, f.SIGNAL_SAMPLES, f.SIGNAL_REASONS, f.TILE_END_TICK, f.TILE_COUNT,
        f.TILE_FEATURE_NAMES, f.TILE_FEATURES,
    ),
    key=("sample_id",),
    order=("stay_id", "index_time"),
    partitioning=Partitioning.PATIENT_TASK,
    optional=frozenset({"event_id", "care_unit", "waveform_start_tick", "waveform_end_tick", "tile_end_tick"}),
    invariants=(
        p.WINDOW_ENDS_AT_INDEX, p.TENSOR_IS_WHOLE, p.FEATURES_ARE_NAMED, p.SIGNALS_ARE_WHOLE, p.WAVEFORM_ENDS_BY_INDEX,
        p.TILES_ARE_WHOLE,
    ),
    code=("windows", "signals.py", "signal_codec.py"),
    lineage={
        "cell_values": (("cleaned_numerics", "value"), ("cleaned_numerics", "flag"), ("cleaned_numerics", "time")),
        "label": (("clinical_labels", "label"),),
        "window_start_tick": (("record_stays", "record_start_time"), ("record_stays", "counter_frequency_hz")),
        "signal_samples": (("raw_records", "file"), ("raw_records", "channel"), ("raw_records", "segment_start_tick")),
        "signal_gains": (("raw_records", "gain"),),
        "signal_baselines": (("raw_records", "baseline"),),
        "signal_reasons": (("raw_records", "file_status"), ("raw_records", "readable_frame_count")),
        "tile_features": (
            ("waveform_quality", "quality_index"), ("waveform_quality", "mean"),
            ("waveform_features", "heart_rate_per_min"), ("waveform_features", "pulse_arrival_ms"),
        ),
    },
    upstream=(
        "clinical_labels", "cleaned_numerics", "record_stays", "raw_records", "waveform_quality", "waveform_features",
    ),
)  # fmt: skip

TRAINING_NORMALISATION = Table(
    name="training_normalisation",
    stage="manifest",
    one_row_per="parameter or signal of a task: statistics of what is observed in train windows only",
    columns=(
        f.TASK,
        f.NORMALISED_PARAMETER,
        f.NORMALISED_UNIT,
        f.OBSERVED_COUNT,
        f.MEAN,
        f.STANDARD_DEVIATION,
        f.MEDIAN,
    ),
    key=("task", "parameter"),
    order=("parameter",),
    partitioning=Partitioning.TASK,
    optional=frozenset({"unit", "mean", "standard_deviation", "median"}),
    code=("manifest",),
    lineage={"mean": (("windowed_samples", "cell_values"), ("windowed_samples", "cell_reasons"))},
    upstream=("windowed_samples",),
)

TRAINING_MANIFEST = Table(
    name="training_manifest",
    stage="manifest",
    one_row_per="selected sample: split, weight, and where its bytes lie",
    columns=(
        f.SAMPLE_ID, f.TASK, f.SUBJECT_ID, f.RECORD_ID, f.STAY_ID, f.INDEX_TIME, f.SPLIT, f.IS_SPLIT_PROVISIONAL,
        f.SAMPLE_LABEL, f.STRATUM, f.WEIGHT, f.SHARD, f.SHARD_OFFSET, f.SHARD_LENGTH, f.SHA256, f.TASK_FINGERPRINT,
        f.CODE_FINGERPRINT,
    ),
    key=("sample_id",),
    order=("split", "shard", "shard_offset"),
    partitioning=Partitioning.TASK,
    code=("manifest",),
    lineage={
        "weight": (
            ("windowed_samples", "label"), ("windowed_samples", "care_unit"), ("windowed_samples", "hours_in_stay"),
        ),
        "sha256": (("windowed_samples", "cell_values"), ("training_normalisation", "median")),
    },
    upstream=("windowed_samples", "training_normalisation"),
)  # fmt: skip

REJECTED_INPUTS = Table(
    name="rejected_inputs",
    stage="rejections",
    one_row_per="defect of an input, beside the object of the stage that refused it (a view over all of them)",
    columns=(
        f.REJECTED_SUBJECT_ID,
        f.REJECTED_TABLE,
        f.REJECTED_FILE,
        f.PLACE,
        f.REJECTED_RULE,
        f.MESSAGE,
        f.ADVICE,
        f.DEFECT_COUNT,
    ),
    key=("subject_id", "table", "file", "place", "rule"),
    order=("subject_id", "table", "file", "rule", "place"),
    partitioning=Partitioning.PATIENT,
    optional=frozenset({"subject_id"}),
)

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        RAW_RECORDS, RAW_NUMERICS, CLINICAL_EXTRACT, EVENT_ADJUDICATIONS, CLEANED_NUMERICS, WAVEFORM_QUALITY,
        WAVEFORM_BEATS, WAVEFORM_FEATURES, RECORD_STAYS, CLINICAL_EVENTS, CLINICAL_LABELS, WINDOWED_SAMPLES,
        TRAINING_NORMALISATION, TRAINING_MANIFEST,
    )
}  # fmt: skip
"""The stored tables in the order of the journey."""

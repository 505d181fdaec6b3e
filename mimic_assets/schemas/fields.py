"""Every column, once: type, unit, meaning, limits and where the limits come from.

Times are UTC-naive de-identified wall times in microseconds; comparing them across subjects means nothing (each subject
was shifted by a random span of years). Ticks count the monitor's clock from the record's first sample.
"""

from datetime import timedelta

import polars as pl

from mimic_assets.schemas.model import Field
from mimic_assets.schemas.vocabulary import (
    Adjudication,
    BeatKind,
    CareLimitation,
    Decision,
    EventClass,
    Exclusion,
    FileStatus,
    Flag,
    SignalReason,
    Split,
    Tier,
    WindowExclusion,
)

TIME = pl.Datetime("us")
LONGEST_STAY = timedelta(days=366)
"""A longer ICU stay is a typing error of a year or more in outtime, and would give index times without end."""
_FORMAT = "MIMIC-IV Waveform Database 0.1.0, header files"
_FLAC = "WFDB signal(5): formats 508, 516, 524 are FLAC of 8, 16, 24 bits"


def _id(name: str, meaning: str) -> Field:
    return Field(name, pl.Int64, meaning, minimum=1, limit_source="identifiers are positive")


def _time(name: str, meaning: str) -> Field:
    return Field(name, TIME, meaning)


def _tick(name: str, meaning: str, minimum: float | None = 0) -> Field:
    return Field(
        name,
        pl.Int64,
        meaning,
        unit="tick",
        minimum=minimum,
        limit_source="the record's first sample is tick 0" if minimum is not None else None,
    )


# identifiers
SUBJECT_ID = _id("subject_id", "De-identified patient.")
HADM_ID = _id("hadm_id", "Hospital admission; null where none is known.")
STAY_ID = _id("stay_id", "ICU stay; null where none is known.")
RECORD_ID = _id("record_id", "Waveform record: one monitor session of one patient.")
EVENT_ID = Field(
    "event_id",
    pl.String,
    "Stable name of an event: a hash of subject, kind and the time, day or admission it hangs on.",
)
SAMPLE_ID = Field("sample_id", pl.String, "Stable name of a sample: a hash of task name, stay, record and index time.")
TASK = Field("task", pl.String, "Name of the prediction task.")

# raw records
SEGMENT_INDEX = Field(
    "segment_index",
    pl.Int32,
    "Place of the segment in the master header; 0 is the layout, so signals start at 1.",
    minimum=1,
    limit_source=_FORMAT,
)
SIGNAL_INDEX = Field(
    "signal_index", pl.Int32, "Place of the signal in its segment's header.", minimum=0, limit_source=_FORMAT
)
SIGNAL = Field("signal", pl.String, "Name of the signal as the header gives it (II, ABP, Pleth, Resp ...).")
SIGNAL_UNIT = Field("unit", pl.String, "Physical unit as the source gives it.")
FILE = Field("file", pl.String, "Path of the source file, relative to the source's root.")
FILE_STATUS = Field("file_status", pl.String, "Whether the file's bytes arrived whole.", values=FileStatus)
FILE_BYTES = Field(
    "file_bytes", pl.Int64, "Size of the file; null where it is missing.", unit="byte", minimum=0, limit_source="a size"
)
FILE_SHA256 = Field("file_sha256", pl.String, "SHA-256 of the file as found; null where it is missing.")
CHANNEL = Field(
    "channel",
    pl.Int32,
    "Place of the signal among the signals of its file.",
    minimum=0,
    maximum=7,
    limit_source="FLAC holds at most 8 channels",
)
STORAGE_FORMAT = Field(
    "storage_format", pl.Int32, "WFDB storage format of the file (516 = 16-bit FLAC).", minimum=0, limit_source=_FLAC
)
SAMPLES_PER_FRAME = Field(
    "samples_per_frame",
    pl.Int32,
    "Samples of this signal in one frame: 4 for ECG, 2 for pressures and Pleth, 1 for Resp.",
    minimum=1,
    limit_source=_FORMAT,
)
GAIN = Field(
    "gain",
    pl.Float64,
    "Digital steps per physical unit, of this segment (it differs from the layout's).",
    unit="step per unit",
)
BASELINE = Field("baseline", pl.Int32, "Digital value of physical zero, of this segment.")
ADC_RESOLUTION_BITS = Field(
    "adc_resolution_bits",
    pl.Int32,
    "Bits of the converter.",
    unit="bit",
    minimum=0,
    maximum=32,
    limit_source="WFDB header(5)",
)
ADC_ZERO = Field("adc_zero", pl.Int32, "Digital value at the middle of the converter's range.")
CHECKSUM = Field(
    "checksum",
    pl.Int32,
    "Sum of the signal's samples modulo 65536, unsigned.",
    minimum=0,
    maximum=65535,
    limit_source="WFDB header(5)",
)
SEGMENT_START_TICK = _tick("segment_start_tick", "Tick of the segment's first frame.")
SEGMENT_FRAME_COUNT = Field(
    "segment_frame_count", pl.Int64, "Frames in the segment.", unit="frame", minimum=1, limit_source=_FORMAT
)
READABLE_FRAME_COUNT = Field(
    "readable_frame_count",
    pl.Int64,
    "Frames from the segment's start whose samples can be decoded: all where the file is ok, none where it is missing "
    "or not the published one, fewer where it is damaged on the way.",
    unit="frame",
    minimum=0,
    limit_source="a count",
)
RECORD_START_TIME = _time("record_start_time", "Wall time of tick 0.")
RECORD_LAST_TICK = _tick("record_last_tick", "Last tick of the record: it covers (-1, last].")
RECORD_END_TIME = _time("record_end_time", "Wall time of the record's last tick.")
COUNTER_FREQUENCY_HZ = Field(
    "counter_frequency_hz",
    pl.String,
    "Ticks per second as the header writes it; kept as text because arithmetic on it is exact.",
    unit="Hz",
)

# numerics
SOURCE_ROW = Field(
    "source_row",
    pl.Int64,
    "Place of the row in its source: for numerics the line after the header counts 1.",
    minimum=1,
    limit_source="a count",
)
SOURCE_COLUMN = Field("source_column", pl.String, "Column heading as the source writes it.")
TICK = _tick("tick", "Monitor counter of the row; null where the source has no integer there.", minimum=None)
NUMERICS_TIME = _time("time", "Wall time of the tick; null where the tick is.")
PARAMETER = Field(
    "parameter", pl.String, "Name of the parameter: as the source writes it in raw tables, canonical in cleaned ones."
)
UNIT = Field("unit", pl.String, "Unit of the value; as the source writes it in raw tables, canonical in cleaned ones.")
VALUE = Field("value", pl.Float64, "The number; null where the cell holds none.")
VALUE_TEXT = Field("value_text", pl.String, "What a cell that is no number says; null where it is one.")
FLAG = Field("flag", pl.String, "What cleaning says of the cell.", values=Flag)

# waveforms
TILE_START_TICK = _tick(
    "tile_start_tick", "First tick of the tile; it ends 9,999 ticks later (625 frames, about 10 s)."
)
TILE_REASON = Field(
    "missing_reason",
    pl.String,
    "Why the tile of this signal cannot be used, the first reason that applies (waveforms.unusable); null: usable.",
    values=SignalReason,
)
QUALITY_INDEX = Field(
    "quality_index",
    pl.Float64,
    "How well beats or pulses can be told in the tile; null where the signal has none, or less than half is there.",
    minimum=0,
    maximum=1,
    limit_source="an index by construction; see waveforms.ecg_index, pulse_index, pressure_index",
)
TILE_OBSERVED_FRACTION = Field(
    "observed_fraction",
    pl.Float64,
    "Share of the tile's samples that are there, in the tile's unit.",
    minimum=0,
    maximum=1,
    limit_source="a share",
)
FLAT_FRACTION = Field(
    "flat_fraction",
    pl.Float64,
    "Share of neighbouring samples, both there, that are equal; null where there are none.",
    minimum=0,
    maximum=1,
    limit_source="a share",
)
TILE_UNIT = Field("unit", pl.String, "Unit of mean, deviation and extremes; null where nothing is observed.")
TILE_MEAN = Field("mean", pl.Float64, "Mean of the observed samples, in `unit`; null where there are none.")
TILE_STANDARD_DEVIATION = Field(
    "standard_deviation",
    pl.Float64,
    "Population standard deviation of the same samples, in `unit`; null where there are none.",
    minimum=0,
    limit_source="a deviation",
)
TILE_MINIMUM = Field("minimum", pl.Float64, "Smallest observed sample, in `unit`; null where there are none.")
TILE_MAXIMUM = Field("maximum", pl.Float64, "Largest observed sample, in `unit`; null where there are none.")
SKEWNESS = Field(
    "skewness", pl.Float64, "Third standardised moment of the observed samples; null where they do not differ."
)
KURTOSIS = Field(
    "kurtosis",
    pl.Float64,
    "Fourth standardised moment of the observed samples, 3 for a normal distribution; null where they do not differ.",
    minimum=1,
    limit_source="arithmetic: a fourth moment is at least the square of the second",
)

BEAT_TICK = _tick("tick", "Tick of the beat; of a search the last tick of its tile.")
BEAT_KIND = Field("kind", pl.String, "What is marked.", values=BeatKind)
KNOWN_TICK = _tick(
    "known_tick",
    "Last tick of the tile from whose samples, and earlier ones, the row is known; a beat in the last moments of a "
    "tile is known with the next.",
)
INTERVAL_TICKS = Field(
    "interval_ticks",
    pl.Int64,
    "Ticks since the beat before, of the same signal without a missing sample between; null where there is none or it "
    "is implausible (waveforms.beats). Of a search: how many ticks of its tile were searched.",
    unit="tick",
    minimum=1,
    limit_source="beats follow each other",
)
_CYCLE = " between the onset before and this one, in the signal's unit; null but for pulse onsets with an interval."
CYCLE_LOW = Field("cycle_low", pl.Float64, "Smallest sample" + _CYCLE)
CYCLE_HIGH = Field("cycle_high", pl.Float64, "Largest sample" + _CYCLE)
CYCLE_MEAN = Field("cycle_mean", pl.Float64, "Mean of the samples" + _CYCLE)
ECG_SIGNAL = Field("ecg_signal", pl.String, "Lead that was searched for QRS in this tile; null where none was.")
ABP_SIGNAL = Field("abp_signal", pl.String, "Arterial pressure that was searched; null where none was.")


def _sum(name: str, meaning: str, unit: str = "tick") -> Field:
    return Field(
        name,
        pl.Int64 if unit.startswith("tick") else pl.Float64,
        meaning + " Sums add up over tiles.",
        unit=unit,
        minimum=0 if unit.startswith("tick") else None,
        limit_source="a sum of lengths or squares" if unit.startswith("tick") else None,
    )


def _tile_count(name: str, meaning: str) -> Field:
    return Field(name, pl.Int64, meaning, minimum=0, limit_source="a count")


def _feature(name: str, meaning: str, unit: str) -> Field:
    return Field(name, pl.Float64, meaning + " Null where nothing supports it.", unit=unit)


ECG_SEARCHED_TICKS = _sum("ecg_searched_ticks", "Ticks searched for QRS.")
QRS_COUNT = _tile_count("qrs_count", "QRS complexes.")
RR_COUNT = _tile_count("rr_count", "RR intervals that end at one of them (beats are not classified).")
RR_SUM_TICKS = _sum("rr_sum_ticks", "Sum of those intervals.")
RR_SQUARE_SUM_TICKS2 = _sum("rr_square_sum_ticks2", "Sum of their squares.", "tick^2")
RR_DIFFERENCE_COUNT = _tile_count("rr_difference_count", "RR intervals whose neighbour before is known too.")
RR_DIFFERENCE_SQUARE_SUM_TICKS2 = _sum(
    "rr_difference_square_sum_ticks2", "Sum of squared differences of neighbours.", "tick^2"
)
FEATURE_HEART_RATE = _feature("heart_rate_per_min", "Mean rate of the RR intervals.", "1/min")
SDNN_MS = _feature("sdnn_ms", "Standard deviation (n - 1) of the RR intervals.", "ms")
RMSSD_MS = _feature("rmssd_ms", "Root mean square of their successive differences.", "ms")
PLETH_SEARCHED_TICKS = _sum("pleth_searched_ticks", "Ticks of the plethysmogram searched for pulses.")
PLETH_PULSE_COUNT = _tile_count("pleth_pulse_count", "Pulse onsets of the plethysmogram.")
PLETH_INTERVAL_COUNT = _tile_count("pleth_interval_count", "Whole pulses that end at one of them.")
PLETH_INTERVAL_SUM_TICKS = _sum("pleth_interval_sum_ticks", "Sum of their lengths.")
FEATURE_PULSE_RATE = _feature("pulse_rate_per_min", "Mean rate of those pulses.", "1/min")
PLETH_AMPLITUDE_SUM_NU = _sum("pleth_amplitude_sum_nu", "Sum of the heights of those pulses.", "NU")
PLETH_AMPLITUDE_NU = _feature(
    "pleth_amplitude_nu",
    "Mean height of those pulses in the monitor's display scale (0 to 1, gain set by the monitor, no steady part): it "
    "follows perfusion within a stretch of time, and is no perfusion index.",
    "NU",
)
PULSE_ARRIVAL_COUNT = _tile_count("pulse_arrival_count", "Pulse onsets of the plethysmogram with an R peak before.")
PULSE_ARRIVAL_SUM_TICKS = _sum("pulse_arrival_sum_ticks", "Sum of their times since the last R peak.")
PULSE_ARRIVAL_MS = _feature(
    "pulse_arrival_ms", "Mean time from R peak to pulse onset, with the delays of the monitor's channels in it.", "ms"
)
ABP_SEARCHED_TICKS = _sum("abp_searched_ticks", "Ticks of arterial pressure searched for pulses.")
ABP_PULSE_COUNT = _tile_count("abp_pulse_count", "Pulse onsets of arterial pressure.")
ABP_INTERVAL_COUNT = _tile_count("abp_interval_count", "Whole pulses that end at one of them.")
ABP_INTERVAL_SUM_TICKS = _sum("abp_interval_sum_ticks", "Sum of their lengths.")
ABP_PULSE_RATE = _feature("abp_pulse_rate_per_min", "Mean rate of those pulses.", "1/min")
ABP_SYSTOLIC_SUM_MMHG = _sum("abp_systolic_sum_mmhg", "Sum of the highest pressures of those pulses.", "mmHg")
ABP_DIASTOLIC_SUM_MMHG = _sum("abp_diastolic_sum_mmhg", "Sum of their lowest pressures.", "mmHg")
ABP_MEAN_SUM_MMHG = _sum("abp_mean_sum_mmhg", "Sum of their mean pressures.", "mmHg")
ABP_SYSTOLIC_MMHG = _feature("abp_systolic_mmhg", "Mean systolic pressure of those pulses.", "mmHg")
ABP_DIASTOLIC_MMHG = _feature("abp_diastolic_mmhg", "Mean diastolic pressure of those pulses.", "mmHg")
ABP_MEAN_MMHG = _feature("abp_mean_mmhg", "Mean of their mean pressures.", "mmHg")
ABP_ARRIVAL_COUNT = _tile_count("abp_arrival_count", "Pulse onsets of arterial pressure with an R peak before.")
ABP_ARRIVAL_SUM_TICKS = _sum("abp_arrival_sum_ticks", "Sum of their times since the last R peak.")
ABP_ARRIVAL_MS = _feature("abp_arrival_ms", "Mean time from R peak to pressure onset.", "ms")
RESP_SEARCHED_TICKS = _sum("resp_searched_ticks", "Ticks searched for breaths.")
BREATH_COUNT = _tile_count("breath_count", "Breaths.")
BREATH_INTERVAL_COUNT = _tile_count("breath_interval_count", "Intervals of breaths that end at one of them.")
BREATH_INTERVAL_SUM_TICKS = _sum("breath_interval_sum_ticks", "Sum of those intervals.")
RESPIRATION_RATE = _feature("respiration_rate_per_min", "Mean rate of those breaths.", "1/min")

# clinical extract
SOURCE_TABLE = Field("source_table", pl.String, "Clinical table the row comes from.")
EXTRACT_ROW = Field(
    "source_row",
    pl.Int64,
    "Place of the row among its subject's rows of that table, sorted by all columns; counts from 1.",
    minimum=1,
    limit_source="a count",
)
SOURCE_ID = Field(
    "source_id",
    pl.String,
    "The source's own row name (poe_id, labevent_id, orderid, transfer_id); null where it has none.",
)
START_TIME = _time(
    "start_time", "When it began or was charted (admittime, intime, charttime, starttime, ordertime, chartdate)."
)
END_TIME = _time("end_time", "When it ended as charted (dischtime, outtime, endtime); never a time of death.")
STORE_TIME = _time("store_time", "When it became known (storetime); null where the source leaves it empty.")
DEATH_TIME = _time("death_time", "admissions.deathtime to the minute, or patients.dod at midnight of that day.")
ITEM_ID = Field("item_id", pl.Int64, "itemid of charted, laboratory, procedure and drug rows.")
CODE = Field("code", pl.String, "ICD code without dot or space, or the transaction type of an order.")
CODE_VERSION = Field(
    "code_version", pl.Int32, "ICD version.", minimum=9, maximum=10, limit_source="MIMIC-IV diagnoses_icd: 9 or 10"
)
CATEGORY = Field(
    "category", pl.String, "First unit of a stay, event type of a transfer, admission type, order type, field name."
)
CLINICAL_UNIT = Field("unit", pl.String, "Unit as charted.")
CLINICAL_VALUE_TEXT = Field(
    "value_text", pl.String, "Text of the row: charted value, careunit, order subtype, field value, status."
)

# stays
OVERLAP_START_TIME = _time("overlap_start_time", "Start of record x stay, open end.")
OVERLAP_END_TIME = _time("overlap_end_time", "End of record x stay, closed end.")
STAY_START_TIME = _time("stay_start_time", "ICU intime.")
STAY_END_TIME = _time("stay_end_time", "ICU outtime.")
LAG_S = Field(
    "lag_s",
    pl.Float64,
    "Monitor clock minus chart clock, from all that is known today; null while unknown, never 0 for unknown.",
    unit="s",
)
LAG_CONFIDENCE = Field(
    "lag_confidence",
    pl.Float64,
    "Belief that the lag is within a minute of lag_s; null while the lag is unknown.",
    minimum=0,
    maximum=1,
    limit_source="a probability",
)
HAS_LARGE_LAG = Field(
    "has_large_lag", pl.Boolean, "Whether the lag is beyond two minutes, either way; null while the lag is unknown."
)
LAG_KNOWN_TIMES = Field(
    "lag_known_times",
    pl.List(TIME),
    "Hours of the stay at which what was known of the lag changed, ascending; before the first it was unknown.",
)
LAG_STEPS_S = Field(
    "lag_steps_s",
    pl.List(pl.Float64),
    "The lag as known from each of those hours on, from rows known by then alone; null where it was unknown again.",
    unit="s",
)
LAG_STEP_CONFIDENCES = Field(
    "lag_step_confidences", pl.List(pl.Float64), "Confidence of each of those lags; null where it was unknown again."
)
CARE_UNIT = Field("care_unit", pl.String, "First ICU of the stay.")

# events
EVENT = Field(
    "event",
    pl.String,
    "Kind of event: the name of its definition (events/definitions, or a user's own).",
    is_open_list=True,
)
EVENT_CLASS = Field("event_class", pl.String, "Circumstances of the event.", values=EventClass)
TIER = Field("tier", pl.String, "How the event is known.", values=Tier)
EVENT_TIME = _time("event_time", "Best time; null for tiers C and D.")
LOWER_TIME = _time("lower_time", "The event began no earlier; null where nothing bounds it.")
UPPER_TIME = _time("upper_time", "The event began no later; null where nothing bounds it.")
EVENT_END_TIME = _time("event_end_time", "Last evidence that it went on; null for point events.")
RULE = Field("rule", pl.String, "Name of the rule that gives tier and time: the best of those that found it.")
RULE_VERSION = Field("rule_version", pl.Int32, "Version of the rule.", minimum=1, limit_source="a count")
SOURCES = Field(
    "sources",
    pl.List(pl.String),
    "Every row that speaks for it: `table:row` of clinical_extract, `cleaned_numerics:record:first-last` source rows; "
    "and `event_adjudications:row` of a decision about it, a rejection too.",
)
CONTRADICTIONS = Field("contradictions", pl.List(pl.String), "Rows that speak against it, named like sources.")
RULES = Field("rules", pl.List(pl.String), "Every rule that found it, as `rule:version`, the best first.")
ADJUDICATION = Field(
    "adjudication", pl.String, "What a reviewer made of it; null where nobody did.", values=Adjudication
)
ADJUDICATION_ROW = Field(
    "source_row", pl.Int64, "Line of the decision, counted after the header.", minimum=1, limit_source="a count"
)
DECISION = Field("decision", pl.String, "The reviewer's decision.", values=Decision)
NEW_EVENT_TIME = _time("new_event_time", "Time given by the reviewer; null unless the event is retimed.")
NEW_LOWER_TIME = _time("new_lower_time", "The event began no earlier, says the reviewer; null: 60 s before.")
NEW_UPPER_TIME = _time("new_upper_time", "The event began no later, says the reviewer; null: 60 s after.")
REVIEWER = Field("reviewer", pl.String, "Who decided; null where it was not said.")
REASON = Field("reason", pl.String, "Why, in the reviewer's words; null where it was not said.")

# labels
INDEX_TIME = _time("index_time", "When the prediction is made: inputs end here, included.")
TARGET_START_TIME = _time("target_start_time", "index + gap; open end of the target.")
TARGET_END_TIME = _time("target_end_time", "index + gap + horizon; closed end of the target.")
FOLLOW_UP_END_TIME = _time(
    "follow_up_end_time", "Until when an event would have been seen, by the task's own rule; null where never."
)
LABEL = Field("label", pl.Boolean, "Whether the event begins in the target; null when excluded.")
EXCLUSION = Field("exclusion", pl.String, "Why the label is null.", values=Exclusion)
WINDOW_EXCLUSION = Field(
    "window_exclusion",
    pl.String,
    "Why a label gives no window; null where a window is cut or the label is null.",
    values=WindowExclusion,
)
CARE_LIMITATION = Field(
    "care_limitation", pl.String, "Limitation of care known at the index time.", values=CareLimitation
)
OBSERVED_FRACTION = Field(
    "observed_fraction",
    pl.Float64,
    "Share of the window's cells in which a coverage parameter is observed; null without a record.",
    minimum=0,
    maximum=1,
    limit_source="a share",
)
WAVEFORM_USABLE_FRACTION = Field(
    "waveform_usable_fraction",
    pl.Float64,
    "Share of the window's tiles in which the best of the required signals is usable; null where the task has no "
    "waveforms, or without a record.",
    minimum=0,
    maximum=1,
    limit_source="a share",
)
HOURS_IN_STAY = Field(
    "hours_in_stay",
    pl.Float64,
    "index time minus intime.",
    unit="h",
    minimum=0,
    limit_source="index times follow intime",
)

# windows
WINDOW_START_TIME = _time("window_start_time", "Open end of the observation window.")
WINDOW_END_TIME = _time("window_end_time", "Closed end of the observation window: the index time.")
INDEX_TICK = _tick(
    "index_tick",
    "Last tick at or before the index time, moved by the lag where a task corrects it.",
    minimum=None,
)
WINDOW_START_TICK = _tick(
    "window_start_tick",
    "Last tick at or before window_start_time, moved like index_tick: open end in ticks.",
    minimum=-1,
)
WINDOW_END_TICK = _tick(
    "window_end_tick",
    "Last tick at or before window_end_time, moved like index_tick: closed end in ticks.",
    minimum=None,
)
SAMPLE_LABEL = Field("label", pl.Boolean, "Whether the event begins in the target.")
PARAMETERS = Field("parameters", pl.List(pl.String), "Parameters of the tensor, in order.")
CELL_S = Field(
    "cell_s", pl.Int32, "Length of a cell of the regular grid.", unit="s", minimum=1, limit_source="a length"
)
CELL_COUNT = Field("cell_count", pl.Int32, "Cells per parameter.", minimum=1, limit_source="a count")
CELL_VALUES = Field(
    "cell_values",
    pl.List(pl.Float32),
    "Tensor [parameter, cell], row by row, cells in time order, canonical units; null where missing.",
)
CELL_REASONS = Field(
    "cell_reasons", pl.List(pl.UInt8), "Code of MissingReason for each cell, same order; survives every gap policy."
)
CELL_AGES_S = Field(
    "cell_ages_s",
    pl.List(pl.Float32),
    "Cell end minus time of the last usable value at or before it, within the window; null where none.",
    unit="s",
)
FEATURE_NAMES = Field("feature_names", pl.List(pl.String), "Names of the summary features, in order.")
FEATURE_VALUES = Field(
    "feature_values", pl.List(pl.Float32), "Summary features over observed values of the window; null where undefined."
)
WAVEFORM_START_TICK = _tick(
    "waveform_start_tick",
    "Open start of the signals: the tick before their first frame; null where the task has no waveforms.",
    minimum=None,
)
WAVEFORM_END_TICK = _tick(
    "waveform_end_tick",
    "Closed end of the signals: the last tick of the last frame that has ended by index_tick.",
    minimum=None,
)
SIGNALS = Field("signals", pl.List(pl.String), "Signals of the window, as the task names them; none without waveforms.")
SIGNAL_UNITS = Field("signal_units", pl.List(pl.String), "Unit of each; null where nothing of it was observed.")
SIGNAL_SAMPLES_PER_FRAME = Field(
    "signal_samples_per_frame", pl.List(pl.Int32), "Samples per frame of each; 0 where the record lacked it up to then."
)
SIGNAL_SAMPLE_COUNTS = Field(
    "signal_sample_counts",
    pl.List(pl.Int32),
    "Samples of each, missing ones included; 0 where the record lacked it up to then.",
)
SIGNAL_GAINS = Field(
    "signal_gains", pl.List(pl.Float64), "Digital steps per unit of each; null where nothing of it was observed."
)
SIGNAL_BASELINES = Field(
    "signal_baselines", pl.List(pl.Int32), "Digital value of physical zero; null where nothing of it was observed."
)
SIGNAL_IS_RESCALED = Field(
    "signal_is_rescaled",
    pl.List(pl.Boolean),
    "Whether the window spans segments of several calibrations, brought to the finest one by rounding to its steps.",
)
SIGNAL_SAMPLES = Field(
    "signal_samples",
    pl.List(pl.Binary),
    "int16 samples of each at its native rate, -32768 where missing, in the bytes of mimic_assets.signal_codec.",
)
SIGNAL_REASONS = Field(
    "signal_reasons",
    pl.List(pl.Binary),
    "Code of SignalReason for each sample, as runs in the bytes of mimic_assets.signal_codec.",
)
TILE_END_TICK = _tick(
    "tile_end_tick",
    "Closed end of the tile features: the last tick of the last tile that has ended by index_tick.",
    minimum=None,
)
TILE_COUNT = Field("tile_count", pl.Int32, "Tiles per feature; 0 without waveforms.", minimum=0, limit_source="a count")
TILE_FEATURE_NAMES = Field("tile_feature_names", pl.List(pl.String), "Names of the tile features, in order.")
TILE_FEATURES = Field(
    "tile_features",
    pl.List(pl.Float32),
    "Tensor [feature, tile], row by row, tiles in time order; null where unknown.",
)

# manifest
SPLIT = Field("split", pl.String, "Split of the subject.", values=Split)
IS_SPLIT_PROVISIONAL = Field(
    "is_split_provisional", pl.Boolean, "True below 10 subjects: all are in train, and move when more arrive."
)
STRATUM = Field("stratum", pl.String, "Stratum in which controls were matched.")
WEIGHT = Field(
    "weight",
    pl.Float64,
    "Windows of the population that this sample stands for.",
    minimum=1,
    limit_source="a sample stands at least for itself",
)
SHARD = Field("shard", pl.String, "Path of the shard, relative to the lake.")
SHARD_OFFSET = Field(
    "shard_offset", pl.Int64, "First byte of the sample in its shard.", unit="byte", minimum=0, limit_source="an offset"
)
SHARD_LENGTH = Field(
    "shard_length", pl.Int64, "Bytes of the sample in its shard.", unit="byte", minimum=1, limit_source="a length"
)
SHA256 = Field("sha256", pl.String, "SHA-256 of the sample's bytes in the shard.")
TASK_FINGERPRINT = Field("task_fingerprint", pl.String, "SHA-256 of the task as validated.")
CODE_FINGERPRINT = Field("code_fingerprint", pl.String, "SHA-256 of the source text of the core.")
NORMALISED_PARAMETER = Field("parameter", pl.String, "Canonical parameter, or signal.")
NORMALISED_UNIT = Field("unit", pl.String, "Canonical unit of a parameter; of a signal the one its record gives.")
OBSERVED_COUNT = Field(
    "observed_count",
    pl.Int64,
    "Observed cells, or samples of a signal, of train windows.",
    minimum=0,
    limit_source="a count",
)
MEAN = Field("mean", pl.Float64, "Mean of observed cells, or samples of a signal, in the train split; null where none.")
STANDARD_DEVIATION = Field(
    "standard_deviation",
    pl.Float64,
    "Population standard deviation of the same cells; null where none.",
    minimum=0,
    limit_source="a deviation",
)
MEDIAN = Field("median", pl.Float64, "Lower median of the same cells; null where none.")

# rejections
REJECTED_SUBJECT_ID = _id(
    "subject_id", "De-identified patient; null where the defect concerns a whole file or none is known."
)
REJECTED_TABLE = Field("table", pl.String, "Table whose stage refused the input.")
REJECTED_FILE = Field("file", pl.String, "File or table the defect is in.")
PLACE = Field("place", pl.String, "Where in it: line, column, segment, or row name.")
REJECTED_RULE = Field("rule", pl.String, "Name of the rule that was broken.")
MESSAGE = Field("message", pl.String, "What was found and what was expected, without a patient's values.")
ADVICE = Field("advice", pl.String, "What a person can do about it.")
DEFECT_COUNT = Field(
    "defect_count",
    pl.Int64,
    "How many cells or rows of that file break the rule; the place is the first.",
    minimum=1,
    limit_source="a count",
)

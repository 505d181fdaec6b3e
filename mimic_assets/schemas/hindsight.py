"""What was known when: columns that are hindsight, and what each column of our own tables may be used for.

`SOURCE` lists columns of MIMIC-IV that nobody knew at the index time, with the reason; `OWN` and `WHOLE` classify every
column of our tables. A column that is in neither is not classified, and a contract test fails until it is. Data only:
`tasks` refuses what is named here as an input, `windows.leakage` proves what is not.

Source: MIMIC-IV 2.2 and 3.1 documentation, mimic.mit.edu (2023, 2024), table pages.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from mimic_assets.schemas.vocabulary import Vocabulary


class Knowledge(Vocabulary):
    """What a column may be used for at an index time."""

    KNOWN = "known", "known at the index time, for rows that are not later than it: may be an input"
    IDENTIFIER = "identifier", "names a row, a file or a place: a model that reads it learns by heart"
    LABEL = "label", "what is predicted, or how that was decided: looks past the index time by design"
    HINDSIGHT = "hindsight", "known only afterwards: no input"


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a column, and why."""

    knowledge: Knowledge
    reason: str


def _columns(knowledge: Knowledge, reason: str, names: str) -> dict[str, Known]:
    return {name: Known(knowledge, reason) for name in names.split()}


_CODED = "coded for billing after discharge, without a time"
_COUNTED = "written down when the stay, order or drip ends"
_DEATH = "says that, and when, the patient died"

SOURCE: Final[Mapping[str, Known]] = {
    name: known
    for part in (
        _columns(Knowledge.LABEL, _DEATH, "admissions.deathtime admissions.hospital_expire_flag patients.dod"),
        _columns(
            Knowledge.HINDSIGHT,
            "known at discharge; DIED and HOSPICE are places of discharge",
            "admissions.dischtime admissions.discharge_location",
        ),
        _columns(
            Knowledge.HINDSIGHT,
            "when the emergency department was left; after the ICU was entered where a bed was kept there",
            "admissions.edouttime",
        ),
        _columns(
            Knowledge.HINDSIGHT,
            "known when the patient leaves the unit",
            "icustays.outtime icustays.los icustays.last_careunit transfers.outtime",
        ),
        _columns(
            Knowledge.HINDSIGHT,
            _CODED,
            "diagnoses_icd.icd_code diagnoses_icd.icd_version diagnoses_icd.seq_num procedures_icd.icd_code "
            "procedures_icd.icd_version procedures_icd.seq_num procedures_icd.chartdate drgcodes.drg_type "
            "drgcodes.drg_code drgcodes.description drgcodes.drg_severity drgcodes.drg_mortality hcpcsevents.hcpcs_cd "
            "hcpcsevents.seq_num hcpcsevents.short_description hcpcsevents.chartdate",
        ),
        _columns(
            Knowledge.HINDSIGHT,
            "the service of the whole admission: rows after the index time have not happened",
            "services.curr_service services.prev_service services.transfertime",
        ),
        _columns(
            Knowledge.HINDSIGHT,
            _COUNTED,
            "inputevents.endtime inputevents.amount inputevents.totalamount inputevents.statusdescription "
            "ingredientevents.endtime ingredientevents.amount ingredientevents.statusdescription "
            "procedureevents.endtime procedureevents.value procedureevents.statusdescription prescriptions.stoptime "
            "pharmacy.stoptime pharmacy.status poe.order_status poe.discontinued_by_poe_id",
        ),
        _columns(
            Knowledge.HINDSIGHT,
            "the last time the row was stored: how long it took is itself known only then",
            "chartevents.storetime labevents.storetime inputevents.storetime procedureevents.storetime "
            "outputevents.storetime datetimeevents.storetime microbiologyevents.storetime emar.storetime",
        ),
        _columns(
            Knowledge.HINDSIGHT,
            "grown and tested for days after the specimen was taken",
            "microbiologyevents.org_name microbiologyevents.interpretation microbiologyevents.comments",
        ),
        _columns(
            Knowledge.HINDSIGHT,
            "the one date of the subject's shift; compares nothing and comes with the extract, not with the patient",
            "patients.anchor_year",
        ),
    )
    for name, known in part.items()
}
"""`table.column` of MIMIC-IV -> why it is no input."""

WHOLE: Final[Mapping[str, Known]] = {
    "clinical_events": Known(Knowledge.LABEL, "events are what is predicted; their times and tiers come afterwards"),
    "event_adjudications": Known(Knowledge.LABEL, "reviewers decide on events with the whole chart before them"),
    "training_normalisation": Known(Knowledge.HINDSIGHT, "statistics of many patients, fitted after all windows"),
    "training_manifest": Known(Knowledge.LABEL, "chosen and weighted by labels, after all windows are there"),
    "rejected_inputs": Known(Knowledge.HINDSIGHT, "defects of whole files, later parts included"),
}
"""Tables of ours of which no column is an input, columns to come included."""

_KEY = "key or place of the row: a model that reads it learns by heart"
_IDS = "subject_id hadm_id stay_id record_id sample_id task"
_ROW = "key of the row, or its value as measured or charted at a time the row says"
_FILE = "said of a whole segment's file, its later samples included"
_END = "the end of a record, stay or row: the monitor comes off before a death"
_GIVEN = "by the task or the clock alone"

OWN: Final[Mapping[str, Mapping[str, Known]]] = {
    "raw_records": _columns(Knowledge.IDENTIFIER, _KEY, f"{_IDS} segment_index signal_index file channel")
    | _columns(Knowledge.KNOWN, "a header's setting of signals", "signal unit storage_format samples_per_frame gain "
               "baseline adc_resolution_bits adc_zero segment_start_tick record_start_time counter_frequency_hz")
    | _columns(Knowledge.HINDSIGHT, _FILE, "file_status file_bytes file_sha256 checksum segment_frame_count "
               "readable_frame_count")
    | _columns(Knowledge.HINDSIGHT, _END, "record_end_time record_last_tick"),
    "raw_numerics": _columns(Knowledge.IDENTIFIER, _KEY, f"{_IDS} source_row source_column")
    | _columns(Knowledge.KNOWN, _ROW, "tick time parameter unit value value_text"),
    "clinical_extract": _columns(Knowledge.IDENTIFIER, _KEY, f"{_IDS} source_table source_row source_id")
    | _columns(Knowledge.KNOWN, "as charted; rows of coded tables are hindsight as a whole (SOURCE)",
               "start_time item_id category unit")
    | _columns(Knowledge.HINDSIGHT, "ends, amounts and last units are filled in later; codes at discharge (SOURCE)",
               "end_time store_time value value_text code code_version")
    | _columns(Knowledge.LABEL, _DEATH, "death_time"),
    "cleaned_numerics": _columns(Knowledge.IDENTIFIER, _KEY, f"{_IDS} source_row source_column")
    | _columns(Knowledge.KNOWN, _ROW, "tick time parameter unit value flag"),
    "waveform_quality": _columns(Knowledge.IDENTIFIER, _KEY, _IDS)
    | _columns(Knowledge.KNOWN, "from the samples of a tile that has ended, for tiles that end by the index time",
               "signal tile_start_tick missing_reason quality_index observed_fraction flat_fraction unit mean "
               "standard_deviation minimum maximum skewness kurtosis"),
    "waveform_beats": _columns(Knowledge.IDENTIFIER, _KEY, _IDS)
    | _columns(Knowledge.KNOWN, "from samples up to known_tick, for rows whose known_tick is not after the index tick",
               "signal tick kind known_tick interval_ticks cycle_low cycle_high cycle_mean"),
    "waveform_features": _columns(Knowledge.IDENTIFIER, _KEY, _IDS)
    | _columns(Knowledge.KNOWN, "a header's setting of signals", "counter_frequency_hz")
    | _columns(Knowledge.KNOWN, "from the samples of a tile that has ended, for tiles that end by the index time",
               "tile_start_tick ecg_signal ecg_searched_ticks qrs_count rr_count rr_sum_ticks rr_square_sum_ticks2 "
               "rr_difference_count rr_difference_square_sum_ticks2 heart_rate_per_min sdnn_ms rmssd_ms "
               "pleth_searched_ticks pleth_pulse_count pleth_interval_count pleth_interval_sum_ticks "
               "pulse_rate_per_min pleth_amplitude_sum_nu pleth_amplitude_nu pulse_arrival_count "
               "pulse_arrival_sum_ticks pulse_arrival_ms abp_signal abp_searched_ticks abp_pulse_count "
               "abp_interval_count abp_interval_sum_ticks abp_pulse_rate_per_min abp_systolic_sum_mmhg "
               "abp_diastolic_sum_mmhg abp_mean_sum_mmhg abp_systolic_mmhg abp_diastolic_mmhg abp_mean_mmhg "
               "abp_arrival_count abp_arrival_sum_ticks abp_arrival_ms resp_searched_ticks breath_count "
               "breath_interval_count breath_interval_sum_ticks respiration_rate_per_min"),
    "record_stays": _columns(Knowledge.IDENTIFIER, _KEY, _IDS)
    | _columns(Knowledge.KNOWN, "said when record or stay begins", "overlap_start_time record_start_time "
               "counter_frequency_hz stay_start_time care_unit")
    | _columns(Knowledge.HINDSIGHT, _END, "overlap_end_time record_end_time record_last_tick stay_end_time")
    | _columns(Knowledge.HINDSIGHT, "estimated over the whole record; an input may use pairs of the past alone",
               "lag_s lag_confidence has_large_lag")
    | _columns(Knowledge.HINDSIGHT, "steps after the index time included; an input takes the step known by then",
               "lag_known_times lag_steps_s lag_step_confidences"),
    "clinical_labels": _columns(Knowledge.IDENTIFIER, _KEY, _IDS)
    | _columns(Knowledge.KNOWN, _GIVEN, "index_time target_start_time target_end_time hours_in_stay")
    | _columns(Knowledge.KNOWN, "from rows charted, stored or sent by the index time",
               "care_limitation care_unit observed_fraction waveform_usable_fraction")
    | _columns(Knowledge.LABEL, "decided by events and follow-up after the index time",
               "label exclusion window_exclusion event_id follow_up_end_time"),
    "windowed_samples": _columns(Knowledge.IDENTIFIER, _KEY, _IDS)
    | _columns(Knowledge.KNOWN, _GIVEN, "index_time index_tick window_start_time window_start_tick window_end_time "
               "window_end_tick hours_in_stay cell_s cell_count parameters feature_names waveform_start_tick "
               "waveform_end_tick signals signal_samples_per_frame signal_sample_counts tile_end_tick tile_count "
               "tile_feature_names")
    | _columns(Knowledge.KNOWN, "from rows charted, stored or sent by the index time: proven by deleting later ones",
               "care_limitation care_unit observed_fraction cell_values cell_reasons cell_ages_s feature_values "
               "signal_units signal_gains signal_baselines signal_is_rescaled signal_samples signal_reasons "
               "tile_features")
    | _columns(Knowledge.LABEL, "decided by events after the index time", "label event_id"),
}  # fmt: skip
"""Table -> column -> what it may be used for."""


def knowledge_of(table: str, column: str) -> Known | None:
    """Return what is known of a column of one of our tables; None where nobody has classified it."""
    return WHOLE.get(table) or OWN.get(table, {}).get(column)

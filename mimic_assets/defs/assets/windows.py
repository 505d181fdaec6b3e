"""Windows: the inputs of every labelled index time that a record covers."""

import dagster as dg

from mimic_assets import windows
from mimic_assets.defs.assets.outputs import each_patient_and_task
from mimic_assets.defs.assets.raw import BATCHES
from mimic_assets.defs.derivation import Derivation, TableHandle
from mimic_assets.defs.describing import asset_arguments
from mimic_assets.defs.partitions import PATIENTS


@dg.asset(**asset_arguments("windowed_samples"), partitions_def=PATIENTS, backfill_policy=BATCHES)
def windowed_samples(
    clinical_labels: TableHandle,
    cleaned_numerics: TableHandle,
    record_stays: TableHandle,
    raw_records: TableHandle,
    waveform_quality: TableHandle,
    waveform_features: TableHandle,
) -> dg.Output[Derivation]:
    """Cut windows: values, missing reasons, ages, features; signals at their native rates where the task has them."""
    upstream = (clinical_labels, cleaned_numerics, record_stays)
    more = (raw_records, waveform_quality, waveform_features)
    return each_patient_and_task(windows.cut_windows, *upstream, waveform_inputs=more, needs_signals=True)

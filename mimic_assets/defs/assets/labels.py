"""Labels: which stay a record belongs to, what happened and when, and what a model is asked to foresee."""

import dagster as dg

from mimic_assets import events, stays, windows
from mimic_assets.defs.assets.outputs import each_patient, each_patient_and_task
from mimic_assets.defs.assets.raw import BATCHES
from mimic_assets.defs.derivation import Derivation, TableHandle
from mimic_assets.defs.describing import asset_arguments
from mimic_assets.defs.partitions import PATIENTS

EXTRACT = {"clinical_extract": dg.AssetIn(partition_mapping=dg.AllPartitionMapping())}
"""A patient needs one bucket of the extract; Dagster is told all of them, the IO manager opens the one."""


@dg.asset(**asset_arguments("record_stays"), ins=EXTRACT, partitions_def=PATIENTS, backfill_policy=BATCHES)
def record_stays(
    raw_records: TableHandle, cleaned_numerics: TableHandle, clinical_extract: TableHandle
) -> dg.Output[Derivation]:
    """Join records with ICU stays by time, and measure how far the monitor's clock is from the chart's."""
    return each_patient(stays.find_record_stays, raw_records, cleaned_numerics, clinical_extract)


@dg.asset(**asset_arguments("clinical_events"), ins=EXTRACT, partitions_def=PATIENTS, backfill_policy=BATCHES)
def clinical_events(
    event_adjudications: TableHandle,
    clinical_extract: TableHandle,
    cleaned_numerics: TableHandle,
    record_stays: TableHandle,
) -> dg.Output[Derivation]:
    """Find events, their tier, what bounds their time, and what reviewers made of them."""
    upstream = (event_adjudications, clinical_extract, cleaned_numerics, record_stays)
    return each_patient(events.find_events, *upstream, needs_definitions=True)


@dg.asset(**asset_arguments("clinical_labels"), ins=EXTRACT, partitions_def=PATIENTS, backfill_policy=BATCHES)
def clinical_labels(
    clinical_extract: TableHandle,
    clinical_events: TableHandle,
    record_stays: TableHandle,
    cleaned_numerics: TableHandle,
    waveform_quality: TableHandle,
) -> dg.Output[Derivation]:
    """Label every index time of every stay, or say why not."""
    upstream = (clinical_extract, clinical_events, record_stays, cleaned_numerics)
    return each_patient_and_task(
        windows.label_stays, *upstream, needs_completeness=True, waveform_inputs=(waveform_quality,)
    )

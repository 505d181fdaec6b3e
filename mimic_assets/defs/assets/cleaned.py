"""Cleaned: the same cells with canonical names, units and one flag each."""

import dagster as dg

from mimic_assets import numerics
from mimic_assets.defs.assets.raw import BATCHES
from mimic_assets.defs.derivation import Derivation, TableHandle, each_patient
from mimic_assets.defs.describing import asset_arguments
from mimic_assets.defs.partitions import PATIENTS


@dg.asset(**asset_arguments("cleaned_numerics"), partitions_def=PATIENTS, backfill_policy=BATCHES)
def cleaned_numerics(raw_numerics: TableHandle, raw_records: TableHandle) -> dg.Output[Derivation]:
    """Flag every cell; drop none."""
    return each_patient(numerics.clean, raw_numerics, raw_records)

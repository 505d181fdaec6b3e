"""Cleaned: the same cells with canonical names, units and one flag each; tile by tile, what of a signal is usable."""

import dagster as dg

from mimic_assets import numerics, waveforms
from mimic_assets.defs.assets.outputs import each_patient
from mimic_assets.defs.assets.raw import BATCHES
from mimic_assets.defs.derivation import Derivation, TableHandle
from mimic_assets.defs.describing import asset_arguments
from mimic_assets.defs.partitions import PATIENTS


@dg.asset(**asset_arguments("cleaned_numerics"), partitions_def=PATIENTS, backfill_policy=BATCHES)
def cleaned_numerics(raw_numerics: TableHandle, raw_records: TableHandle) -> dg.Output[Derivation]:
    """Flag every cell; drop none."""
    return each_patient(numerics.clean, raw_numerics, raw_records)


@dg.asset(**asset_arguments("waveform_quality"), partitions_def=PATIENTS, backfill_policy=BATCHES)
def waveform_quality(raw_records: TableHandle) -> dg.Output[Derivation]:
    """Judge every tile of every signal; drop none."""
    return each_patient(waveforms.judge_waveforms, raw_records, needs_signals=True)


@dg.asset(**asset_arguments("waveform_beats"), partitions_def=PATIENTS, backfill_policy=BATCHES)
def waveform_beats(raw_records: TableHandle) -> dg.Output[Derivation]:
    """Find QRS complexes, pulse onsets and breaths."""
    return each_patient(waveforms.find_beats, raw_records, needs_signals=True)


@dg.asset(**asset_arguments("waveform_features"), partitions_def=PATIENTS, backfill_policy=BATCHES)
def waveform_features(waveform_beats: TableHandle, raw_records: TableHandle) -> dg.Output[Derivation]:
    """Sum up what beats say, tile by tile: rates, variability, pressures."""
    return each_patient(waveforms.summarise_tiles, waveform_beats, raw_records)

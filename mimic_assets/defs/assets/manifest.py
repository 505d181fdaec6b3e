"""Manifest: which samples train a model, where their bytes lie, and how to normalise them.

Both assets cover every patient in the lake. They depend on windowed_samples without loading it: Dagster would hand over
all partitions at once, while the IO manager reads patient by patient.
"""

import dagster as dg

from mimic_assets import manifest
from mimic_assets.defs.derivation import Derivation, FromAllPatients
from mimic_assets.defs.describing import asset_arguments


@dg.asset(**asset_arguments("training_normalisation"), deps=["windowed_samples"])
def training_normalisation() -> dg.Output[Derivation]:
    """Fit statistics on train windows only."""
    return dg.Output(FromAllPatients(manifest.fit_normalisation, ("windowed_samples",)))


@dg.asset(**asset_arguments("training_manifest"), deps=["windowed_samples", "training_normalisation"])
def training_manifest() -> dg.Output[Derivation]:
    """Split by subject, match controls, write shards."""
    return dg.Output(FromAllPatients(manifest.build_manifest, ("windowed_samples", "training_normalisation")))

"""The graph as Dagster loads it; `build_definitions` makes a fresh one from settings and accepts overrides."""

from collections.abc import Mapping
from typing import Any

import dagster as dg

from mimic_assets.defs.assets import cleaned, labels, manifest, raw, windows
from mimic_assets.defs.automation import (
    JOBS,
    arriving_patients_sensor,
    manifest_after_partial_patients,
    manifest_after_patients,
    nightly,
    nightly_extract_schedule,
)
from mimic_assets.defs.checks import all_checks
from mimic_assets.defs.crew import Crew
from mimic_assets.defs.io_managers import Progress, TableIO
from mimic_assets.defs.making import Workshop
from mimic_assets.defs.previews import PreviewIO, all_previews
from mimic_assets.defs.proof import proof_check
from mimic_assets.settings import Settings


def build_definitions(
    settings: Settings | None = None, overrides: Mapping[str, Any] | None = None, progress: Progress | None = None
) -> dg.Definitions:
    """Return the whole graph over the sources, lake and tasks of the settings.

    Args:
        settings: where things lie and what to make; by default the environment's.
        overrides: resources that replace ours, by key (`tables`, `previews`).
        progress: told about every key.
    """
    settings = settings or Settings()
    workshop = Workshop(settings)
    crew = Crew(settings, workshop)
    resources: dict[str, Any] = {
        "tables": TableIO(workshop, crew, progress),
        "previews": PreviewIO(workshop.home / "previews"),
    }
    return dg.Definitions(
        assets=[
            raw.raw_records,
            raw.raw_numerics,
            raw.clinical_extract_asset(settings.buckets),
            raw.event_adjudications,
            cleaned.cleaned_numerics,
            cleaned.waveform_quality,
            cleaned.waveform_beats,
            cleaned.waveform_features,
            labels.record_stays,
            labels.clinical_events,
            labels.clinical_labels,
            windows.windowed_samples,
            manifest.training_normalisation,
            manifest.training_manifest,
            *all_previews(workshop),
        ],
        asset_checks=[*all_checks(workshop), proof_check(workshop, crew)],
        jobs=JOBS,
        schedules=[nightly_extract_schedule(settings.buckets), nightly],
        sensors=[arriving_patients_sensor(workshop), manifest_after_patients, manifest_after_partial_patients],
        resources=resources | dict(overrides or {}),
        executor=dg.in_process_executor,
    )


@dg.definitions
def defs() -> dg.Definitions:
    """Return the graph of the environment's settings; `workspace.yaml` loads it."""
    return build_definitions()

"""Raw: what the sources say, row by row, nothing judged."""

import dagster as dg

from mimic_assets import clinical, events, records
from mimic_assets.defs.derivation import Derivation, FromClinicalTree, FromDecisions, FromTree
from mimic_assets.defs.describing import asset_arguments
from mimic_assets.defs.partitions import PATIENTS, PATIENTS_PER_RUN, bucket_partitions

BATCHES = dg.BackfillPolicy.multi_run(max_partitions_per_run=PATIENTS_PER_RUN)


@dg.asset(**asset_arguments("raw_records"), partitions_def=PATIENTS, backfill_policy=BATCHES)
def raw_records() -> dg.Output[Derivation]:
    """Headers parsed and files checked."""
    return dg.Output(FromTree(records.read_records, records.find_patients))


@dg.asset(**asset_arguments("raw_numerics"), partitions_def=PATIENTS, backfill_policy=BATCHES)
def raw_numerics() -> dg.Output[Derivation]:
    """Every non-empty cell of the numerics files."""
    return dg.Output(FromTree(records.read_numerics))


def clinical_extract_asset(buckets: int) -> dg.AssetsDefinition:
    """Return the clinical extract over this many buckets; one pass over the source makes all that are asked for."""

    @dg.asset(
        **asset_arguments("clinical_extract"),
        partitions_def=bucket_partitions(buckets),
        backfill_policy=dg.BackfillPolicy.single_run(),
    )
    def clinical_extract() -> dg.Output[Derivation]:
        return dg.Output(FromClinicalTree(clinical.extract))

    return clinical_extract


@dg.asset(**asset_arguments("event_adjudications"))
def event_adjudications() -> dg.Output[Derivation]:
    """Reviewers' decisions about events, as they wrote them."""
    return dg.Output(FromDecisions(events.read_adjudications))

"""How assets are cut: patients register themselves as they arrive, the clinical extract lies in hashed buckets.

A patient's key is the de-identified subject_id as text. Keys are added in ascending order within a delivery.
"""

import dagster as dg

PATIENTS = dg.DynamicPartitionsDefinition(name="patients")

PATIENTS_PER_RUN = 100
"""A backfill cuts its patients into runs of this many; one run per patient was measured at 19 s each."""


def bucket_key(bucket: int) -> str:
    """Return the partition key of a bucket."""
    return f"{bucket:04d}"


def bucket_partitions(buckets: int) -> dg.StaticPartitionsDefinition:
    """Return the partitions of the clinical extract."""
    return dg.StaticPartitionsDefinition([bucket_key(bucket) for bucket in range(buckets)])

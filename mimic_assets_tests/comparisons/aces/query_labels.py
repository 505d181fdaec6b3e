"""Runs in the environment `aces`: labels of one task over every shard of a MEDS export, as one Parquet file.

`python query_labels.py TASK.yaml DATA_FOLDER OUTPUT.parquet`. Nothing of ours is imported here.
"""

import sys
from pathlib import Path

import polars as pl
from omegaconf import DictConfig

from aces import config, predicates, query


def main(task: str, data: str, output: str) -> None:
    """Query each shard and write `subject_id prediction_time boolean_value`."""
    found = []
    for shard in sorted(Path(data).rglob("*.parquet")):
        # read anew for each shard: a query of es-aces 0.7.3 leaves its offsets in the configuration, the next adds them
        wanted = config.TaskExtractorConfig.load(Path(task))
        table = predicates.get_predicates_df(wanted, DictConfig({"path": str(shard), "standard": "meds"}))
        rows = query.query(wanted, table)
        if rows.height:
            found.append(
                rows.select(
                    "subject_id",
                    pl.col("index_timestamp").alias("prediction_time"),
                    (pl.col("label") > 0).alias("boolean_value"),
                )
            )
    pl.concat(found).sort("subject_id", "prediction_time").write_parquet(output)


if __name__ == "__main__":
    main(*sys.argv[1:])

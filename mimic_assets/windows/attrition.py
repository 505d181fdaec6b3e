"""How many index times and stays are left after each reason for leaving some out: the attrition of a task.

Belongs here: counting rows of `clinical_labels`, in the order in which reasons apply. Does not belong here: why a row
has its reason (`exclusions`, `coverage`), or how the table is drawn.

Counts of several patients add up, because a stay belongs to one patient. Source: the flow diagram of CONSORT 2010
(Schulz et al., BMJ 2010), with index times in the place of participants.
"""

from collections.abc import Iterable, Mapping
from typing import Final

import polars as pl

from mimic_assets.schemas.vocabulary import Exclusion, WindowExclusion

ALL, LABELLED, WINDOWS = "every index time", "labelled", "windows"
"""Steps at which something is left; between them stand the reasons by which something is removed."""
ATTRITION: Final = pl.Schema(
    {
        "step": pl.String(),
        "is_removal": pl.Boolean(),
        "subjects": pl.Int64(),
        "stays": pl.Int64(),
        "index_times": pl.Int64(),
        "positives": pl.Int64(),
        "negatives": pl.Int64(),
    }
)
"""A removal counts the index times of its reason, and the stays and subjects they lie in; another step what is left."""
STEPS: Final = (
    ALL,
    *(reason.value for reason in Exclusion),
    LABELLED,
    *(reason.value for reason in WindowExclusion),
    WINDOWS,
)


def attrition(clinical_labels: pl.DataFrame) -> pl.DataFrame:
    """Return the attrition of the index times of one task, for any number of subjects.

    Returns:
        A row of ATTRITION per step, in the order of STEPS; steps at which nothing happened have zeros.

    Examples:
        >>> labels = pl.DataFrame(
        ...     {"subject_id": [1, 1, 1], "stay_id": [7, 7, 7], "label": [True, None, False],
        ...      "exclusion": [None, "stay_ended", None], "window_exclusion": [None, None, "no_record"]},
        ...     schema_overrides={"exclusion": pl.String, "window_exclusion": pl.String},
        ... )
        >>> attrition(labels).filter(pl.col("index_times") > 0).select("step", "index_times").rows()
        [('every index time', 3), ('stay_ended', 1), ('labelled', 2), ('no_record', 1), ('windows', 1)]
    """
    has_label, has_window = pl.col("label").is_not_null(), pl.col("window_exclusion").is_null()
    steps: list[tuple[str, bool, pl.Expr]] = [
        (ALL, False, pl.lit(True)),
        *((reason.value, True, pl.col("exclusion") == reason.value) for reason in Exclusion),
        (LABELLED, False, has_label),
        *((reason.value, True, pl.col("window_exclusion") == reason.value) for reason in WindowExclusion),
        (WINDOWS, False, has_label & has_window),
    ]
    counted = []
    for step, is_removal, where in steps:
        rows = clinical_labels.filter(where)
        label = rows["label"]
        counts = (rows["subject_id"].n_unique(), rows["stay_id"].n_unique(), rows.height)
        counted.append((step, is_removal, *counts, int(label.sum() or 0), int((~label).sum() or 0)))
    return pl.DataFrame(counted, schema=ATTRITION, orient="row")


def attrition_of(counts: Mapping[str, Mapping[str, int]]) -> pl.DataFrame:
    """Return an attrition from its columns, each as step -> count; a step that is not named counted nothing."""
    removals = {reason.value for reason in (*Exclusion, *WindowExclusion)}
    columns = [name for name in ATTRITION.names() if name not in ("step", "is_removal")]
    rows = [(step, step in removals, *(counts.get(name, {}).get(step, 0) for name in columns)) for step in STEPS]
    return pl.DataFrame(rows, schema=ATTRITION, orient="row")


def add_attritions(tables: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """Return the sum of the attritions of different patients."""
    rows = pl.concat([pl.DataFrame(schema=ATTRITION), *tables])
    order = pl.DataFrame({"step": STEPS})
    summed = rows.group_by("step").agg(pl.col("is_removal").first(), pl.exclude("step", "is_removal").sum())
    return order.join(summed, on="step", how="inner", maintain_order="left").select(ATTRITION.names())

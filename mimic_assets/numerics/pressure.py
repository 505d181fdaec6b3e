"""Rules over the systolic, diastolic and mean pressure of one site at one tick.

Belongs here: what three pressures of one moment must be to each other. Does not belong here: bounds of a single value
(`parameters`), waveforms. Values of one tick are judged together, whatever row they came in; nothing looks at another
tick, so nothing after an index time can change what is before it.
"""

import polars as pl

from mimic_assets.numerics.parameters import Role, Site
from mimic_assets.schemas.vocabulary import Flag

MIN_ARTERIAL_PULSE_PRESSURE_MMHG = 10.0
"""An arterial line that shows less is flushed, zeroed, clotted or damped.

Source: beats with a pulse pressure of at most 10 mmHg are left out in studies of arterial lines (J Clin Med
2019;8:1773).
The signal abnormality index of Sun et al. (Computers in Cardiology 2006) draws the line at 20 mmHg; we keep what lies
between, because narrow pulse pressures belong to shock, which is an event we look for.
"""


def judge_triples(cells: pl.DataFrame) -> pl.DataFrame:
    """Return the cells whose triple breaks a rule, with the flag.

    Args:
        cells: `cell` (its number), `record_id`, `tick`, `site`, `role`, `value` in mmHg; at most one cell per record,
            tick, site and role.

    Returns:
        `cell`, `pressure_flag`: `pressure_order` for every cell of a triple in which diastolic <= mean <= systolic is
        broken between those present; else `artefact` for every cell of an arterial triple with too small a
        pulse pressure.

    Missing: what is not there cannot break a rule; a lone mean is never flagged.
    """
    moment = ["record_id", "tick", "site"]
    found = cells.group_by(moment).agg(
        pl.col("value").filter(pl.col("role") == role.value).first().alias(role.value) for role in Role
    )
    systolic, diastolic, mean = (pl.col(role.value) for role in (Role.SYSTOLIC, Role.DIASTOLIC, Role.MEAN))
    is_disordered = pl.any_horizontal(
        (diastolic > mean).fill_null(False), (mean > systolic).fill_null(False), (diastolic > systolic).fill_null(False)
    )
    is_narrow = (pl.col("site") == Site.ABP.value) & (
        systolic - diastolic < MIN_ARTERIAL_PULSE_PRESSURE_MMHG
    ).fill_null(False)
    judged = found.select(
        *moment,
        pressure_flag=pl.when(is_disordered)
        .then(pl.lit(Flag.PRESSURE_ORDER.value))
        .when(is_narrow)
        .then(pl.lit(Flag.ARTEFACT.value)),
    ).drop_nulls("pressure_flag")
    return cells.join(judged, on=moment).select("cell", "pressure_flag")

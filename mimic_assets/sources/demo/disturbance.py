"""What disturbs an arterial line, or looks like an episode and is none.

Belongs here: the kinds and when one lasts. Does not belong here: which subject has which (`pressure`,
`pressure_edges`). Times are seconds from the record's start.
"""

from dataclasses import dataclass
from enum import StrEnum


class Disturbance(StrEnum):
    """What happens to the pressure line beside its episodes; each name is the `kind` of a decoy."""

    SHORT_DIP = "short_dip"
    LINE_FLUSH = "line_flush"
    LINE_ZEROED = "line_zeroed"
    MEAN_ABOVE_SYSTOLIC = "mean_above_systolic"
    LINE_DISCONNECTED = "line_disconnected"
    FLUSH_IN_EPISODE = "flush_in_episode"
    SILENCE_IN_EPISODE = "silence_in_episode"
    DIP_ONE_STEP_SHORT = "dip_one_step_short"
    LONG_DIP = "long_dip"
    DIP_BESIDE_SILENCE = "dip_beside_silence"
    SILENCE_BETWEEN_DIPS = "silence_between_dips"
    PRESSURE_AT_LIMIT = "pressure_at_limit"
    STANDBY = "standby"


DIPS = (
    Disturbance.SHORT_DIP, Disturbance.DIP_ONE_STEP_SHORT, Disturbance.LONG_DIP, Disturbance.DIP_BESIDE_SILENCE
)  # fmt: skip
"""Low pressure that is no episode."""


@dataclass(frozen=True, slots=True)
class Interval:
    """One disturbance."""

    kind: Disturbance
    start_s: float
    end_s: float

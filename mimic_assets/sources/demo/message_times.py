"""When a record's numerics messages are written, and which of them fall into what was planned for the pressure line.

Belongs here: the ticks of messages, fixed before values are drawn, so that the truth (first value below 65, last
value before it) is known first. Does not belong here: any value (`numerics_csv`).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mimic_assets.sources.demo.course import Record
from mimic_assets.sources.demo.disturbance import DIPS, Disturbance
from mimic_assets.sources.demo.draws import Stream, generator
from mimic_assets.sources.demo.plan import DemoPlan
from mimic_assets.sources.demo.pressure import SUSTAINED_S, PressurePlan

Ticks = NDArray[np.int64]
Mask = NDArray[np.bool_]

MESSAGE_TICKS = 1024
JITTER = np.array([0, 32, -32, -128, 128, -96], dtype=np.int64)
JITTER_SHARE = (0.70, 0.10, 0.10, 0.04, 0.03, 0.03)
"""As published: every 1024 ticks, now and then 32 early or late, about a tenth in pairs such as 896 and 1152."""


@dataclass(frozen=True, slots=True)
class MessageTimes:
    """Ticks of one record's regular messages and what each shows of the line; arrays have one row per message."""

    ticks: Ticks
    """Ascending; without the messages lost in a standby gap."""
    pressure_ticks: Ticks
    """Tick of the arterial pressure cells of the same message: equal, or 32 later in a message of its own."""
    is_low: Mask
    """Inside an episode or a decoy dip: mean pressure must be written below 65."""
    is_episode: Mask
    """Inside an episode."""
    is_at_limit: Mask
    """Mean pressure must be written as 65, no less and no more."""
    disturbance: NDArray[np.int8]
    """0 none, else 1 + position of the kind in `ARTEFACTS`."""


ARTEFACTS = (
    Disturbance.LINE_FLUSH,
    Disturbance.LINE_ZEROED,
    Disturbance.MEAN_ABOVE_SYSTOLIC,
    Disturbance.LINE_DISCONNECTED,
    Disturbance.FLUSH_IN_EPISODE,
    Disturbance.SILENCE_IN_EPISODE,
    Disturbance.SILENCE_BETWEEN_DIPS,
)


def _within(seconds: NDArray[np.float64], start: float, end: float) -> Mask:
    return (seconds >= start) & (seconds < end)


def up_to_lasting(seconds: NDArray[np.float64], inside: Mask, lasting_s: float, is_short: bool = False) -> Mask:
    """Return the messages of a span up to the first that comes `lasting_s` after its first, or up to the one before."""
    first = seconds[inside][:1]
    if len(first) == 0:
        return inside
    long_enough = np.flatnonzero(inside & (seconds - first >= lasting_s))
    kept = inside.copy()
    kept[long_enough[0 if is_short else 1 :]] = False
    return kept


def schedule_messages(subject_index: int, record: Record, pressure: PressurePlan, plan: DemoPlan) -> MessageTimes:
    """Return the message times of one record."""
    rng = generator(plan.seed, subject_index, Stream.TICKS, record.number)
    last_tick = record.frames * 16 - 1
    first = 32 * int(rng.integers(16, 116))
    count = (last_tick - first - 256) // MESSAGE_TICKS
    ticks = first + MESSAGE_TICKS * np.arange(count, dtype=np.int64) + rng.choice(JITTER, size=count, p=JITTER_SHARE)
    pressure_offset = 32 * int(rng.integers(0, 2))
    counter_hz = record.clock.counter_hz
    for gap in pressure.of_kind(Disturbance.STANDBY):
        ticks = ticks[~_within(ticks / counter_hz, gap.start_s, gap.end_s)]
    pressure_ticks = ticks + pressure_offset
    seconds = pressure_ticks / counter_hz
    is_episode = np.zeros(len(ticks), dtype=np.bool_)
    for episode in pressure.episodes:
        inside = _within(seconds, episode.start_s, episode.end_s)
        is_episode |= up_to_lasting(seconds, inside, SUSTAINED_S) if episode.is_shortest else inside
    is_low = is_episode.copy()
    for dip in pressure.of_kind(*DIPS):
        inside = _within(seconds, dip.start_s, dip.end_s)
        is_short = dip.kind is Disturbance.DIP_ONE_STEP_SHORT
        is_low |= up_to_lasting(seconds, inside, SUSTAINED_S, is_short=True) if is_short else inside
    is_at_limit = np.zeros(len(ticks), dtype=np.bool_)
    for interval in pressure.of_kind(Disturbance.PRESSURE_AT_LIMIT):
        is_at_limit |= _within(seconds, interval.start_s, interval.end_s)
    disturbance = np.zeros(len(ticks), dtype=np.int8)
    for position, kind in enumerate(ARTEFACTS):
        for interval in pressure.of_kind(kind):
            disturbance[_within(seconds, interval.start_s, interval.end_s)] = position + 1
    return MessageTimes(ticks, pressure_ticks, is_low, is_episode, is_at_limit, disturbance)

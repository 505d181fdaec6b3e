"""The demo's own record clock: counter ticks to wall time, by whole-number arithmetic.

Belongs here: tick, frame and time conversion of generated records. It repeats on purpose what the pipeline's timeline
does, because a truth file computed by the code under test would prove nothing.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

TICKS_PER_FRAME = 16
FRAMES_PER_UNIT = 320
"""Every segment and gap of the published records is a multiple of 320 frames (5.12 s)."""
MICROSECONDS = 1_000_000


@dataclass(frozen=True, slots=True)
class RecordClock:
    """A record's base time and rates; the counter is given in hundredths of a hertz to stay whole."""

    base_time: datetime
    """Wall time of tick 0, to the millisecond."""
    counter_centihertz: int
    """Counter frequency times 100: 99956 or 99952."""

    @property
    def counter_hz(self) -> float:
        """Counter ticks per second."""
        return self.counter_centihertz / 100

    @property
    def rates_text(self) -> str:
        """Frame and counter rates as a header writes them, such as `62.4725/999.56`."""
        frame = f"{self.counter_centihertz / 1600:.6f}".rstrip("0")
        return f"{frame}/{self.counter_centihertz / 100:.2f}"

    def time_at(self, tick: int) -> datetime:
        """Return the wall time of `tick`, cut to whole microseconds."""
        elapsed_us = tick * 100 * MICROSECONDS // self.counter_centihertz
        return self.base_time + timedelta(microseconds=elapsed_us)

    def tick_at(self, time: datetime) -> int:
        """Return the last tick at or before `time` (negative before the record)."""
        elapsed_us = (time - self.base_time) // timedelta(microseconds=1)
        return elapsed_us * self.counter_centihertz // (100 * MICROSECONDS)

    def frames_for(self, hours: float) -> int:
        """Return about `hours` of frames as a multiple of 320."""
        return max(FRAMES_PER_UNIT, round(hours * 3600 * self.counter_hz / 16 / FRAMES_PER_UNIT) * FRAMES_PER_UNIT)

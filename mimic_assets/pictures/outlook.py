"""What follows the index time of a window: target and event, in seconds from it, and how such spans are written."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Outlook:
    """What lies beyond the index time, in seconds from it; None where unknown."""

    target_start_s: float | None = None
    target_end_s: float | None = None
    event: str | None = None
    """Name of the event behind the label."""
    event_s: float | None = None
    event_lower_s: float | None = None
    event_upper_s: float | None = None

    def in_words(self) -> str | None:
        """Return when the event comes and how surely that is known; None where none is known.

        Examples:
            >>> Outlook(event="hypotension", event_s=1200, event_lower_s=1140, event_upper_s=1200).in_words()
            'hypotension 20:00 (min:s) after the index time, in [19:00, 20:00]'
        """
        if self.event is None or self.event_s is None:
            return None
        unit = "h:min:s" if abs(self.event_s) >= 3600 else "min:s"
        words = f"{self.event} {clock(self.event_s)} ({unit}) after the index time"
        if self.event_lower_s is None or self.event_upper_s is None:
            return words
        return f"{words}, in [{clock(self.event_lower_s)}, {clock(self.event_upper_s)}]"


NOTHING_KNOWN = Outlook()
"""Of a window whose label is not looked up."""


def clock(seconds: float) -> str:
    """Return a span as hours, minutes and whole seconds (rounded towards zero); days are counted in hours.

    Examples:
        >>> clock(75), clock(-3661), clock(0.25)
        ('1:15', '-1:01:01', '0:00')
    """
    whole = int(abs(seconds))
    sign = "-" if seconds <= -1 else ""
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    return f"{sign}{hours}:{minutes:02d}:{left:02d}" if hours else f"{sign}{minutes}:{left:02d}"

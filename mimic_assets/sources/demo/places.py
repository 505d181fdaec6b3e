"""Free places in a record: where something can be planted away from what is planted already.

Belongs here: drawing a start at random and keeping distance. Does not belong here: what is planted (`pressure`,
`vitals`). Times are seconds from the record's start.
"""

import numpy as np

Span = tuple[float, float]


class FreePlaces:
    """Gives out spans of a record that touch no span taken before."""

    def __init__(self, seconds: float, taken: list[Span]) -> None:
        """Keep the record's length and the spans already taken, distances included."""
        self._seconds = seconds
        self._taken = list(taken)

    def place(
        self,
        rng: np.random.Generator,
        length: float,
        margin: float = 180.0,
        tries: int = 12,
        before_s: float | None = None,
    ) -> float | None:
        """Return the start of a free span of this length, now taken; None where the record has too little room.

        With `before_s` it ends before that second where the record is long enough for it.
        """
        edge = min(300.0, 0.1 * self._seconds)
        for _ in range(tries):
            last = self._seconds - edge if before_s is None else min(before_s, self._seconds - edge)
            start = float(rng.uniform(edge, max(edge + 1, last - length)))
            if start + length + edge > self._seconds:
                return None
            if not any(low < start + length + margin and start - margin < high for low, high in self._taken):
                self._taken.append((start, start + length))
                return start
        return None

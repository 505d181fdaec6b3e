"""Words on a picture's axis of which none covers another.

Belongs here: where a word finds room, measured as it will be drawn. Does not belong here: what is said.
"""

from collections.abc import Iterable
from typing import Literal

from matplotlib.axes import Axes
from matplotlib.text import Text
from matplotlib.transforms import Bbox

Side = Literal["left", "right", "center"]
Place = tuple[float, float, Side]
"""Where a word is anchored, in the axis's data, and which of its ends is there."""
_PADDING_PX = 2.0


class Words:
    """The words of one axis so far; its limits have to be final before the first is written."""

    def __init__(self, axis: Axes) -> None:
        """Begin with an empty axis."""
        self._axis = axis
        self._taken: list[Bbox] = []

    def write(
        self, words: str, places: Iterable[Place], colour: str, size: float = 7.5, *, is_needed: bool = False
    ) -> Text | None:
        """Write words at the first place where they hide no others and stay within the axis.

        Args:
            words: one line.
            places: candidates, best first.
            colour: of the words.
            size: in points.
            is_needed: whether they stand at the first place if none is free; else they are left out.
        """
        candidates = list(places)
        for x, y, side in candidates:
            text = self._axis.text(x, y, words, ha=side, va="center", fontsize=size, color=colour, zorder=9)
            box = self._extent(text)
            if not any(box.overlaps(other) for other in self._taken) and self._holds(box):
                self._taken.append(box)
                return text
            text.remove()
        if not is_needed or not candidates:
            return None
        x, y, side = candidates[0]
        text = self._axis.text(x, y, words, ha=side, va="center", fontsize=size, color=colour, zorder=9)
        self._taken.append(self._extent(text))
        return text

    def keep_free(self, x: float, y: float) -> None:
        """Let no later word hide a point."""
        at = self._axis.transData.transform((x, y))
        self._taken.append(Bbox([at - 2 * _PADDING_PX, at + 2 * _PADDING_PX]))

    def _extent(self, text: Text) -> Bbox:
        return text.get_window_extent().padded(_PADDING_PX)

    def _holds(self, box: Bbox) -> bool:
        own = self._axis.get_window_extent()
        return bool(box.x0 >= own.x0 - 4 * _PADDING_PX and box.x1 <= own.x1 + 4 * _PADDING_PX)

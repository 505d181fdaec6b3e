"""Quoted fields on the bytes of a block, line by line: which commas separate, and which lines are quoted soundly.

Only lines with quotes are looked at; in most tables they are few. Inside a line every second quote closes, and a
doubled quote closes and opens again, so a comma is quoted where an odd number of quotes precede it.
"""

import numpy as np
import numpy.typing as npt

_LINE_FEED, _COMMA, _QUOTE = 10, 44, 34


def outside_quotes(
    data: npt.NDArray[np.uint8], separators: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Return the separators that are not commas inside quotes, and per line whether its quotes are sound.

    Sound: as many opening as closing, an opening one follows a separator (or the quote it doubles), a closing one
    precedes a separator (or the quote that doubles it).

    Args:
        data: bytes that hold a quote and end with a line feed.
        separators: offsets of all commas and line feeds.
    """
    ends = separators[data[separators] == _LINE_FEED]
    quotes = np.flatnonzero(data == _QUOTE)
    lines, first, counts = np.unique(np.searchsorted(ends, quotes), return_index=True, return_counts=True)
    opens = (np.arange(quotes.size) - np.repeat(first, counts)) % 2 == 0
    before = np.where(quotes > 0, data[quotes - 1], _LINE_FEED)
    neighbour = np.where(opens, before, data[quotes + 1])
    stray = ~np.isin(neighbour, [_COMMA, _LINE_FEED, _QUOTE])
    sound = np.ones(ends.size, dtype=bool)
    sound[lines[counts % 2 == 1]] = False
    sound[np.repeat(lines, counts)[stray]] = False
    from_separator = np.searchsorted(separators, np.where(lines > 0, ends[lines - 1] + 1, 0))
    lengths = np.searchsorted(separators, ends[lines]) - from_separator
    within = np.arange(lengths.sum()) + np.repeat(from_separator - (np.cumsum(lengths) - lengths), lengths)
    quotes_before = np.searchsorted(quotes, separators[within]) - np.repeat(first, lengths)
    separating = np.ones(separators.size, dtype=bool)
    separating[within[quotes_before % 2 == 1]] = False
    return separators[separating], sound

"""Shares as a person reads them: in percent, and never nothing or everything where it is not."""


def share_in_words(share: float) -> str:
    """Return a share in percent, never rounded to nothing or to everything.

    Examples:
        >>> share_in_words(0.0001), share_in_words(0.25), share_in_words(0.9999), share_in_words(1.0)
        ('<1 %', '25 %', '>99 %', '100 %')
    """
    percent = 100 * share
    if 0 < percent < 1:
        return "<1 %"
    return ">99 %" if 99 < percent < 100 else f"{percent:.0f} %"

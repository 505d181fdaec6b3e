"""A figure as the bytes of a PNG: the same resolution everywhere, and nothing in it that says when it was drawn."""

import io

from matplotlib.figure import Figure


def png_of(figure: Figure) -> bytes:
    """Return a figure as a PNG; the same figure gives the same bytes."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110, metadata={"Software": None})
    return buffer.getvalue()

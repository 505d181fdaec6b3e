"""The stream of windows a second time, now with tensors, reduced to the samples that were selected.

One piece of one patient lives at a time; whoever walks must not keep the pieces.
"""

from collections.abc import Iterator

import polars as pl

from mimic_assets.errors import InternalError
from mimic_assets.manifest.candidates import Windows


def selected_windows(windows: Windows, selected: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Yield the rows of windowed_samples that were selected, in the order of the stream, with what selection says.

    Args:
        windows: The stream.
        selected: Rows of `select`; its `split is_split_provisional stratum weight` are joined to every window.

    Raises:
        InternalError: the stream did not give every selected sample: it changed since the candidates were gathered.
    """
    by_subject = selected.drop("label").partition_by("subject_id", as_dict=True, include_key=False)
    missing = selected.height
    for subject_id, frame in windows():
        mine = by_subject.get((subject_id,))
        if mine is None:
            del frame
            continue
        piece = frame.join(mine, on="sample_id", how="inner", maintain_order="left")
        del frame  # the stream makes the next piece while this name would still hold this one
        missing -= piece.height
        if piece.height:
            yield piece
        del piece
    if missing:
        raise InternalError(
            f"windowed_samples: {missing} of {selected.height} selected samples were not found when read again; "
            "the windows changed in between. Materialise the manifest again."
        )

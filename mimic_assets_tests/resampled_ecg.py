"""A plain ECG of any rate as a record of the in-memory reader, on a clock of its own.

Belongs here: digital values and the record's clock. A frame has four samples, so a rate of 360 Hz is a counter of
1440 Hz: tiles are then 2,500 samples (6.9 s), as anywhere.
"""

import numpy as np
import numpy.typing as npt
import polars as pl

from mimic_assets_tests.signals_in_memory import InMemoryReader, ecg, record_in_memory


def ecg_record(millivolts: npt.NDArray[np.float64], rate_hz: float) -> tuple[pl.DataFrame, InMemoryReader]:
    """Return rows of `raw_records` and reader of a record whose lead II is the ECG, 200 steps per mV."""
    digital = np.clip(np.rint(millivolts * 200) + 8192, 0, 16383)
    whole = len(digital) // 4 * 4
    return record_in_memory({"II": ecg(digital[:whole])}, frame_rate_hz=f"{rate_hz / 4:g}")

"""A patient whose monitor and chart clocks are apart by a known number of seconds.

The monitor shows a heart rate, an oxygen saturation and an arterial mean that wander from minute to minute; a nurse
copies what is on the screen, to the whole number and the whole minute. Nothing of `stays` is used to make them.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

import numpy as np
import polars as pl

from mimic_assets.schemas.tables import CLEANED_NUMERICS, RAW_NUMERICS
from mimic_assets_tests.unit.events.source_rows import HADM, RECORD, STAY, SUBJECT, extract, record, stay

START = datetime(2150, 1, 1, 8)
"""When stay and record begin, by the chart's clock."""
ITEMS = {"heart_rate": 220045, "spo2": 220277, "abp_mean": 220052}
HEADINGS = {"heart_rate": ("HR", "bpm", "1/min"), "spo2": ("SpO2", "%", "%"), "abp_mean": ("ABPm", "mmHg", "mmHg")}
EVERY_S = 15
"""The screen changes every quarter of a minute."""


def course(seed: int, hours: float) -> dict[str, list[float]]:
    """Return what the screen shows from START on, one value every 15 s: slow waves with noise, whole numbers."""
    rng = np.random.default_rng(seed)
    count = int(hours * 3600 / EVERY_S)
    steps = np.convolve(rng.standard_normal(count + 39), np.ones(40) / np.sqrt(40), mode="valid")
    more = np.convolve(rng.standard_normal(count + 39), np.ones(40) / np.sqrt(40), mode="valid")
    jitter = rng.standard_normal((3, count))
    return {
        "heart_rate": np.rint(85 + 9 * steps + 0.7 * jitter[0]).tolist(),
        "spo2": np.clip(np.rint(95 + 1.5 * more + 0.3 * jitter[1]), 60, 100).tolist(),
        "abp_mean": np.rint(80 - 5 * steps + 5 * more + 0.7 * jitter[2]).tolist(),
    }


def monitor(shown: dict[str, list[float]], lag_s: float, record_id: int = RECORD) -> pl.DataFrame:
    """Return cleaned_numerics of a monitor whose clock is `lag_s` ahead of the chart's."""
    rows = []
    for place in range(len(shown["heart_rate"])):
        time = START + timedelta(seconds=place * EVERY_S + lag_s)
        for parameter, values in shown.items():
            name, source_unit, unit = HEADINGS[parameter]
            rows.append(
                {
                    "subject_id": SUBJECT, "record_id": record_id, "source_row": place + 1,
                    "source_column": f"{name} [{source_unit}]", "tick": place * EVERY_S * 1000, "time": time,
                    "parameter": parameter, "unit": unit, "value": values[place], "flag": "ok",
                }
            )  # fmt: skip
    return pl.DataFrame(rows, schema=CLEANED_NUMERICS.schema).sort(CLEANED_NUMERICS.order)


def raw(cleaned: pl.DataFrame) -> pl.DataFrame:
    """Return the raw_numerics that those rows were cleaned from."""
    names = {parameter: (name, unit) for parameter, (name, unit, _) in HEADINGS.items()}
    return cleaned.with_columns(
        parameter=pl.col("parameter").replace_strict({key: name for key, (name, _) in names.items()}),
        unit=pl.col("parameter").replace_strict({key: unit for key, (_, unit) in names.items()}),
        value_text=pl.lit(None, pl.String),
    ).select(RAW_NUMERICS.schema.names())


def header(lag_s: float, hours: float, record_id: int = RECORD) -> pl.DataFrame:
    """Return raw_records of that monitor's record: 1000 ticks a second."""
    return record(record_id, START + timedelta(seconds=lag_s), int(hours * 3_600_000))


def looks(
    shown: dict[str, list[float]], minutes: Iterable[float], off_s: Iterable[float] | None = None, stored_s: int = 300
) -> list[dict[str, object]]:
    """Return chart rows: at each whole minute after START, what was on the screen `off_s` after it."""
    rows: list[dict[str, object]] = []
    whole = list(minutes)
    for minute, off in zip(whole, off_s or [0.0] * len(whole), strict=True):
        place = int((minute * 60 + off) // EVERY_S)
        charted = START + timedelta(minutes=minute)
        for parameter, item_id in ITEMS.items():
            if 0 <= place < len(shown[parameter]):
                rows.append(
                    {
                        "source_table": "chartevents", "hadm_id": HADM, "stay_id": STAY, "item_id": item_id,
                        "start_time": charted, "store_time": charted + timedelta(seconds=stored_s),
                        "value": shown[parameter][place],
                    }
                )  # fmt: skip
    return rows


def chart(*rows: dict[str, object], hours: float = 48) -> pl.DataFrame:
    """Return clinical_extract of a stay from START on with these rows."""
    end = (START + timedelta(hours=hours)).isoformat(sep=" ")
    return extract(stay(START.isoformat(sep=" "), end), *rows)

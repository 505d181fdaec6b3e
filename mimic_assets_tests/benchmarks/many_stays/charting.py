"""chartevents of one part: a heart rate on every whole hour of a stay, the other items at any minute.

Hourly charting is what nurses do, and it puts a charted row on each of a task's hourly index times: so a tool that can
only predict at charted rows predicts at the same times.
"""

import numpy as np
import polars as pl

from mimic_assets.clinical.needed import CHARTED
from mimic_assets_tests.benchmarks.many_stays.cohort import HOUR, Cohort, Generator, Numbers

HEART_RATE = 220045
_RHYTHM, _CODE_STATUS = 220048, 223758
_TEXTS = {
    _RHYTHM: (
        "SR (Sinus Rhythm)", "ST (Sinus Tachycardia)", "AF (Atrial Fibrillation)", "Asystole",
        "VF (Ventricular Fibrillation)",
    ),
    224650: ("None", "PVC's", "Vent. Tachy"),
    224651: ("Rare", "Occasional", "Frequent"),
    226479: ("None", "PAC's", "Vent. Tachy"),
    226480: ("Rare", "Occasional", "Frequent"),
    _CODE_STATUS: ("Full code", "DNR (do not resuscitate)", "Comfort measures only"),
}  # fmt: skip
_COMMON_SHARE = 0.9995
"""Of a text item's rows that say one of its first texts; the rest are spread over all."""
_UNITS = ("bpm", "mmHg", "insp/min", "%", "°F", "°C")
_MEASURED = {
    220045: (85, 15, 0), 220050: (120, 20, 1), 220051: (62, 10, 1), 220052: (80, 12, 1), 225309: (118, 20, 1),
    225310: (61, 10, 1), 225312: (79, 12, 1), 220179: (119, 20, 1), 220180: (63, 10, 1), 220181: (78, 12, 1),
    220210: (19, 5, 2), 224690: (18, 4, 2), 220277: (97, 2, 3), 223761: (98, 1, 4), 223762: (37, 1, 5),
}  # fmt: skip
"""Item -> mean, standard deviation, place of its unit."""
_WEIGHTS = {
    220050: 5, 220051: 5, 220052: 5, 225309: 1, 225310: 1, 225312: 1, 220179: 12, 220180: 12, 220181: 12, 220210: 15,
    224690: 3, 220277: 16, 223761: 3, 223762: 1, 220048: 4, 224650: 1, 224651: 1, 226479: 1, 226480: 1, 223758: 1,
}  # fmt: skip
"""How often an item is charted beside the hourly heart rate."""
if set(_WEIGHTS) | {HEART_RATE} != set(CHARTED):
    raise AssertionError("every charted item of the extract has to be generated, and no other")


def chart_rows(cohort: Cohort, rows_per_stay: int, draw: Generator) -> pl.DataFrame:
    """Return the rows of chartevents, by stay; their number is that of stays times `rows_per_stay`.

    Raises:
        ValueError: the hourly heart rates alone are more.
    """
    charted = cohort.charted_until - cohort.entered
    hours = charted // HOUR
    others = len(hours) * rows_per_stay - int(hours.sum())
    if others < 0:
        raise ValueError(f"{rows_per_stay} rows per stay found, more than {hours.mean():.0f} expected: one per hour")
    drawn = draw.multinomial(others, charted / charted.sum())
    hourly_stay, other_stay = np.repeat(np.arange(len(hours)), hours), np.repeat(np.arange(len(hours)), drawn)
    hourly = HOUR * (np.arange(len(hourly_stay)) - np.repeat(np.cumsum(hours) - hours, hours) + 1)
    other = 1 + (draw.random(others) * charted[other_stay]).astype(np.int64)
    weights = np.array(list(_WEIGHTS.values()), dtype=np.float64)
    items = np.array(list(_WEIGHTS))[draw.choice(len(weights), others, p=weights / weights.sum())]
    stay = np.concatenate((hourly_stay, other_stay))
    offset = np.concatenate((hourly, other))
    item = np.concatenate((np.full(len(hourly), HEART_RATE), items))
    order = np.argsort(stay, kind="stable")
    return _frame(cohort, stay[order], offset[order], item[order], draw)


def _frame(cohort: Cohort, stay: Numbers, offset: Numbers, item: Numbers, draw: Generator) -> pl.DataFrame:
    minute = cohort.entered[stay] + offset
    value, unit = _measured(item, draw)
    text = _texts(cohort, stay, offset, item, draw)
    stored = minute * 60_000 + 1_000 * draw.integers(0, 3_600, len(minute))
    return pl.DataFrame(
        {
            "subject_id": cohort.subject_id[stay],
            "hadm_id": cohort.hadm_id[stay],
            "stay_id": cohort.stay_id[stay],
            "caregiver_id": draw.integers(1_000, 99_999, len(minute)),
            "charttime": (minute * 60_000).astype("datetime64[ms]"),
            "storetime": stored.astype("datetime64[ms]"),
            "itemid": item,
            "value": text,
            "valuenum": pl.Series(value).replace(-1, None),
            "valueuom": unit,
            "warning": np.zeros(len(minute), dtype=np.int64),
        }
    ).with_columns(pl.coalesce("value", pl.col("valuenum").cast(pl.String)).alias("value"))


def _measured(item: Numbers, draw: Generator) -> tuple[Numbers, pl.Series]:
    """Return values as whole numbers, -1 for items of text, and their units."""
    known = np.array(sorted(_MEASURED))
    mean, spread, unit = np.array([_MEASURED[number] for number in known.tolist()]).T
    place = np.minimum(np.searchsorted(known, item), len(known) - 1)
    is_number = known[place] == item
    value = np.clip(np.rint(mean[place] + spread[place] * draw.standard_normal(len(item))), 1, None).astype(np.int64)
    units = pl.Series([*_UNITS, None], dtype=pl.String).gather(np.where(is_number, unit[place], len(_UNITS)))
    return np.where(is_number, value, -1), units


def _texts(cohort: Cohort, stay: Numbers, offset: Numbers, item: Numbers, draw: Generator) -> pl.Series:
    """Return the text of each row; null where a number is charted."""
    first = dict(zip(_TEXTS, np.cumsum([0, *map(len, _TEXTS.values())]).tolist(), strict=False))
    words = [text for texts in _TEXTS.values() for text in texts]
    chosen = np.full(len(item), len(words), dtype=np.int64)
    for number, texts in _TEXTS.items():
        rows = np.flatnonzero(item == number)
        common = draw.random(len(rows)) < _COMMON_SHARE
        usual = draw.integers(0, 2 if number != _RHYTHM else 3, len(rows))
        chosen[rows] = first[number] + np.where(common, usual, draw.integers(0, len(texts), len(rows)))
    # Code status is a stay's: 1 in 8 is limited from its middle on, 1 in 40 to comfort.
    limit = np.select([cohort.stay_id % 40 == 0, cohort.stay_id % 8 == 0], [2, 1], 0)
    is_late = 2 * offset > (cohort.charted_until - cohort.entered)[stay]
    status = first[_CODE_STATUS] + np.where(is_late, limit[stay], 0)
    chosen = np.where(item == _CODE_STATUS, status, chosen)
    return pl.Series([*words, None], dtype=pl.String).gather(chosen)

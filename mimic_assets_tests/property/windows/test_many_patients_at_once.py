"""Labels of several patients in one call are those of each patient alone: no row, event or order reaches another's."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mimic_assets.schemas.tables import CLEANED_NUMERICS, CLINICAL_LABELS, RECORD_STAYS, WAVEFORM_QUALITY
from mimic_assets.tasks import load_task, shipped_tasks
from mimic_assets.windows import label_stays
from mimic_assets_tests.event_ledger import find_events
from mimic_assets_tests.unit.events.source_rows import (
    Row,
    admission,
    charted,
    diagnosis,
    extract,
    order,
    order_detail,
    procedure,
    stay,
)

HOURS = st.integers(0, 60)
NO_NUMERICS, NO_STAYS = CLEANED_NUMERICS.empty(), RECORD_STAYS.empty()


def at(hour: int) -> str:
    return f"2150-01-{1 + hour // 24:02d} {hour % 24:02d}:30:00"


@st.composite
def patients(draw: st.DrawFn) -> list[pl.DataFrame]:
    """Draw the clinical rows of two or three patients, each with ids of its own."""
    found = []
    for number in range(draw(st.integers(2, 3))):
        died = at(draw(HOURS)) if draw(st.booleans()) else None
        rows: list[Row] = [
            admission(at(0), at(62), death=died, location="DIED" if died else "HOME"),
            stay(at(1), at(draw(st.integers(2, 60)))),
        ]
        if draw(st.booleans()):
            rows.append(procedure(225466, at(draw(HOURS))))
        if draw(st.booleans()):
            rows.append(diagnosis("I469", 10))
        if draw(st.booleans()):
            text = draw(st.sampled_from(["Resuscitate (Full code)", "Do not resuscitate (DNR/DNI)", "unreadable"]))
            rows += [order("o1", at(draw(HOURS))), order_detail("o1", text)]
        if draw(st.booleans()):
            rows.append(charted(223758, at(draw(HOURS)), draw(st.sampled_from(["Full code", "CMO", "strange"]))))
        if draw(st.booleans()):
            rows.append(row_without_outtime())
        ids = {name: pl.col(name) + number * 10 for name in ("subject_id", "hadm_id", "stay_id")}
        orders = pl.when(pl.col("source_id").is_not_null()).then(pl.format("{}-{}", pl.lit(number), "source_id"))
        found.append(extract(*rows).with_columns(**ids, source_id=orders))
    return found


def row_without_outtime() -> Row:
    return stay(at(3), None, stay_id=30_000_005)


@pytest.mark.parametrize("name", shipped_tasks())
@settings(max_examples=25, deadline=None)
@given(drawn=patients())
def test_labels_of_patients_together_are_those_of_each_alone(name: str, drawn: list[pl.DataFrame]) -> None:
    task = load_task(name)

    def label(rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
        events = find_events(rows, NO_NUMERICS, NO_STAYS).frame
        judged = label_stays(
            task, rows, events, NO_STAYS, NO_NUMERICS, frozenset(), waveform_quality=WAVEFORM_QUALITY.empty()
        )
        return judged.frame, judged.rejected

    together, told = label(pl.concat(drawn))
    alone = [label(rows) for rows in drawn]
    order_of = ["subject_id", "stay_id", "index_time"]
    assert together.sort(order_of).equals(pl.concat(frame for frame, _ in alone).sort(order_of))
    assert together.equals(together.sort(CLINICAL_LABELS.order))
    columns = told.columns
    assert told.sort(columns).equals(pl.concat(rejected for _, rejected in alone).sort(columns))

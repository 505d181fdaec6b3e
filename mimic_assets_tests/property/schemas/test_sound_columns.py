"""The query that is asked before Pandera: it finds a column sound exactly where Pandera finds nothing.

Every column of every table, with each of its limits met, passed by a step, and everything that is no number.
"""

from typing import Any

import polars as pl
import pytest

from mimic_assets.schemas.judging import has_sound_columns
from mimic_assets.schemas.model import Field, Partitioning, Table
from mimic_assets.schemas.pandera_models import broken_columns
from mimic_assets.schemas.tables import TABLES

COLUMNS = sorted({column.name: column for table in TABLES.values() for column in table.columns}.items())


def is_integer(field: Field) -> bool:
    return isinstance(field.dtype, type) and field.dtype.is_integer()


def values(field: Field) -> list[Any]:
    """Return values within, at and just beyond the limits of a column."""
    ends = [end for end in (field.minimum, field.maximum) if end is not None]
    if field.dtype == pl.String:
        return ["", "strange", *(member.value for member in field.values or ())]
    if field.dtype == pl.Boolean:
        return [True, False]
    if field.dtype == pl.Float64:
        beyond = [end + step for end in ends for step in (-0.5, 0.5)]
        return [0.25, float("nan"), float("inf"), float("-inf"), *ends, *beyond]
    if is_integer(field):
        whole = [int(end) for end in ends]
        low, high = (int(pl.select(bound).item()) for bound in (field.dtype.min(), field.dtype.max()))
        near = {1, *whole, *(end + step for end in whole for step in (-1, 1))}
        return sorted(value for value in near if low <= value <= high)
    return []


@pytest.mark.parametrize("optional", [True, False], ids=["optional", "needed"])
@pytest.mark.parametrize("field", [column for _, column in COLUMNS], ids=[name for name, _ in COLUMNS])
def test_the_query_and_pandera_agree(field: Field, optional: bool) -> None:
    table = Table(
        name="one_column",
        stage="test",
        one_row_per="value",
        columns=(field,),
        key=(field.name,),
        order=(field.name,),
        partitioning=Partitioning.WHOLE,
        optional=frozenset({field.name} if optional else ()),
    )
    for value in [None, *values(field)]:
        frame = pl.DataFrame({field.name: [value]}, schema={field.name: field.dtype})
        assert has_sound_columns(table, frame) == (broken_columns(table, frame) == []), "one side finds it broken"
    strange = pl.DataFrame({"strange": [1]})
    assert not has_sound_columns(table, strange)

"""How single cells are read: the published formats, what exports make of them, and what is refused."""

import math
from datetime import datetime

import polars as pl
import pytest

from mimic_assets.clinical.cells import read_cells
from mimic_assets.clinical.source_tables import Kind

NOON = datetime(2180, 7, 23, 12)


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (Kind.IDENTIFIER, "10000032", 10000032),
        (Kind.IDENTIFIER, "10000032.0", 10000032),
        (Kind.IDENTIFIER, "10000032.5", None),
        (Kind.NUMBER, "1e-3", 0.001),
        (Kind.NUMBER, "inf", None),
        (Kind.NUMBER, "<0.01", None),
        (Kind.TIME, "2180-07-23 12:00:00", NOON),
        (Kind.TIME, "2180-07-23T12:00:00", NOON),
        (Kind.TIME, "2180-07-23 12:00:00.190", NOON.replace(microsecond=190_000)),
        (Kind.TIME, "2180-07-23", None),
        (Kind.TIME, "23.07.2180 12:00", None),
        (Kind.DATE, "2180-07-23", datetime(2180, 7, 23)),
        (Kind.DATE, "2180-07-23 12:00:00", datetime(2180, 7, 23)),
        (Kind.DATE, "2180-07-23 or so", None),
        (Kind.CODE, " i46.2", "I462"),
        (Kind.TEXT, " as it is ", " as it is "),
    ],
)
def test_a_cell_is_read_alike_alone_and_beside_others(kind: Kind, text: str, value: object) -> None:
    assert read_cells(pl.Series([text]), kind).to_list() == [value]
    beside = read_cells(pl.Series([None, "2180-07-23 12:00:00", text, "7", "x"]), kind).to_list()
    assert beside[0] is None
    assert beside[2] == value


def test_negative_zero_becomes_zero() -> None:
    [zero] = read_cells(pl.Series(["-0.0"]), Kind.NUMBER).to_list()
    assert math.copysign(1, zero) == 1

"""Laws of cleaning: an obvious loop agrees, the future changes nothing, cleaning twice equals cleaning once."""

import itertools
from functools import partial
from importlib import import_module

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mimic_assets.numerics import clean
from mimic_assets.numerics.parameters import find_parameter
from mimic_assets.numerics.parts import whole_ticks
from mimic_assets.numerics.pressure import MIN_ARTERIAL_PULSE_PRESSURE_MMHG
from mimic_assets.records.raw_numerics import split_heading
from mimic_assets.schemas.tables import RAW_NUMERICS
from mimic_assets_tests.numerics_frames import Cell, raw_numerics, raw_records

LAST_TICK = 6
_HEADINGS = [
    "ABPd [mmHg]",
    "ABPm [mmHg]",
    "ABPs [mmHg]",
    "HR [bpm]",
    "HR [rpm]",
    "Tcore [F]",
    "NBPs [mmHg]",
    "NBPd [kPa]",
    "XYZ [bpm]",
    "SpO2",
]
_CONTENTS = st.one_of(st.sampled_from([0.0, 50.0, 55.0, 60.0, 70.0, 80.0, 99.0, 300.0, 310.0, -1.0]), st.just("--"))
_TICKS = st.one_of(st.integers(-1, LAST_TICK + 1), st.none())
_ROWS = st.lists(st.tuples(_TICKS, st.dictionaries(st.sampled_from(_HEADINGS), _CONTENTS, max_size=5)), max_size=14)
RECORDS = raw_records(LAST_TICK)


def _frame(rows: list[tuple[int | None, dict[str, float | str]]]) -> pl.DataFrame:
    cells: list[Cell] = [(n, tick, heading, c) for n, (tick, row) in enumerate(rows, 1) for heading, c in row.items()]
    return raw_numerics(cells)


def _oracle(raw: pl.DataFrame) -> list[tuple[str, float | None, str]]:
    """Return parameter, value and flag of each cell: slow and obvious."""
    firsts: dict[tuple[str, int], float] = {}
    found: list[tuple[str, float | None, str]] = []
    for cell in raw.iter_rows(named=True):
        source, unit = split_heading(cell["source_column"])
        parameter = find_parameter(source)
        conversion = None if parameter is None else parameter.units.get(unit or "")
        value = cell["value"]
        if value is not None and conversion is not None:
            value = (value + conversion.shift) * conversion.factor
        name = parameter.name if parameter else source
        if value is None:
            flag = "not_a_number"
        elif cell["tick"] is None:
            flag = "bad_tick"
        elif parameter is None:
            flag = "unknown_parameter"
        elif conversion is None:
            flag = "unknown_unit"
        elif not 0 <= cell["tick"] <= LAST_TICK:
            flag = "outside_record"
        elif (name, cell["tick"]) in firsts:
            flag = "repeat" if firsts[name, cell["tick"]] == value else "conflict"
        else:
            firsts[name, cell["tick"]] = value
            flag = ""
        found.append((name, value, flag))
    for place, (tick, (name, value, flag)) in enumerate(zip(raw["tick"], found, strict=True)):
        if flag or value is None:
            continue
        parameter = find_parameter(name)
        assert parameter is not None
        bounds = parameter.bounds
        is_inside = bounds.low < value < bounds.high
        is_inside |= value == bounds.low and bounds.includes_low
        is_inside |= value == bounds.high and bounds.includes_high
        site = name.partition("_")[0]
        triple = [firsts.get((f"{site}_{role}", tick)) for role in ("diastolic", "mean", "systolic")]
        present = [pressure for pressure in triple if pressure is not None]
        if not is_inside:
            flag = "out_of_range"
        elif value == 0 and parameter.is_zero_no_signal:
            flag = "no_signal"
        elif site in ("abp", "nbp") and present != sorted(present):
            flag = "pressure_order"
        elif (
            site == "abp"
            and None not in (triple[0], triple[2])
            and triple[2] - triple[0] < MIN_ARTERIAL_PULSE_PRESSURE_MMHG
        ):
            flag = "artefact"
        else:
            flag = "ok"
        found[place] = (name, value, flag)
    return found


@given(_ROWS)
def test_flags_and_values_are_those_of_an_obvious_loop(rows: list[tuple[int | None, dict[str, float | str]]]) -> None:
    raw = _frame(rows)
    cleaned = clean(raw, RECORDS).whole().frame
    assert cleaned.select("parameter", "value", "flag").rows() == _oracle(raw)
    same = ["subject_id", "record_id", "source_row", "source_column", "tick", "time"]
    assert cleaned.select(same).equals(raw.select(same))


@given(_ROWS, st.integers(0, LAST_TICK))
def test_rows_after_a_tick_change_nothing_at_or_before_it(
    rows: list[tuple[int | None, dict[str, float | str]]], index_tick: int
) -> None:
    raw = _frame(rows)
    past = pl.col("tick") <= index_tick
    assert clean(raw.filter(past), RECORDS).whole().frame.equals(clean(raw, RECORDS).whole().frame.filter(past))


@given(_ROWS)
def test_cleaning_what_is_clean_changes_nothing(rows: list[tuple[int | None, dict[str, float | str]]]) -> None:
    raw = _frame(rows)
    once = clean(raw, RECORDS).whole().frame
    again = once.with_columns(value_text=raw["value_text"]).select(RAW_NUMERICS.schema.names())
    convertible = pl.col("flag") != "unknown_unit"
    assert clean(again, RECORDS).whole().frame.filter(convertible).equals(once.filter(convertible))


@given(_ROWS, _ROWS, st.integers(1, 5))
def test_parts_of_any_size_give_the_same_rows(
    rows: list[tuple[int | None, dict[str, float | str]]],
    of_another: list[tuple[int | None, dict[str, float | str]]],
    at_once: int,
) -> None:
    """Ticks that step back, at any distance, and records side by side in what is read at once."""
    another = _frame(of_another).with_columns(record_id=pl.lit(80000002, pl.Int64))
    raw, records = pl.concat([_frame(rows), another]), raw_records(LAST_TICK, (80000001, 80000002))
    expected = clean(raw, records).whole()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            import_module("mimic_assets.numerics.clean"), "whole_ticks", partial(whole_ticks, at_once=at_once)
        )
        found = clean(raw.lazy(), records).whole()
    assert found.frame.equals(expected.frame)
    assert found.rejected.equals(expected.rejected)


@given(st.lists(st.integers(0, LAST_TICK), max_size=14), st.integers(1, 5))
def test_parts_are_no_longer_than_they_have_to_be(ticks: list[int], at_once: int) -> None:
    """A cut between what is read at once is missed only where a tick has rows on both sides."""
    raw = _frame([(tick, {"HR [bpm]": 60.0}) for tick in ticks])
    last_ticks = RECORDS.select("record_id", "record_last_tick")
    parts = list(whole_ticks(raw.lazy(), last_ticks, at_once))
    assert pl.concat([raw.clear(), *parts]).equals(raw)
    own = [set(part["tick"]) for part in parts]
    assert all(max(one) < min(other) for one, other in itertools.pairwise(own))
    if ticks == sorted(set(ticks)):
        assert all(part.height <= at_once for part in parts)

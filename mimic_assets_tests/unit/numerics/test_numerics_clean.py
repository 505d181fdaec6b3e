"""`cleaned_numerics`: each flag on cells that can be checked by eye."""

from pathlib import Path

import polars as pl
import pytest

from mimic_assets.numerics import PARAMETERS, clean
from mimic_assets.records import read_numerics, read_records
from mimic_assets.schemas.tables import CLEANED_NUMERICS, RAW_NUMERICS, RAW_RECORDS
from mimic_assets.schemas.vocabulary import Flag
from mimic_assets.sources.folder import FolderTree
from mimic_assets_tests.numerics_frames import Cell, raw_numerics, raw_records

RECORDS = raw_records(100_000)


def _flags(*cells: Cell) -> list[str]:
    judged = clean(raw_numerics(list(cells)), RECORDS).whole()
    assert judged.frame.schema == CLEANED_NUMERICS.schema
    return judged.frame["flag"].to_list()


def test_names_units_and_values_become_canonical() -> None:
    cells: list[Cell] = [
        (1, 10, "HR [bpm]", 72.0),
        (2, 20, "QT [msec]", 400.0),
        (3, 30, "Tcore [F]", 98.6),
        (4, 40, "Tesoph [C]", 36.5),
        (5, 50, "NBPm [kPa]", 10.0),
        (6, 60, "ST-III [mm]", -0.5),
        (7, 70, "btbHR [bpm]", 69.44),
    ]
    frame = clean(raw_numerics(cells), RECORDS).whole().frame
    assert frame.select("parameter", "unit", "flag").rows() == [
        ("heart_rate", "1/min", "ok"),
        ("qt", "ms", "ok"),
        ("temperature_core", "degC", "ok"),
        ("temperature_oesophagus", "degC", "ok"),
        ("nbp_mean", "mmHg", "ok"),
        ("st_iii", "mm", "ok"),
        ("heart_rate_beat", "1/min", "ok"),
    ]
    assert frame["value"].to_list() == pytest.approx([72.0, 400.0, 37.0, 36.5, 75.00617, -0.5, 69.44])


@pytest.mark.parametrize(
    ("heading", "value", "flag"),
    [
        ("HR [bpm]", 0.0, Flag.NO_SIGNAL),
        ("HR [bpm]", 299.0, Flag.OK),
        ("HR [bpm]", 300.0, Flag.OUT_OF_RANGE),
        ("HR [bpm]", -1.0, Flag.OUT_OF_RANGE),
        ("RR [rpm]", 0.0, Flag.NO_SIGNAL),
        ("RR [rpm]", 70.0, Flag.OUT_OF_RANGE),
        ("SpO2 [%]", 100.0, Flag.OK),
        ("SpO2 [%]", 100.1, Flag.OUT_OF_RANGE),
        ("SpO2 [%]", 0.0, Flag.OUT_OF_RANGE),
        ("ABPm [mmHg]", 0.0, Flag.OUT_OF_RANGE),
        ("ABPs [mmHg]", 399.0, Flag.OK),
        ("PVC [/min]", 0.0, Flag.OK),
        ("Tcore [C]", 10.0, Flag.OUT_OF_RANGE),
        ("Tcore [F]", 50.0, Flag.OUT_OF_RANGE),
    ],
)
def test_bounds_are_closed_where_they_say_so(heading: str, value: float, flag: Flag) -> None:
    assert _flags((1, 10, heading, value)) == [flag]


def test_text_and_missing_ticks_come_before_everything_else() -> None:
    assert _flags((1, None, "XYZ", "---"), (2, None, "HR [bpm]", 72.0), (3, None, "XYZ", 1.0)) == [
        "not_a_number",
        "bad_tick",
        "bad_tick",
    ]


def test_ticks_outside_the_record() -> None:
    cells: list[Cell] = [(row, tick, "HR [bpm]", 72.0) for row, tick in enumerate((-1, 0, 100_000, 100_001), start=1)]
    assert _flags(*cells) == ["outside_record", "ok", "ok", "outside_record"]


def test_a_second_value_of_a_tick_repeats_or_contradicts_the_first() -> None:
    cells: list[Cell] = [
        (1, 500, "btbHR [bpm]", 70.0),
        (2, 900, "btbHR [bpm]", 71.0),
        (3, 500, "btbHR [bpm]", 70.0),
        (4, 500, "btbHR [bpm]", 72.0),
        (5, 500, "HR [bpm]", 70.0),
        (6, 500, "btbHR [bpm]", 70.0),
    ]
    assert _flags(*cells) == ["ok", "ok", "repeat", "conflict", "ok", "repeat"]


def test_what_is_no_sound_cell_is_not_repeated() -> None:
    cells: list[Cell] = [(1, 500, "HR [bpm]", "--"), (2, 500, "HR [bpm]", 70.0), (3, 500, "HR [bpm]", 70.0)]
    assert _flags(*cells) == ["not_a_number", "ok", "repeat"]


def test_the_same_tick_of_another_record_is_no_repeat() -> None:
    one = raw_numerics([(1, 500, "HR [bpm]", 70.0), (2, 400, "HR [bpm]", 70.0)])
    two = raw_numerics([(1, 500, "HR [bpm]", 70.0), (2, 500, "HR [bpm]", 70.0)], record_id=80000002)
    judged = clean(pl.concat([one, two]), raw_records(100_000, (80000001, 80000002))).whole()
    assert judged.frame["flag"].to_list() == ["ok", "ok", "ok", "repeat"]


def test_pressures_of_one_tick_are_ordered() -> None:
    def triple(tick: int, diastolic: float, mean: float, systolic: float, site: str = "ABP") -> list[Cell]:
        values = {"d": diastolic, "m": mean, "s": systolic}
        return [(tick, tick, f"{site}{role} [mmHg]", float(value)) for role, value in values.items()]

    assert _flags(*triple(1, 60, 80, 120)) == ["ok"] * 3
    assert _flags(*triple(1, 60, 130, 120)) == ["pressure_order"] * 3
    assert _flags(*triple(1, 85, 80, 120)) == ["pressure_order"] * 3
    assert _flags(*triple(1, 60, 130, 120, "NBP")) == ["pressure_order"] * 3
    assert _flags(*triple(1, 60, 80, 120)[:2], (2, 2, "ABPs [mmHg]", 70.0)) == ["ok"] * 3
    assert _flags((1, 1, "ABPm [mmHg]", 80.0), (2, 1, "ABPs [mmHg]", 70.0)) == ["pressure_order"] * 2
    # a value beyond its bounds still tells that the others of its tick are wrong
    assert _flags(*triple(1, 310, 320, 311)) == ["out_of_range", "out_of_range", "pressure_order"]


def test_a_pulse_pressure_too_small_for_a_heart_is_an_artefact_of_the_arterial_line_only() -> None:
    cells: list[Cell] = [(1, 1, "ABPd [mmHg]", 251.0), (1, 1, "ABPm [mmHg]", 255.0), (1, 1, "ABPs [mmHg]", 260.0)]
    assert _flags(*cells) == ["artefact"] * 3
    assert _flags((1, 1, "ABPd [mmHg]", 50.0), (1, 1, "ABPs [mmHg]", 60.0)) == ["ok"] * 2
    assert _flags((1, 1, "NBPd [mmHg]", 55.0), (1, 1, "NBPs [mmHg]", 60.0)) == ["ok"] * 2
    assert _flags((1, 1, "ABPm [mmHg]", 55.0)) == ["ok"]


def test_unknown_columns_are_kept_flagged_and_told_once() -> None:
    cells: list[Cell] = [
        (1, 10, "Puls (SpO2) [bpm]", 72.0),
        (2, 20, "Puls (SpO2) [bpm]", 73.0),
        (3, 30, "SpO2 [kPa]", 12.0),
        (4, 40, "SpO2", 97.0),
    ]
    judged = clean(raw_numerics(cells), RECORDS).whole()
    assert judged.frame.select("parameter", "unit", "value", "flag").rows() == [
        ("Puls (SpO2)", "bpm", 72.0, "unknown_parameter"),
        ("Puls (SpO2)", "bpm", 73.0, "unknown_parameter"),
        ("spo2", "kPa", 12.0, "unknown_unit"),
        ("spo2", None, 97.0, "unknown_unit"),
    ]
    rejected = judged.rejected
    assert rejected.select("file", "place", "rule", "defect_count").sort("place").rows() == [
        ("waves/p100/p10000001/80000001/80000001n.csv.gz", "line 2, column Puls (SpO2) [bpm]", "unknown_parameter", 2),
        ("waves/p100/p10000001/80000001/80000001n.csv.gz", "line 4, column SpO2 [kPa]", "unknown_unit", 1),
        ("waves/p100/p10000001/80000001/80000001n.csv.gz", "line 5, column SpO2", "unknown_unit", 1),
    ]
    assert "Did the source mean 'Pulse (SpO2)'?" in rejected.filter(pl.col("rule") == "unknown_parameter")["message"][0]


def test_nothing_in_nothing_out_and_a_record_nobody_describes() -> None:
    judged = clean(RAW_NUMERICS.empty(), RAW_RECORDS.empty()).whole()
    assert judged.frame.schema == CLEANED_NUMERICS.schema
    assert judged.frame.is_empty()
    alone = clean(raw_numerics([(1, 10**9, "HR [bpm]", 72.0), (2, -1, "XYZ", 1.0)]), RAW_RECORDS.empty()).whole()
    assert alone.frame["flag"].to_list() == ["ok", "unknown_parameter"]
    assert alone.rejected["file"].to_list() == ["80000001n.csv.gz"]


def test_the_catalogue_is_consistent() -> None:
    names = [name for parameter in PARAMETERS for name in (parameter.name, *parameter.sources)]
    assert len(set(names)) == len(names)
    for parameter in PARAMETERS:
        assert parameter.bounds.low < parameter.bounds.high
        assert parameter.bounds.source
        conversion = parameter.units[parameter.unit]
        assert (conversion.shift, conversion.factor) == (0.0, 1.0)
        assert (parameter.site is None) == (parameter.role is None)
        assert not parameter.is_zero_no_signal or parameter.bounds.includes_low


@pytest.mark.real_data
def test_every_real_column_is_known_and_nothing_is_dropped(real_data: Path) -> None:
    tree = FolderTree(real_data / "mimic4wdb")
    for subject_id in (10079700, 16955095):
        raw = read_numerics(tree, subject_id).whole().frame
        judged = clean(raw, read_records(tree, subject_id).frame).whole()
        assert judged.rejected.is_empty()
        assert judged.frame.select("record_id", "source_row", "source_column").equals(
            raw.select("record_id", "source_row", "source_column")
        )
        counts = dict(judged.frame["flag"].value_counts().rows())
        if subject_id == 10079700:
            assert counts == {"ok": 2699297, "out_of_range": 25, "no_signal": 18, "repeat": 43}

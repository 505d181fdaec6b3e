"""What the UI is given to show, small enough to be checked by eye; needs no browser."""

import base64
import xml.etree.ElementTree as ET

from mimic_assets.defs.describing import asset_arguments, table_schema
from mimic_assets.defs.pictures import panels, picture, share
from mimic_assets.schemas.tables import CLEANED_NUMERICS, CLINICAL_LABELS, RECORD_STAYS, TABLES

LABELS = {
    "arrest:label": {"-": 6, "false": 3, "true": 1},
    "arrest:exclusion": {"-": 4, "blanking": 2, "stay_ended": 4},
    "arrest:window_exclusion": {"-": 9, "no_record": 1},
    "arrest:care_limitation": {"none": 10},
}


def test_each_index_time_is_in_one_bar_and_windows_are_counted_among_the_labelled() -> None:
    label, window, care = panels(CLINICAL_LABELS, LABELS)
    assert label.bars == (("label = true", 1), ("label = false", 3), ("stay_ended", 4), ("blanking", 2))
    assert window.bars == (("window", 3), ("no_record", 1))
    assert care.bars == (("none", 10),)
    assert {panel.task for panel in (label, window, care)} == {"arrest"}


def test_bars_stand_in_the_order_of_the_vocabulary_and_unknown_values_are_not_lost() -> None:
    (flags,) = panels(CLEANED_NUMERICS, {"flag": {"repeat": 2, "ok": 5, "a_new_flag": 1}})
    assert flags.bars == (("ok", 5), ("repeat", 2), ("a_new_flag", 1))


def test_the_picture_is_a_drawing_with_every_count_and_its_share() -> None:
    shown = picture(CLEANED_NUMERICS, {"flag": {"ok": 99_999, "artefact": 1}})
    assert shown is not None
    start = "![cleaned_numerics in this run](data:image/svg+xml;base64,"
    text = shown.md_str
    assert text is not None
    assert text.startswith(start)
    drawing = ET.fromstring(base64.b64decode(text.removeprefix(start).removesuffix(")")))
    words = [element.text for element in drawing.iter("{http://www.w3.org/2000/svg}text")]
    assert words == ["cells by flag", "ok", "99,999", ">99.9 %", "artefact", "1", "<0.1 %"]
    assert drawing.get("width") == "640"


def test_nothing_counted_is_no_picture() -> None:
    assert picture(CLEANED_NUMERICS, {"flag": {}}) is None
    assert picture(RECORD_STAYS, {"lag_confidence": {"-": 3}}) is None


def test_a_share_is_never_rounded_to_nothing_or_to_everything() -> None:
    assert [share(1, 3), share(1, 5000), share(4999, 5000), share(7, 7)] == ["33.3 %", "<0.1 %", ">99.9 %", "100 %"]


def test_every_asset_says_what_a_row_is_and_what_it_promises() -> None:
    for table in TABLES.values():
        said = asset_arguments(table.name)["description"]
        assert said.startswith(f"One row per {table.one_row_per}.")
        assert all(f"- `{promise.name}`: {promise.sentence}" in said for promise in table.invariants)
        assert all(upstream in said for upstream in table.upstream)
        assert not any("time_unit" in (column.type or "") for column in table_schema(table).columns)

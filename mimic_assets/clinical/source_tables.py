"""How each clinical table becomes rows of `clinical_extract`: which source column fills which column, and which rows.

Columns are found by name; a table's other columns are ignored, so releases that add columns read the same. A new table
is one entry here. Columns the extract has and a table does not name are null.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum

from mimic_assets.clinical import needed


class Kind(Enum):
    """How a cell is read; an empty cell is null in every kind."""

    IDENTIFIER = "an integer"
    NUMBER = "a number"
    TIME = "a time like 2180-07-23 12:36:00"
    DATE = "a date like 2180-07-23, taken as its midnight"
    TEXT = "text, kept as it is"
    CODE = "an ICD code; dots and spaces are dropped, letters are capitals"


@dataclass(frozen=True, slots=True)
class Cell:
    """A source column and how it is read."""

    column: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class SourceTable:
    """A table of the source, described once."""

    name: str
    folder: str
    cells: Mapping[str, Cell]
    """Column of the extract -> the source cell that fills it."""
    items: frozenset[int] | None = None
    """Only rows with these itemids are read; null for tables without items."""
    matching: tuple[str, str] | None = None
    """Only rows whose extract column (first) matches the pattern (second) are kept."""
    required: frozenset[str] = field(default_factory=frozenset)
    """Extract columns without which a row says nothing; an empty cell there is a defect."""

    @property
    def file(self) -> str:
        """Path of the published file, relative to the source's root."""
        return f"{self.folder}/{self.name}.csv.gz"

    @property
    def columns(self) -> tuple[str, ...]:
        """The source columns that are read, without repeats."""
        return tuple(dict.fromkeys(["subject_id", *(cell.column for cell in self.cells.values())]))


def _cells(**columns: str) -> dict[str, Cell]:
    kinds = {
        "hadm_id": Kind.IDENTIFIER,
        "stay_id": Kind.IDENTIFIER,
        "item_id": Kind.IDENTIFIER,
        "code_version": Kind.IDENTIFIER,
        "start_time": Kind.TIME,
        "end_time": Kind.TIME,
        "store_time": Kind.TIME,
        "death_time": Kind.TIME,
        "value": Kind.NUMBER,
    }
    dates = {"dod", "chartdate"}
    cells = {}
    for target, source in columns.items():
        kind = Kind.CODE if source == "icd_code" else Kind.DATE if source in dates else kinds.get(target, Kind.TEXT)
        cells[target] = Cell(source, kind)
    return cells


_ADMISSIONS = SourceTable(
    "admissions",
    "hosp",
    _cells(
        hadm_id="hadm_id",
        start_time="admittime",
        end_time="dischtime",
        death_time="deathtime",
        category="admission_type",
        value_text="discharge_location",
    ),
    required=frozenset({"hadm_id", "start_time"}),
)
_CHARTEVENTS = SourceTable(
    "chartevents",
    "icu",
    _cells(
        hadm_id="hadm_id",
        stay_id="stay_id",
        start_time="charttime",
        store_time="storetime",
        item_id="itemid",
        value="valuenum",
        unit="valueuom",
        value_text="value",
    ),
    items=frozenset(needed.CHARTED),
    required=frozenset({"start_time"}),
)
_DIAGNOSES = SourceTable(
    "diagnoses_icd",
    "hosp",
    _cells(hadm_id="hadm_id", code="icd_code", code_version="icd_version", value="seq_num"),
    required=frozenset({"hadm_id", "code"}),
)
_ICUSTAYS = SourceTable(
    "icustays",
    "icu",
    _cells(
        hadm_id="hadm_id",
        stay_id="stay_id",
        start_time="intime",
        end_time="outtime",
        category="first_careunit",
        value_text="last_careunit",
    ),
    required=frozenset({"stay_id", "start_time"}),
)
_INPUTEVENTS = SourceTable(
    "inputevents",
    "icu",
    _cells(
        hadm_id="hadm_id",
        stay_id="stay_id",
        source_id="orderid",
        start_time="starttime",
        end_time="endtime",
        store_time="storetime",
        item_id="itemid",
        category="ordercategoryname",
        value="amount",
        unit="amountuom",
        value_text="statusdescription",
    ),
    items=frozenset(needed.DRUGS),
    required=frozenset({"start_time"}),
)
_LABEVENTS = SourceTable(
    "labevents",
    "hosp",
    _cells(
        hadm_id="hadm_id",
        source_id="labevent_id",
        start_time="charttime",
        store_time="storetime",
        item_id="itemid",
        value="valuenum",
        unit="valueuom",
        value_text="value",
        category="flag",
    ),
    items=frozenset(needed.LABORATORY),
    required=frozenset({"start_time"}),
)
_PATIENTS = SourceTable(
    "patients", "hosp", _cells(death_time="dod", value="anchor_age", value_text="gender", category="anchor_year_group")
)
_POE = SourceTable(
    "poe",
    "hosp",
    _cells(
        hadm_id="hadm_id",
        source_id="poe_id",
        start_time="ordertime",
        code="transaction_type",
        category="order_type",
        value_text="order_subtype",
    ),
    matching=("value_text", needed.CARE_LIMITING_ORDER),
    required=frozenset({"start_time"}),
)
_POE_DETAIL = SourceTable(
    "poe_detail",
    "hosp",
    _cells(source_id="poe_id", category="field_name", value_text="field_value"),
    matching=("category", needed.CARE_LIMITING_ORDER),
    required=frozenset({"source_id"}),
)
_PROCEDUREEVENTS = SourceTable(
    "procedureevents",
    "icu",
    _cells(
        hadm_id="hadm_id",
        stay_id="stay_id",
        source_id="orderid",
        start_time="starttime",
        end_time="endtime",
        store_time="storetime",
        item_id="itemid",
        category="ordercategoryname",
        value="value",
        unit="valueuom",
        value_text="statusdescription",
    ),
    items=frozenset(needed.PROCEDURES),
    required=frozenset({"start_time"}),
)
_PROCEDURES = SourceTable(
    "procedures_icd",
    "hosp",
    _cells(hadm_id="hadm_id", start_time="chartdate", code="icd_code", code_version="icd_version", value="seq_num"),
    required=frozenset({"hadm_id", "code"}),
)
_TRANSFERS = SourceTable(
    "transfers",
    "hosp",
    _cells(
        hadm_id="hadm_id",
        source_id="transfer_id",
        start_time="intime",
        end_time="outtime",
        category="eventtype",
        value_text="careunit",
    ),
    required=frozenset({"start_time"}),
)


def with_items(more: Mapping[str, frozenset[int]]) -> list[SourceTable]:
    """Return the tables of the source, those with items reading these as well; in the order of SOURCE_TABLES."""
    return [
        table if table.items is None else replace(table, items=table.items | more.get(table.name, frozenset()))
        for table in SOURCE_TABLES.values()
    ]


SOURCE_TABLES: dict[str, SourceTable] = {
    table.name: table
    for table in (
        _ADMISSIONS,
        _CHARTEVENTS,
        _DIAGNOSES,
        _ICUSTAYS,
        _INPUTEVENTS,
        _LABEVENTS,
        _PATIENTS,
        _POE,
        _POE_DETAIL,
        _PROCEDUREEVENTS,
        _PROCEDURES,
        _TRANSFERS,
    )
}
"""By name, in the order of `clinical_extract.source_table`."""

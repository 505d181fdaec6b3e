"""What exists in a clinical source: items and ICD codes with their titles, from its own dictionaries.

Belongs here: reading `d_items`, `d_labitems`, `d_icd_diagnoses` and `d_icd_procedures`. Does not belong here: which of
them an event needs (`events`).
"""

from dataclasses import dataclass

import polars as pl

from mimic_assets.clinical.source import ClinicalSource

_FOLDERS = {"d_items": "icu", "d_labitems": "hosp", "d_icd_diagnoses": "hosp", "d_icd_procedures": "hosp"}
_COLUMNS = {
    "d_items": ("itemid", "label", "linksto"),
    "d_labitems": ("itemid", "label"),
    "d_icd_diagnoses": ("icd_code", "icd_version", "long_title"),
    "d_icd_procedures": ("icd_code", "icd_version", "long_title"),
}


@dataclass(frozen=True, slots=True)
class Dictionaries:
    """What a source says exists; None where it does not say, or cannot be read."""

    items: dict[int, tuple[str, str]] | None
    """Item -> (label, table it is charted in); None unless both d_items and d_labitems can be read."""
    diagnoses: dict[tuple[int, str], str] | None
    """(ICD version, code) -> title."""
    procedures: dict[tuple[int, str], str] | None
    """(ICD version, code) -> title."""

    @classmethod
    def of_cells(cls, tables: dict[str, pl.DataFrame | None]) -> "Dictionaries":
        """Return the dictionaries from their tables, every cell as text; a table that is None is not known."""
        charted, laboratory = tables["d_items"], tables["d_labitems"]
        items = None
        if charted is not None and laboratory is not None:
            rows = [*charted.iter_rows(), *((item, label, "labevents") for item, label in laboratory.iter_rows())]
            items = {
                int(item): (label or "", linked or "") for item, label, linked in rows if item and item.isdecimal()
            }
        return cls(items, _titles(tables["d_icd_diagnoses"]), _titles(tables["d_icd_procedures"]))


def read_dictionaries(source: ClinicalSource) -> Dictionaries:
    """Return the dictionaries of a source."""
    return Dictionaries.of_cells(
        {name: source.dictionary(folder, name, _COLUMNS[name]) for name, folder in _FOLDERS.items()}
    )


def _titles(table: pl.DataFrame | None) -> dict[tuple[int, str], str] | None:
    if table is None:
        return None
    return {
        (int(version), code.replace(".", "").strip()): title or ""
        for code, version, title in table.iter_rows()
        if code and version and version.isdecimal()
    }

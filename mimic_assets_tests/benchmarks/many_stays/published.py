"""Files that only MIMIC-IV-MEDS reads: dictionaries, maps of concepts, and tables that nobody needs here.

Its own event configuration is used as it is shipped, so every file it names has to be there. Columns are those of
MIMIC-IV 2.2 (2023) and of mimic-code 2.4 concept maps, as far as that configuration names them.
"""

from mimic_assets.clinical.needed import CHARTED, DRUGS, LABORATORY, PROCEDURES

_ONE_ROW = {
    "hosp/drgcodes.csv.gz": {
        "drg_type": "HCFA", "drg_code": "3", "description": "ECMO", "drg_severity": "", "drg_mortality": "",
    },
    "hosp/emar.csv.gz": {
        "emar_id": "10000000-1", "emar_seq": "1", "poe_id": "10000000-0", "pharmacy_id": "1",
        "charttime": "2110-01-01 00:00:00",
        "medication": "Aspirin", "event_txt": "Administered",
    },
    "hosp/hcpcsevents.csv.gz": {
        "chartdate": "2110-01-01", "hcpcs_cd": "99219", "seq_num": "1", "short_description": "Observation",
    },
    "hosp/omr.csv.gz": {"chartdate": "2110-01-01", "seq_num": "1", "result_name": "Height", "result_value": "60"},
    "hosp/pharmacy.csv.gz": {
        "pharmacy_id": "1", "poe_id": "10000000-0", "starttime": "2110-01-01 00:00:00",
        "stoptime": "2110-01-01 00:00:00",
        "medication": "Aspirin", "route": "PO", "frequency": "DAILY", "doses_per_24_hrs": "1",
    },
    "hosp/prescriptions.csv.gz": {"pharmacy_id": "1", "drug_type": "MAIN", "drug": "Aspirin", "ndc": "904404073"},
    "icu/outputevents.csv.gz": {
        "stay_id": "30000000", "charttime": "2110-01-01 00:00:00", "itemid": "226559", "value": "50", "valueuom": "ml",
    },
}  # fmt: skip
"""One row each, of the first subject: a table without any has columns of strings, which its joins then refuse."""
_MAP = "itemid (omop_source_code),label,omop_concept_id,omop_concept_name,omop_concept_code,omop_vocabulary_id"
_MAPS = {
    "d_labitems_to_loinc.csv": LABORATORY,
    "meas_chartevents_main.csv": CHARTED,
    "proc_datetimeevents.csv": {},
    "proc_itemid.csv": PROCEDURES,
    "inputevents_to_rxnorm.csv": DRUGS,
    "outputevents_to_loinc.csv": {},
}
_ITEMS = "itemid,label,abbreviation,linksto,category,unitname,param_type,lownormalvalue,highnormalvalue"


def published_files() -> dict[str, str]:
    """Return path -> text of each of those files; names ending in `.gz` are to be packed."""
    files = {
        "hosp/d_hcpcs.csv.gz": "code,category,long_description,short_description\n99219,1,Observation,Observation\n"
    }
    for path, cells in _ONE_ROW.items():
        row = {"subject_id": "10000000", "hadm_id": "20000000"} | cells
        files[path] = f"{','.join(row)}\n{','.join(row.values())}\n"
    for name, items in _MAPS.items():
        rows = [f'{item},"{label}",{item},"{label}",{item},LOINC' for item, label in items.items()]
        files[name] = "\n".join([_MAP, *rows]) + "\n"
    items = [f'{item},"{label}",,,,,,,' for item, label in {**CHARTED, **DRUGS, **PROCEDURES}.items()]
    files["icu/d_items.csv.gz"] = "\n".join([_ITEMS, *items]) + "\n"
    for kind in ("diagnoses", "procedures"):
        files[f"hosp/d_icd_{kind}.csv.gz"] = "icd_code,icd_version,long_title\n4275,9,Cardiac arrest\n"
    return files

"""A small clinical source on disk: the twelve tables with MIMIC-IV 2.2's own column names, one patient by default."""

import gzip
import zlib
from pathlib import Path

import polars as pl

from mimic_assets.clinical import extract
from mimic_assets.schemas.judged import Judged
from mimic_assets.sources.folder import FolderTree

LINES: dict[str, list[str]] = {
    "hosp/patients": [
        "subject_id,gender,anchor_age,anchor_year,anchor_year_group,dod",
        "10000001,F,72,2134,2011 - 2013,2134-02-05",
    ],
    "hosp/admissions": [
        "subject_id,hadm_id,admittime,dischtime,deathtime,admission_type,admit_provider_id,admission_location,"
        "discharge_location,insurance,language,marital_status,race,edregtime,edouttime,hospital_expire_flag",
        "10000001,20000001,2134-02-01 08:00:00,2134-02-05 09:30:00,2134-02-05 09:10:00,URGENT,P1,,DIED,,,,,,,1",
    ],
    "icu/icustays": [
        "subject_id,hadm_id,stay_id,first_careunit,last_careunit,intime,outtime,los",
        "10000001,20000001,30000001,CCU,MICU,2134-02-02 10:00:00,2134-02-05 11:00:00,3.04",
    ],
    "hosp/transfers": [
        "subject_id,hadm_id,transfer_id,eventtype,careunit,intime,outtime",
        "10000001,20000001,40000001,admit,CCU,2134-02-02 10:00:00,",
    ],
    "icu/procedureevents": [
        "subject_id,hadm_id,stay_id,caregiver_id,starttime,endtime,storetime,itemid,value,valueuom,location,"
        "locationcategory,orderid,linkorderid,ordercategoryname,statusdescription,ORIGINALRATE",
        "10000001,20000001,30000001,7,2134-02-03 01:00:00,2134-02-03 01:01:00,2134-02-03 01:20:07.190,225466,1,,,,"
        "555,555,Procedures,FinishedRunning,1",
        "10000001,20000001,30000001,7,2134-02-03 02:00:00,,,224263,1,,,,556,556,Invasive Lines,FinishedRunning,1",
    ],
    "icu/chartevents": [
        "subject_id,hadm_id,stay_id,caregiver_id,charttime,storetime,itemid,value,valuenum,valueuom,warning",
        "10000001,20000001,30000001,7,2134-02-03 03:00:00,,220045,88,88,bpm,0",
        '10000001,20000001,30000001,7,2134-02-03 01:00:00,2134-02-03 01:09:00,220048,"VF, ""coarse""",,,0',
        "10000001,20000001,30000001,7,2134-02-03 01:00:00,,226707,60,60,Inch,0",
    ],
    "hosp/labevents": [
        "labevent_id,subject_id,hadm_id,specimen_id,itemid,order_provider_id,charttime,storetime,value,valuenum,"
        "valueuom,ref_range_lower,ref_range_upper,flag,priority,comments",
        '9,10000001,,1,51003,,2134-02-03 05:00:00,2134-02-03 06:00:00,<0.01,,ng/mL,0,0.01,abnormal,STAT,"a, b"',
    ],
    "icu/inputevents": [
        "subject_id,hadm_id,stay_id,starttime,endtime,storetime,itemid,amount,amountuom,rate,orderid,"
        "ordercategoryname,statusdescription",
        "10000001,20000001,30000001,2134-02-03 01:02:00,2134-02-03 01:03:00,2134-02-03 01:30:00,221289,1,mg,,77,"
        "05-Med Bolus,FinishedRunning",
    ],
    "hosp/poe": [
        "poe_id,poe_seq,subject_id,hadm_id,ordertime,order_type,order_subtype,transaction_type,order_status",
        "10000001-1,1,10000001,20000001,2134-02-04 10:00:00,General Care,Code status,New,Inactive",
        "10000001-2,2,10000001,20000001,2134-02-04 10:00:00,General Care,Vitals/Monitoring,New,Inactive",
    ],
    "hosp/poe_detail": [
        "poe_id,poe_seq,subject_id,field_name,field_value",
        "10000001-1,1,10000001,Code status,Do not resuscitate (DNR/DNI)",
        "10000001-2,2,10000001,Admit to,Surgery",
    ],
    "hosp/diagnoses_icd": ["subject_id,hadm_id,seq_num,icd_code,icd_version", "10000001,20000001,1,i46.2 ,10"],
    "hosp/procedures_icd": [
        "subject_id,hadm_id,seq_num,chartdate,icd_code,icd_version",
        "10000001,20000001,1,2134-02-03,9960,9",
    ],
}


def write_source(folder: Path, **changed: list[str] | bytes | None) -> FolderTree:
    """Write the source; `chartevents=[...]` gives a table's lines, bytes a file as it is, None leaves the file out."""
    for path, lines in LINES.items():
        content = changed.get(path.rpartition("/")[2], lines)
        target = folder / f"{path}.csv.gz"
        target.parent.mkdir(parents=True, exist_ok=True)
        if content is not None:
            target.write_bytes(content if isinstance(content, bytes) else packed(content))
    return FolderTree(folder)


def packed(lines: list[str]) -> bytes:
    """Return the lines as a csv.gz."""
    return gzip.compress("".join(f"{line}\n" for line in lines).encode(), mtime=0)


def cut_short(lines: list[str], kept: int) -> bytes:
    """Return a csv.gz whose first `kept` bytes of text can be read and whose end never arrived."""
    packer = zlib.compressobj(wbits=31)
    text = "".join(f"{line}\n" for line in lines).encode()
    return packer.compress(text[:kept]) + packer.flush(zlib.Z_SYNC_FLUSH)


def extracted(tree: FolderTree, spool: Path, block_bytes: int = 2**21) -> Judged:
    """Return the extract of one bucket that holds everybody."""
    [(bucket, judged)] = extract(tree, 1, [0], spool, None, block_bytes=block_bytes)
    assert bucket == 0
    return judged


def rows_of(judged: Judged, table: str) -> pl.DataFrame:
    """Return the rows of one source table."""
    return judged.frame.filter(pl.col("source_table") == table)


def told(judged: Judged) -> list[tuple[int | None, str, str, str, int]]:
    """Return subject, file, place, rule and count of each rejection."""
    return judged.rejected.select("subject_id", "file", "place", "rule", "defect_count").rows()

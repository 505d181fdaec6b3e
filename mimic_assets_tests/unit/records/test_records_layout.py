"""Patients and records: lists, folders, and what they disagree on."""

from pathlib import Path

import pytest

from mimic_assets.records import find_patients, patient_files, published_checksums
from mimic_assets.sources.folder import FolderTree
from mimic_assets_tests.broken_copies import RECORD, SUBJECT, publish, write_record

OTHER = 12000001


def _source(root: Path) -> FolderTree:
    write_record(root)
    write_record(root, record_id=RECORD + 5, numerics=None)
    write_record(root, OTHER, RECORD + 7)
    return FolderTree(root)


@pytest.mark.parametrize("is_published", [True, False])
def test_patients_come_from_the_lists_or_else_from_the_folders(tmp_path: Path, is_published: bool) -> None:
    tree = _source(tmp_path)
    if is_published:
        publish(tmp_path)
    patients, rejected = find_patients(tree)
    assert rejected.is_empty()
    assert patients == {
        SUBJECT: (f"waves/p100/p{SUBJECT}/{RECORD}", f"waves/p100/p{SUBJECT}/{RECORD + 5}"),
        OTHER: (f"waves/p120/p{OTHER}/{RECORD + 7}",),
    }


def test_lists_that_promise_more_or_less_than_there_is(tmp_path: Path) -> None:
    tree = _source(tmp_path)
    publish(tmp_path)
    with (tmp_path / "RECORDS").open("a") as file:
        file.write("waves/p130/p13000001/\nwaves/p140/p14000001/\nwaves/p100/p15000001/\n../../etc/\n")
    patient = tmp_path / "waves/p100" / f"p{SUBJECT}"
    (patient / "RECORDS").write_text(f"{RECORD}/{RECORD}\n80000099/80000099\nnot a record\n")
    patients, rejected = find_patients(tree)
    assert patients[SUBJECT] == (f"waves/p100/p{SUBJECT}/{RECORD}",)
    assert rejected.select("rule", "place", "defect_count").sort("rule", "place").rows() == [
        ("malformed_path", "line 3", 1),
        ("malformed_path", "line 5", 1),
        ("malformed_path", "line 6", 1),
        ("patient_folder_missing", "line 3", 2),
        ("record_folder_missing", "line 2", 1),
        ("unlisted_record", "folder", 1),
    ]


def test_the_files_of_a_patient_are_all_of_them_and_no_others(tmp_path: Path) -> None:
    tree = _source(tmp_path)
    publish(tmp_path)
    folder = tmp_path / "waves/p100" / f"p{SUBJECT}"
    expected = sorted(path.relative_to(tmp_path).as_posix() for path in folder.rglob("*") if path.is_file())
    assert patient_files(tree, SUBJECT) == expected
    assert len(expected) == 1 + 9 + 8


def test_published_sums_are_those_of_the_folder_in_either_notation(tmp_path: Path) -> None:
    a, b = "a" * 64, "B" * 64
    lines = [f"{a} waves/p1/x", f"{b} *waves/p1/y", f"{a}  ./waves/p1/z", f"{a} waves/p10/x", "short waves/p1/q", ""]
    (tmp_path / "SHA256SUMS.txt").write_text("\n".join(lines))
    assert published_checksums(FolderTree(tmp_path), "waves/p1") == {
        "waves/p1/x": a,
        "waves/p1/y": b.lower(),
        "waves/p1/z": a,
    }


@pytest.mark.real_data
def test_the_real_folders_hold_their_patients(real_data: Path) -> None:
    patients, rejected = find_patients(FolderTree(real_data / "mimic4wdb-linked"))
    assert rejected.is_empty()
    assert {subject: len(folders) for subject, folders in patients.items()} == {10005817: 1, 10010471: 1, 10020306: 2}

"""Where patients and records lie in a source: `waves/pNNN/pNNNNNNNN/RRRRRRRR/`.

Belongs here: the published folder layout and its `RECORDS` lists. Does not belong here: the contents of a record.
A `RECORDS` file, where there is one, says what exists; without it the folders do.

Source: MIMIC-IV Waveform Database 0.1.0 (2022), folder structure.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from mimic_assets.file_tree import FileTree
from mimic_assets.schemas.judged import Rejection, rejected_frame

ROOT = "waves"
LIST_FILE = "RECORDS"
_TABLE = "raw_records"
_PATIENT_FOLDER = re.compile(r"waves/p(\d{3})/p(\1\d+)/?")
_RECORD_NAME = re.compile(r"\d{1,18}")


@dataclass(frozen=True, slots=True)
class RecordFiles:
    """The place of one record's files."""

    subject_id: int
    record_id: int
    folder: str
    """`waves/pNNN/pNNNNNNNN/RRRRRRRR`."""

    @property
    def name(self) -> str:
        """The record's name, which its file names start with."""
        return self.folder.rsplit("/", 1)[1]

    @property
    def master(self) -> str:
        """Path of the master header."""
        return f"{self.folder}/{self.name}.hea"

    @property
    def numerics(self) -> str:
        """Path of the numerics file; some records have none."""
        return f"{self.folder}/{self.name}n.csv.gz"


def patient_folder(subject_id: int) -> str:
    """Return the folder of a patient."""
    return f"{ROOT}/p{str(subject_id)[:3]}/p{subject_id}"


def record_files(tree: FileTree, subject_id: int) -> list[RecordFiles]:
    """Return the records of one patient whose folders exist, sorted by record."""
    return [
        RecordFiles(subject_id, int(f.rsplit("/", 1)[1]), f)
        for f in _records_of(tree, patient_folder(subject_id), subject_id)[0]
    ]


def find_patients(tree: FileTree) -> tuple[dict[int, tuple[str, ...]], pl.DataFrame]:
    """Return every patient with the folders of their records, and what the lists promise but the source lacks.

    Args:
        tree: a source in the published layout.

    Returns:
        subject_id -> record folders, both sorted; rows of `rejected_inputs`: a listed patient without a folder (one row
        for all of them: a partial download lists everybody), a listed record without a folder, a folder no list names,
        a line that is no path of the layout.
    """
    patients: dict[int, tuple[str, ...]] = {}
    rejections: list[Rejection] = []
    absent: list[tuple[int, str]] = []
    for line, text in _listed_patients(tree):
        match = _PATIENT_FOLDER.fullmatch(text)
        if match is None:
            rejections.append(
                Rejection(
                    _TABLE,
                    LIST_FILE,
                    f"line {line}",
                    "malformed_path",
                    f"found {text[:60]!r}, expected waves/pNNN/pNNNNNNNN/ with the same leading digits",
                    "Correct the line or restore the published RECORDS file.",
                )
            )
            continue
        subject_id = int(match[2])
        folders, defects = _records_of(tree, text.rstrip("/"), subject_id)
        if folders:
            patients[subject_id] = tuple(folders)
            rejections += defects
        elif next(iter(tree.names(text.rstrip("/"))), None) is None:
            absent.append((line, text))
        else:
            rejections += defects
    if absent:
        line, text = absent[0]
        rejections.append(
            Rejection(
                _TABLE,
                LIST_FILE,
                f"line {line}",
                "patient_folder_missing",
                f"found no folder {text} (the first of {len(absent)} listed patients), expected one for every line",
                "Download these patients if you need them; nothing to do in a partial copy.",
                count=len(absent),
            )
        )
    return dict(sorted(patients.items())), rejected_frame(rejections)


def patient_files(tree: FileTree, subject_id: int) -> list[str]:
    """Return the path of every source file of a patient, sorted: their RECORDS list and all files of their records."""
    folder = patient_folder(subject_id)
    paths = [
        f"{record.folder}/{name}" for record in record_files(tree, subject_id) for name in tree.names(record.folder)
    ]
    return sorted(path for path in [f"{folder}/{LIST_FILE}", *paths] if tree.exists(path))


def _listed_patients(tree: FileTree) -> Iterator[tuple[int, str]]:
    """Yield (line number, patient folder): from the root's RECORDS list, else from the folders."""
    if tree.exists(LIST_FILE):
        yield from _lines(tree, LIST_FILE)
        return
    count = 0
    for group in tree.names(ROOT):
        for patient in tree.names(f"{ROOT}/{group}"):
            count += 1
            if _PATIENT_FOLDER.fullmatch(f"{ROOT}/{group}/{patient}"):
                yield count, f"{ROOT}/{group}/{patient}"


def _lines(tree: FileTree, path: str) -> Iterator[tuple[int, str]]:
    with tree.open(path) as file:
        text = file.read().decode("utf-8", "replace")
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield number, line.strip()


def _records_of(tree: FileTree, folder: str, subject_id: int) -> tuple[list[str], list[Rejection]]:
    """Return the record folders of a patient that exist, sorted, and what the list and the folders disagree on."""
    names = set(tree.names(folder))
    present = {
        name
        for name in names
        if _RECORD_NAME.fullmatch(name) and next(iter(tree.names(f"{folder}/{name}")), None) is not None
    }
    if LIST_FILE not in names:
        return [f"{folder}/{name}" for name in sorted(present, key=int)], []
    path = f"{folder}/{LIST_FILE}"
    if not tree.exists(path):  # a folder, or a link that leads nowhere
        unreadable = Rejection(
            _TABLE,
            path,
            "file",
            "unreadable_list",
            "found something that is no file, expected the list of the patient's records",
            "Restore the published RECORDS file; the record folders that are there were read without it.",
            subject_id,
        )
        return [f"{folder}/{name}" for name in sorted(present, key=int)], [unreadable]
    listed: dict[str, int] = {}
    defects: list[Rejection] = []
    for line, text in _lines(tree, path):
        name, _, again = text.partition("/")
        if not _RECORD_NAME.fullmatch(name) or again.strip("/") not in ("", name):
            defects.append(
                Rejection(
                    _TABLE,
                    path,
                    f"line {line}",
                    "malformed_path",
                    f"found {text[:60]!r}, expected RRRRRRRR/RRRRRRRR",
                    "Correct the line or restore the published RECORDS file.",
                    subject_id,
                )
            )
        else:
            listed.setdefault(name, line)
    for name, line in listed.items():
        if name not in present:
            defects.append(
                Rejection(
                    _TABLE,
                    path,
                    f"line {line}",
                    "record_folder_missing",
                    f"found no files below {folder}/{name}, expected the listed record",
                    "Download the record, or take its line out of the list.",
                    subject_id,
                )
            )
    defects += [
        Rejection(
            _TABLE,
            f"{folder}/{name}",
            "folder",
            "unlisted_record",
            f"found a record folder that {path} does not name, expected every record in the list",
            "Add the record to the list to have it read; it was left out.",
            subject_id,
        )
        for name in sorted(present - set(listed), key=int)
    ]
    return [f"{folder}/{name}" for name in sorted(present & set(listed), key=int)], defects

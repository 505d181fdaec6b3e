"""Tiny sources in the published layout, written from scratch, for tests that break one thing in them.

Belongs here: writing a sound source. Each test breaks its own copy.
"""

import gzip
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

SUBJECT, RECORD = 10000001, 80000001
FRAMES = 640 + 320 + 320
"""Two segments with a gap of 320 frames between them."""
LAST_TICK = 16 * FRAMES - 1
NUMERICS = """"time","ABPd [mmHg]","ABPm [mmHg]","ABPs [mmHg]","HR [bpm]","SpO2 [%]"
32,,,,72,
1056,60,80,120,,97
2080,,,,73,97.4
1056,60,,,,
"""
_GROUPS = {"e": (("II", "V"), 4), "p": (("Pleth",), 2), "r": (("Resp",), 1)}
_CALIBRATION = {
    "II": "200/mV 14 8192",
    "V": "200/mV 14 8192",
    "Pleth": "4096(0)/NU 12 2048",
    "Resp": "4093(2)/Ohm 12 2048",
}


@dataclass(frozen=True, slots=True)
class WrittenRecord:
    """Where a written record lies."""

    root: Path
    subject_id: int
    record_id: int

    @property
    def folder(self) -> Path:
        """The record's folder."""
        return self.root / "waves" / f"p{str(self.subject_id)[:3]}" / f"p{self.subject_id}" / str(self.record_id)

    def file(self, ending: str) -> Path:
        """The file `<record><ending>`: `.hea`, `_0001.hea`, `_0001e.dat`, `n.csv.gz`."""
        return self.folder / f"{self.record_id}{ending}"

    def path(self, ending: str) -> str:
        """The same, relative to the root."""
        return self.file(ending).relative_to(self.root).as_posix()

    def edit(self, ending: str, old: str, new: str) -> None:
        """Replace a text of a header that occurs in it once."""
        text = self.file(ending).read_bytes().decode()
        assert text.count(old) == 1, (old, text)
        self.file(ending).write_bytes(text.replace(old, new).encode())

    def samples(self, ending: str) -> NDArray[np.int16]:
        """Return samples x channels of the file `_0001e.dat`."""
        return np.asarray(soundfile.read(self.file(ending), dtype="int16", always_2d=True)[0])

    def write_samples(self, ending: str, samples: NDArray[np.int16]) -> None:
        """Write a signal file anew, and the sums of its signals into the header."""
        with self.file(ending).open("wb") as target:
            soundfile.write(target, samples, 96000, subtype="PCM_16", format="FLAC")
        header = self.file(f"{ending[:5]}.hea")
        lines = header.read_bytes().decode().split("\r\n")
        mine = [place for place, line in enumerate(lines) if line.startswith(f"{self.record_id}{ending} ")]
        for place, sums in zip(mine, samples.astype(np.int64).sum(axis=0) % 65536, strict=True):
            words = lines[place].split(" ")
            lines[place] = " ".join([*words[:6], str(sums), *words[7:]])
        header.write_bytes("\r\n".join(lines).encode())

    def write_numerics(self, text: str) -> None:
        """Write the numerics file anew."""
        self.file("n.csv.gz").write_bytes(gzip.compress(text.encode(), mtime=0))


def write_record(
    root: Path, subject_id: int = SUBJECT, record_id: int = RECORD, numerics: str | None = NUMERICS
) -> WrittenRecord:
    """Write one sound record: layout, a segment of 640 frames, a gap, a segment of 320 frames with Pleth only."""
    record = WrittenRecord(root, subject_id, record_id)
    record.folder.mkdir(parents=True)
    master = [
        "#wfdb 10.7",
        f"{record_id}/4 4 62.4725/999.56 {FRAMES} 09:00:17.566 16/8/2148",
        f"{record_id}_0000 0",
        f"{record_id}_0001 640",
        "~ 320",
        f"{record_id}_0002 320",
        f"# subject_id {subject_id}",
        "# hadm_id 20000001",
    ]
    layout = [
        f"{record_id}_0000 4 62.4725/999.56 0",
        "~ 0x4 200/mV 14 0 0 0 0 II",
        "~ 0x4 200/mV 14 0 0 0 0 V",
        "~ 0x2 4096(-2048)/NU 12 0 0 0 0 Pleth",
        "~ 0 4093(-2046)/Ohm 12 0 0 0 0 Resp",
    ]
    _write_lines(record.file(".hea"), master)
    _write_lines(record.file("_0000.hea"), layout)
    _write_segment(record, "_0001", 640, "", ("e", "p", "r"))
    _write_segment(record, "_0002", 320, f"({16 * 960})", ("p",))
    if numerics is not None:
        record.write_numerics(numerics)
    return record


def write_segments(root: Path, segments: Sequence[tuple[str, int]]) -> WrittenRecord:
    """Write a record whose segments follow each other; each is the groups it holds (letters of e, p, r) and frames."""
    record = WrittenRecord(root, SUBJECT, RECORD)
    record.folder.mkdir(parents=True)
    total = sum(frames for _, frames in segments)
    master = [f"{RECORD}/{len(segments)} 4 62.4725/999.56 {total} 09:00:17.566 16/8/2148"]
    start = 0
    for place, (groups, frames) in enumerate(segments, start=1):
        master.append(f"{RECORD}_{place:04d} {frames}")
        _write_segment(record, f"_{place:04d}", frames, f"({16 * start})" if start else "", tuple(groups))
        start += frames
    _write_lines(record.file(".hea"), [*master, f"# subject_id {SUBJECT}"])
    return record


def publish(root: Path) -> None:
    """Write RECORDS of the root and of each patient, and SHA256SUMS.txt of everything, as the source is now."""
    patients = sorted(path for path in root.glob("waves/p*/p*") if path.is_dir())
    for patient in patients:
        names = sorted(path.name for path in patient.iterdir() if path.is_dir())
        (patient / "RECORDS").write_text("".join(f"{name}/{name}\n" for name in names))
    (root / "RECORDS").write_text("".join(f"{path.relative_to(root).as_posix()}/\n" for path in patients))
    files = sorted(path for path in root.rglob("*") if path.is_file() and path.name != "SHA256SUMS.txt")
    sums = [f"{hashlib.sha256(path.read_bytes()).hexdigest()} {path.relative_to(root).as_posix()}\n" for path in files]
    (root / "SHA256SUMS.txt").write_text("".join(sums))


def _write_lines(path: Path, lines: list[str]) -> None:
    path.write_bytes("".join(f"{line}\r\n" for line in lines).encode())


def _write_segment(record: WrittenRecord, ending: str, frames: int, base: str, groups: tuple[str, ...]) -> None:
    lines: list[str] = []
    for group in groups:
        names, per_frame = _GROUPS[group]
        draws = np.random.default_rng(len(names) + frames)
        samples = draws.integers(1000, 3000, (frames * per_frame, len(names)), dtype=np.int16)
        file = record.file(f"{ending}{group}.dat")
        with file.open("wb") as target:
            soundfile.write(target, samples, 96000, subtype="PCM_16", format="FLAC")
        times = "" if per_frame == 1 else f"x{per_frame}"
        for channel, name in enumerate(names):
            checksum = int(samples[:, channel].astype(np.int64).sum()) % 65536
            lines.append(f"{file.name} 516{times} {_CALIBRATION[name]} 0 {checksum} 0 {name}")
    head = f"{record.record_id}{ending} {len(lines)} 62.4725/999.56{base} {frames}"
    _write_lines(record.file(f"{ending}.hea"), [head, *lines])

"""Whether the bytes of a signal file arrived whole.

Belongs here: existence, published checksum, and the shape of a FLAC stream (its announced channels and samples, and
that its last sample can be decoded). Does not belong here: the samples. Only the start and the end of a file are
decoded: with the announced length in the first block and the last sample decoded, a download that stopped early
cannot pass.

Source: WFDB signal(5) for formats 508, 516 and 524; FLAC format, RFC 9639 (2024), section 8.2 (streaminfo).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import soundfile

from mimic_assets.file_tree import FileTree
from mimic_assets.records.header import SignalLine
from mimic_assets.schemas.vocabulary import FileStatus

FLAC_BITS = {508: 8, 516: 16, 524: 24}
_MAGIC = b"fLaC"
_HEAD_BYTES = 42


@dataclass(frozen=True, slots=True)
class SignalFile:
    """One signal file as found."""

    path: str
    status: FileStatus
    size: int | None
    """Bytes; None where missing."""
    sha256: str | None
    found: str
    """What was found where it is not ok, for a message; empty where it is."""
    expected: str


def check_signal_file(
    tree: FileTree, path: str, signals: list[SignalLine], frame_count: int, published: Mapping[str, str]
) -> SignalFile:
    """Return the state of a signal file; where several statuses apply, the first in the vocabulary's order.

    Args:
        tree: the source.
        path: the file.
        signals: the signals that its header puts into it.
        frame_count: frames of the segment.
        published: path -> SHA-256, for the files that have one.
    """
    if not tree.exists(path):
        listed = " (it is in the published list)" if path in published else ""
        return SignalFile(
            path, FileStatus.MISSING, None, None, "no file", f"the signals that the header puts there{listed}"
        )
    size, sha256 = tree.size(path), tree.sha256(path)
    defect = _stream_defect(tree, path, signals, frame_count)
    if published.get(path, sha256) != sha256:
        also = f"; also {defect[0]}" if defect else ""
        return SignalFile(
            path,
            FileStatus.CHECKSUM_MISMATCH,
            size,
            sha256,
            f"SHA-256 {sha256[:12]}...{also}",
            f"{published[path][:12]}... as published",
        )
    if defect:
        return SignalFile(path, FileStatus.UNREADABLE, size, sha256, *defect)
    return SignalFile(path, FileStatus.OK, size, sha256, "", "")


def _stream_defect(tree: FileTree, path: str, signals: list[SignalLine], frame_count: int) -> tuple[str, str] | None:
    """Return (found, expected) where the file is no whole stream of what the header announces; None where it is.

    Formats other than FLAC have nothing to read at their start and are not looked into.
    """
    bits = FLAC_BITS.get(signals[0].storage_format)
    if bits is None:
        return None
    with tree.open(path) as file:
        head = file.read(_HEAD_BYTES)
        if len(head) < _HEAD_BYTES or head[:4] != _MAGIC or head[4] & 0x7F:
            return ("bytes that start no FLAC stream" if head else "an empty file"), "a FLAC stream"
        packed = int.from_bytes(head[18:26], "big")
        shape = ((packed >> 41 & 7) + 1, (packed >> 36 & 31) + 1, packed & (1 << 36) - 1)
        wanted = (len(signals), bits, frame_count * signals[0].samples_per_frame)
        if shape != wanted:
            form = "a stream of {} channels of {} bits and {} samples"
            return form.format(*shape), form.format(*wanted) + ", as the header announces"
        file.seek(0)
        try:
            with soundfile.SoundFile(file) as stream:
                stream.seek(shape[2] - 1)
                last = len(stream.read(1, dtype="int32"))
        except (soundfile.SoundFileError, EOFError, OSError):
            last = 0
    return (
        None
        if last == 1
        else ("a stream that ends early or is damaged at its end", "a stream whose last sample can be decoded")
    )

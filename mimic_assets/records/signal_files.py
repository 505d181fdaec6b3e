"""Whether the bytes of a signal file arrived whole.

Belongs here: existence, published checksum, the shape of a FLAC stream (its announced channels and samples), and what a
pass over all its samples found. Does not belong here: the samples (`samples`). Every sample is decoded once, so that a
reader may trust each row: a download that stopped early or was damaged on the way keeps its good part.

Source: WFDB signal(5) for format 516; FLAC format, RFC 9639 (2024), section 8.2 (streaminfo).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from mimic_assets.file_tree import FileTree
from mimic_assets.records.header import SignalLine
from mimic_assets.records.samples.flac import DamagedSamplesError
from mimic_assets.records.samples.formats import FORMATS
from mimic_assets.records.samples.layout import FileLayout
from mimic_assets.records.samples.row_plan import FORMAT
from mimic_assets.records.samples.whole_file import DecodedFile, decode_whole
from mimic_assets.schemas.vocabulary import FileStatus

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
    readable_frames: int = 0
    """From the start; all where it is ok, none where its bytes are not the published ones."""
    checksums: tuple[int, ...] = ()
    """Sum of each channel's samples modulo 65536; empty unless it is ok."""


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

    A file that disagrees with the published sum is not trusted anywhere. One that has no published sum, or the right
    one, keeps the samples before its first defect.
    """
    if not tree.exists(path):
        listed = " (it is in the published list)" if path in published else ""
        return SignalFile(
            path, FileStatus.MISSING, None, None, "no file", f"the signals that the header puts there{listed}"
        )
    size, sha256 = tree.size(path), tree.sha256(path)
    defect = _shape_defect(tree, path, signals, frame_count)
    decoded = DecodedFile(0, ())
    if defect is None:
        decoded, defect = _decoded(tree, path, signals, frame_count)
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
        return SignalFile(path, FileStatus.UNREADABLE, size, sha256, *defect, decoded.readable_frames)
    return SignalFile(path, FileStatus.OK, size, sha256, "", "", decoded.readable_frames, decoded.checksums)


def _shape_defect(tree: FileTree, path: str, signals: list[SignalLine], frame_count: int) -> tuple[str, str] | None:
    """Return (found, expected) where the file starts no stream of what the header announces; None where it does."""
    if signals[0].storage_format != FORMAT:
        return f"storage format {signals[0].storage_format}", f"{FORMAT}, the one format of this database"
    with tree.open(path) as file:
        head = file.read(_HEAD_BYTES)
    if len(head) < _HEAD_BYTES or head[:4] != _MAGIC or head[4] & 0x7F:
        return ("bytes that start no FLAC stream" if head else "an empty file"), "a FLAC stream"
    packed = int.from_bytes(head[18:26], "big")
    shape = ((packed >> 41 & 7) + 1, (packed >> 36 & 31) + 1, packed & (1 << 36) - 1)
    wanted = (len(signals), FORMATS[FORMAT].bits, frame_count * signals[0].samples_per_frame)
    if shape == wanted:
        return None
    form = "a stream of {} channels of {} bits and {} samples"
    return form.format(*shape), form.format(*wanted) + ", as the header announces"


def _decoded(
    tree: FileTree, path: str, signals: list[SignalLine], frame_count: int
) -> tuple[DecodedFile, tuple[str, str] | None]:
    """Return what decoding every sample found, and (found, expected) where that was not all of them."""
    layout = FileLayout(FORMAT, tuple(signal.samples_per_frame for signal in signals))
    try:
        decoded = decode_whole(lambda: tree.open(path), layout, frame_count)
    except DamagedSamplesError as error:
        return DecodedFile(0, ()), (str(error), "a FLAC stream")
    if decoded.readable_frames == frame_count:
        return decoded, None
    found = f"a stream that ends early or is damaged after frame {decoded.readable_frames}"
    return decoded, (found, f"{frame_count} frames that can be decoded")

"""A plan that was proved by decoding every sample once.

Belongs here: taking out of a plan what is damaged or has another sum than its header says. Does not belong here: the
pass over a file (`samples.whole_file`).
"""

from dataclasses import replace
from functools import partial

from mimic_assets.file_tree import FileTree
from mimic_assets.records.any_record.header_plan import PlannedRecord
from mimic_assets.records.samples.flac import DamagedSamplesError
from mimic_assets.records.samples.pieces import Piece, Span
from mimic_assets.records.samples.whole_file import DecodedFile, decode_whole


def verified(tree: FileTree, planned: PlannedRecord) -> PlannedRecord:
    """Return the plan with what can really be read, and a sentence for everything that cannot.

    A file that is damaged keeps the frames before its first defect. A signal whose samples have another sum than its
    header says is unreadable as a whole; a header without a sum is not held against anything.
    """
    problems = list(planned.problems)
    found: dict[str, DecodedFile] = {}
    wanted: dict[str, int] = {}
    for span in planned.plan.spans:
        for piece in span.pieces.values():
            frames = piece.readable_frame_count + piece.skew if piece.readable_frame_count else 0
            wanted[piece.file] = max(wanted.get(piece.file, 0), frames)
    for path, frames in wanted.items():
        if not frames:
            continue
        layout = planned.plan.files[path]
        try:
            found[path] = decode_whole(partial(tree.open, path), layout, frames)
        except DamagedSamplesError as error:
            found[path] = DecodedFile(0, ())
            problems.append(f"{path}: {error}")
        if 0 < found[path].readable_frames < frames:
            problems.append(f"{path}: damaged after frame {found[path].readable_frames} of {frames}")
    spans = [
        Span(
            span.start_frame,
            span.end_frame,
            {
                name: replace(piece, readable_frame_count=_readable(name, piece, found, wanted, planned, problems))
                for name, piece in span.pieces.items()
            },
        )
        for span in planned.plan.spans
    ]
    return PlannedRecord(replace(planned.plan, spans=tuple(spans)), planned.checksums, tuple(problems))


def _readable(
    name: str,
    piece: Piece,
    found: dict[str, DecodedFile],
    wanted: dict[str, int],
    planned: PlannedRecord,
    problems: list[str],
) -> int:
    decoded = found.get(piece.file)
    if decoded is None or not piece.readable_frame_count:
        return 0
    frames = min(piece.readable_frame_count, max(decoded.readable_frames - piece.skew, 0))
    expected = planned.checksums.get((piece.file, piece.channel))
    is_whole = decoded.readable_frames == wanted[piece.file] and frames == piece.frame_count
    if is_whole and expected is not None and decoded.checksums[piece.channel] != expected:
        sums = f"found samples of sum {decoded.checksums[piece.channel]}, expected {expected} as its header says"
        problems.append(f"{piece.file}, {name}: {sums}")
        return 0
    return frames

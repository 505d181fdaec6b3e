"""Tables made from sources as a whole: the clinical extract (one pass, many buckets) and the reviewers' decisions.

Both keep what stands when fingerprints are equal, and write whole objects like everything else.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from mimic_assets import clinical, events
from mimic_assets.defs.derivation import FromClinicalTree, FromDecisions
from mimic_assets.defs.fingerprints import fingerprint
from mimic_assets.defs.making import Workshop
from mimic_assets.defs.outcomes import Outcome, Status
from mimic_assets.defs.partitions import bucket_key
from mimic_assets.defs.spool import spooling
from mimic_assets.errors import RequestError
from mimic_assets.schemas.judged import Judged, rejected_frame
from mimic_assets.schemas.model import Table
from mimic_assets.storage.keys import Key

Progress = Callable[[str, int, int], None] | None


def make_from_clinical_tree(
    workshop: Workshop, table: Table, derivation: FromClinicalTree, keys: Sequence[str], progress: Progress
) -> Iterator[Outcome]:
    """Yield the outcome of every bucket of the run, after one pass over the source for those that changed."""
    source = workshop.clinical
    workshop.forget_buckets()
    for place in workshop.lake.keys(table):
        if (place.partition or 0) >= workshop.settings.buckets:
            workshop.lake.remove(table, place)  # of a lake that was cut into more buckets
    inputs = source.inputs() | {"buckets": str(workshop.settings.buckets)}
    more = events.items_by_table(workshop.definitions)  # a user's own may need rows that no shipped one does
    inputs["items"] = repr(sorted((name, sorted(items)) for name, items in more.items()))
    wanted = fingerprint(table, inputs)
    stored = {key: workshop.lake.stored(table, Key(int(key))) for key in keys}
    stale = [int(key) for key in keys if (old := stored[key]) is None or old.fingerprint != wanted]
    for key in keys:
        old = stored[key]
        if int(key) not in stale and old is not None:
            outcome = Outcome(key, Status.KEPT)
            outcome.count(old)
            yield outcome
    if not stale:
        return
    with spooling(workshop.home, "extract") as spool:
        steps = derivation.function(
            source, workshop.settings.buckets, stale, spool, _in_kilobytes(progress), more_items=more
        )
        for bucket, judged in steps:
            subjects = clinical.subject_fingerprints(judged.frame)
            made = workshop.put(
                table,
                Key(bucket),
                judged,
                wanted,
                {"subjects": json.dumps(subjects, sort_keys=True), "buckets": str(workshop.settings.buckets)},
            )
            outcome = Outcome(bucket_key(bucket), Status.MADE, notes=source.notes())
            outcome.count(made)
            yield outcome


def make_from_decisions(workshop: Workshop, table: Table, derivation: FromDecisions) -> Iterator[Outcome]:
    """Yield the outcome of the reviewers' decisions: one object, empty where the settings name no file.

    Raises:
        RequestError: the file that the settings name cannot be read; or they name none and the lake holds decisions,
            which would be lost without a word.
    """
    file = workshop.settings.adjudications
    place = Key()
    stored = workshop.lake.stored(table, place)
    if file is None and stored is not None and stored.row_count:
        raise RequestError(
            f"The lake holds {stored.row_count} decision(s) of reviewers and no file of decisions is named, so they "
            "would be lost. Name it with --adjudications or MIMIC_ASSETS_ADJUDICATIONS; to drop them, a CSV with "
            "nothing but its heading."
        )
    try:
        content = Path(file).read_bytes() if file else b""
    except OSError as error:
        raise RequestError(f"The decisions in {file} cannot be read: {error.strerror}. Name another file.") from None
    wanted = fingerprint(table, {"content": hashlib.sha256(content).hexdigest(), "file": Path(file or "").name})
    outcome = Outcome("decisions", Status.KEPT)
    if stored is None or stored.fingerprint != wanted:
        judged = derivation.function(content, Path(file).name) if file else Judged(table.empty(), rejected_frame([]))
        stored = workshop.put(table, place, judged, wanted)
        outcome.status = Status.MADE
    outcome.count(stored)
    yield outcome


def _in_kilobytes(progress: Progress) -> Progress:
    """Return a progress that is told bytes and shows kilobytes of a source table."""
    if progress is None:
        return None
    return lambda table, done, of: progress(f"{table} (kB)", -(-done // 1000), -(-of // 1000))

"""The whole demo on disk: subjects in parallel, shared files in subject order, all of it appearing at once.

Belongs here: the folder, its atomic appearance, reuse of a finished one, worker processes. Does not belong here: any
content of a subject (`subject`). Memory stays flat: a subject's rows are appended and forgotten before the next
arrive.
"""

import gzip
import hashlib
import json
import multiprocessing
import shutil
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import asdict
from pathlib import Path

from mimic_assets.sources.demo.clinical_tables import HEADERS, csv_text
from mimic_assets.sources.demo.dictionaries import dictionary_rows
from mimic_assets.sources.demo.plan import DemoPlan, DemoSummary
from mimic_assets.sources.demo.subject import SubjectOutput, write_subject
from mimic_assets.sources.demo.truth import CARE_COLUMNS, DECOY_COLUMNS, EVENT_COLUMNS, LAG_COLUMNS

RECEIPT = "demo.json"
TRUTH_HEADERS = {
    "truth/events": ",".join(EVENT_COLUMNS),
    "truth/decoys": ",".join(DECOY_COLUMNS),
    "truth/care_limits": ",".join(CARE_COLUMNS),
    "truth/clock_lags": ",".join(LAG_COLUMNS),
}
SUBJECTS_AHEAD = 3
"""Subjects per worker that may be finished before their turn to be appended."""


def generator_fingerprint() -> str:
    """Return the SHA-256 of the generator's own source, so that changed code does not reuse an old demo."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def generate_demo(
    root: Path, plan: DemoPlan, workers: int = 1, on_patient: Callable[[int, int], None] | None = None
) -> DemoSummary:
    """Write the demo source of `plan` to `root` and return what stands there.

    The bytes depend on the plan and the code alone, not on `workers`. The demo is built beside `root` and renamed, so
    `root` is whole or absent; a half-made one of a killed run is rebuilt. A finished demo of the same plan and code is
    left as it is.

    Args:
        root: Folder to make. It may hold an older demo, which is replaced.
        plan: Size and seed.
        workers: Worker processes; 1 works in this process.
        on_patient: Called with (subjects done, subjects in all) as each is finished.

    Raises:
        ValueError: `workers` is below 1, or `root` holds something that is not a demo.
    """
    if workers < 1:
        raise ValueError(f"workers is {workers}, expected at least 1")
    wanted: dict[str, object] = {"plan": asdict(plan), "generator": generator_fingerprint()}
    found = _receipt(root)
    if found is not None and {key: found.get(key) for key in wanted} == wanted:
        return _summary(root, found, is_reused=True)
    if found is None and root.exists() and (not root.is_dir() or any(root.iterdir())):
        raise ValueError(f"{root} exists and is no demo ({RECEIPT} is missing); name an empty or new folder")
    building = root.parent / f".{root.name}.building"
    shutil.rmtree(building, ignore_errors=True)
    building.mkdir(parents=True)
    receipt = wanted | {"summary": _build(building, plan, workers, on_patient)}
    (building / RECEIPT).write_text(json.dumps(receipt, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    if root.exists():
        replaced = root.parent / f".{root.name}.replaced"
        shutil.rmtree(replaced, ignore_errors=True)
        root.rename(replaced)
        building.rename(root)
        shutil.rmtree(replaced)
    else:
        building.rename(root)
    return _summary(root, receipt, is_reused=False)


def _receipt(root: Path) -> dict[str, object] | None:
    try:
        found = json.loads((root / RECEIPT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _summary(root: Path, receipt: dict[str, object], is_reused: bool) -> DemoSummary:
    summary = receipt["summary"]
    if not isinstance(summary, dict):
        raise ValueError(f"{root / RECEIPT} has no summary; delete {root} and generate it again")
    return DemoSummary(root=root, is_reused=is_reused, **summary)


def _outputs(plan: DemoPlan, workers: int, waveforms: Path) -> Iterator[SubjectOutput]:
    """Yield every subject's output in order of index, keeping only a few ahead."""
    if workers == 1:
        for index in range(plan.patients):
            yield write_subject(index, plan, waveforms)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max_workers=min(workers, plan.patients), mp_context=context) as pool:
        waiting: deque[Future[SubjectOutput]] = deque()
        upcoming = iter(range(plan.patients))
        for index in upcoming:
            waiting.append(pool.submit(write_subject, index, plan, waveforms))
            if len(waiting) >= SUBJECTS_AHEAD * workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _open_tables(root: Path, stack: ExitStack) -> dict[str, Callable[[bytes], int]]:
    """Return how to append to each table, by name; all are closed with `stack`."""
    tables: dict[str, Callable[[bytes], int]] = {}
    for name, header in HEADERS.items():
        path = root / "clinical" / f"{name}.csv.gz"
        path.parent.mkdir(parents=True, exist_ok=True)
        raw = stack.enter_context(path.open("wb"))
        file = gzip.GzipFile(filename="", fileobj=raw, mode="wb", compresslevel=6, mtime=0)
        stack.enter_context(closing(file))
        tables[name] = file.write
        file.write((header + "\n").encode())
    for name, header in TRUTH_HEADERS.items():
        path = root / f"{name}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        plain = stack.enter_context(path.open("wb"))
        plain.write((header + "\n").encode())
        tables[name] = plain.write
    for name, rows in dictionary_rows().items():
        tables[name](csv_text(rows).encode())
    return tables


def _build(
    root: Path, plan: DemoPlan, workers: int, on_patient: Callable[[int, int], None] | None
) -> dict[str, object]:
    """Write everything below `root` and return the summary's values."""
    waveforms = root / "waveforms"
    waveforms.mkdir()
    folders: list[str] = []
    checksums: list[tuple[str, str]] = []
    records = with_numerics = bytes_written = 0
    events: dict[str, int] = {}
    decoys: dict[str, int] = {}
    with ExitStack() as stack:
        tables = _open_tables(root, stack)
        for done, output in enumerate(_outputs(plan, workers, waveforms), start=1):
            for name, text in output.tables.items():
                tables[name](text.encode())
            folders.append(output.folder)
            checksums += output.checksums
            records += output.records
            with_numerics += output.records_with_numerics
            bytes_written += output.bytes_written
            for total, part in ((events, output.events), (decoys, output.decoys)):
                for name, count in part.items():
                    total[name] = total.get(name, 0) + count
            if on_patient is not None:
                on_patient(done, plan.patients)
    listing = "".join(f"{folder}\n" for folder in sorted(folders)).encode("ascii")
    (waveforms / "RECORDS").write_bytes(listing)
    checksums.append(("RECORDS", hashlib.sha256(listing).hexdigest()))
    sums = "".join(f"{digest} {path}\n" for path, digest in sorted(checksums)).encode("ascii")
    (waveforms / "SHA256SUMS.txt").write_bytes(sums)
    shared = [waveforms / "RECORDS", waveforms / "SHA256SUMS.txt"]
    shared += [root / "clinical" / f"{name}.csv.gz" for name in HEADERS]
    shared += [root / f"{name}.csv" for name in TRUTH_HEADERS]
    bytes_written += sum(path.stat().st_size for path in shared)
    return {
        "patients": plan.patients,
        "records": records,
        "records_with_numerics": with_numerics,
        "events": dict(sorted(events.items())),
        "decoys": dict(sorted(decoys.items())),
        "bytes_written": bytes_written,
    }

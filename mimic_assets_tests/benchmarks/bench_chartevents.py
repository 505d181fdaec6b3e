"""chartevents csv.gz -> clinical_extract, against chunked pandas; rows compared first, then wall time and peak memory.

Both read the same generated file and end with the same frames per bucket, sorted and numbered. Each measurement is a
process of its own, so peak memory is its own; runs alternate, and the ratio is of medians.

Where the generated file goes: `--folder`, else `MIMIC_ASSETS_BENCH_DATA`, else a folder in the system's temporary one.
"""

import argparse
import hashlib
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from isal import igzip

from mimic_assets.clinical import extract
from mimic_assets.clinical.needed import CHARTED
from mimic_assets.schemas.tables import CLINICAL_EXTRACT
from mimic_assets.sources.folder import FolderTree

ROWS = 24_000_000
BUCKETS = 16
_SUBJECTS = 4_000
_PART_ROWS = 500_000
_NEEDED_SHARE = 0.17
"""Share of chartevents rows that the extract keeps, as in the 88 demo subjects (104,052 of 610,449)."""
_QUOTED_SHARE = 0.0006
"""Share of lines with quotes, as there (370 of 610,449)."""


def main() -> None:
    """Run the benchmark, or one measurement of it in this process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--folder", type=Path, default=None)
    parser.add_argument("--measure", choices=sorted(_SIDES), help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.measure:
        print(json.dumps(_measured(chosen.measure, chosen.folder)))
        return
    for row in run(chosen.rows, chosen.repeats, chosen.folder):
        print(json.dumps(row, indent=2))


def run(rows: int = ROWS, repeats: int = 3, folder: Path | None = None) -> list[dict[str, Any]]:
    """Return one row: seconds of both sides (medians), their ratio, peak MiB of ours, and that the outputs are equal.

    Raises:
        AssertionError: the two sides do not give the same rows.
    """
    source = generated_source(folder or _default_folder(), rows)
    results: dict[str, list[dict[str, Any]]] = {side: [] for side in _SIDES}
    for _ in range(repeats):
        for side in _SIDES:
            results[side].append(_in_own_process(side, source))
            digests = {result["digest"] for runs in results.values() for result in runs}
            if len(digests) != 1:
                raise AssertionError("the extract and pandas do not give the same rows")
    ours, peer = (statistics.median(r["seconds"] for r in results[side]) for side in ("extract", "pandas"))
    return [
        {
            "work": f"chartevents csv.gz, {rows:,} rows -> clinical_extract",
            "peer": "pandas read_csv in chunks of 1,000,000 rows",
            "equal": True,
            "kept_rows": results["extract"][0]["rows"],
            "ours_s": round(ours, 2),
            "peer_s": round(peer, 2),
            "ratio": round(peer / ours, 2),
            "ours_cpu_s": round(statistics.median(r["cpu_seconds"] for r in results["extract"]), 2),
            "peer_cpu_s": round(statistics.median(r["cpu_seconds"] for r in results["pandas"]), 2),
            "ours_peak_mib": round(max(r["peak_mib"] for r in results["extract"])),
            "peer_peak_mib": round(max(r["peak_mib"] for r in results["pandas"])),
        }
    ]


def generated_source(folder: Path, rows: int) -> Path:
    """Return a clinical source of `icu/chartevents.csv.gz` alone, of so many rows; made once, the same each time."""
    source = folder / f"chartevents-{rows}-v1"
    target = source / "icu" / "chartevents.csv.gz"
    if target.exists():
        return source
    target.parent.mkdir(parents=True, exist_ok=True)
    half = target.with_suffix(f".{os.getpid()}.part")
    with (
        half.open("wb") as raw,
        igzip.GzipFile(fileobj=raw, mode="wb", compresslevel=2, mtime=0, filename="") as packed,
    ):
        for part, start in enumerate(range(0, rows, _PART_ROWS)):
            count = min(_PART_ROWS, rows - start)
            frame = _generated_rows(np.random.Generator(np.random.PCG64([17, part])), count)
            packed.write(frame.write_csv(include_header=part == 0).encode())
    half.replace(target)
    return source


def _generated_rows(draw: np.random.Generator, count: int) -> pl.DataFrame:
    subject = np.sort(draw.integers(0, _SUBJECTS, count))
    minute = np.datetime64("2150-01-01T00:00:00", "ms") + draw.integers(0, 30 * 1440, count) * np.timedelta64(
        60_000, "ms"
    )
    needed = np.array(sorted(CHARTED))
    others = np.setdiff1d(np.arange(223_900, 229_900), needed)
    is_needed = draw.random(count) < _NEEDED_SHARE
    item = np.where(is_needed, needed[draw.integers(0, needed.size, count)], others[draw.integers(0, 400, count)])
    number = np.round(draw.normal(85, 20, count), 1)
    is_text = draw.random(count) < 0.3
    texts = np.array(["Sinus Rhythm", "None", "1:00 alarm", "WNL", "Full code", "Done"])[draw.integers(0, 6, count)]
    texts = np.where(draw.random(count) < _QUOTED_SHARE, 'Deep "sedation", no response', texts)
    units = np.array(["mmHg", "bpm", "insp/min", "%", "°F"])[draw.integers(0, 5, count)]
    frame = pl.DataFrame(
        {
            "subject_id": 10_000_000 + subject,
            "hadm_id": 20_000_000 + subject,
            "stay_id": 30_000_000 + subject,
            "caregiver_id": draw.integers(1_000, 99_999, count),
            "charttime": minute,
            "storetime": minute + draw.integers(0, 7_200, count) * np.timedelta64(1_000, "ms"),
            "itemid": item,
            "value": pl.Series(texts),
            "valuenum": number,
            "valueuom": pl.Series(units),
            "warning": draw.integers(0, 2, count),
            "_text": is_text,
        }
    )
    stamp = pl.col("charttime", "storetime").dt.strftime("%Y-%m-%d %H:%M:%S")
    text = pl.when("_text").then("value").otherwise(pl.col("valuenum").cast(pl.String))
    blank = [pl.when(~pl.col("_text")).then(name).alias(name) for name in ("valuenum", "valueuom")]
    return frame.with_columns(stamp, text.alias("value"), *blank).drop("_text")


def by_extract(source: Path) -> Iterator[pl.DataFrame]:
    """Yield the frames of all buckets as the product makes them."""
    with tempfile.TemporaryDirectory() as spool:
        for _, judged in extract(FolderTree(source), BUCKETS, range(BUCKETS), Path(spool), None):
            yield judged.frame


def by_pandas(source: Path) -> Iterator[pl.DataFrame]:
    """Yield the same frames by pandas: chunks filtered by item as they come, then each bucket sorted and numbered."""
    import pandas as pd

    times = ["charttime", "storetime"]
    columns = ["subject_id", "hadm_id", "stay_id", *times, "itemid", "value", "valuenum", "valueuom"]
    dtypes = {
        "hadm_id": "Int64",
        "stay_id": "Int64",
        "value": "str",
        "valueuom": "str",
        "charttime": "str",
        "storetime": "str",
    }
    path = source / "icu" / "chartevents.csv.gz"
    kept = []
    # "None" is a charted text, not a missing value: only empty cells are.
    with pd.read_csv(
        path, usecols=columns, dtype=dtypes, chunksize=1_000_000, keep_default_na=False, na_values=[""]
    ) as chunks:
        for chunk in chunks:
            wanted = chunk[chunk["itemid"].isin(CHARTED)].copy()
            for name in times:
                wanted[name] = pd.to_datetime(wanted[name], format="%Y-%m-%d %H:%M:%S")
            mix = wanted["subject_id"] % 2**31 * 2_654_435_761 % 2**32
            wanted["bucket"] = mix * BUCKETS // 2**32
            kept.append(wanted)
    rows = pd.concat(kept)
    names = {
        "charttime": "start_time",
        "storetime": "store_time",
        "itemid": "item_id",
        "value": "value_text",
        "valuenum": "value",
        "valueuom": "unit",
    }
    rows = rows.rename(columns=names)
    order = ["subject_id", "hadm_id", "stay_id", "start_time", "store_time", "item_id", "value", "unit", "value_text"]
    for bucket in range(BUCKETS):
        mine = rows[rows["bucket"] == bucket].sort_values(order, na_position="first")
        mine["source_row"] = mine.groupby("subject_id").cumcount() + 1
        yield _as_extract(mine)


def _as_extract(frame: Any) -> pl.DataFrame:
    rows = pl.from_pandas(frame.drop(columns="bucket"), include_index=False)
    rows = rows.with_columns(pl.lit("chartevents").alias("source_table"))
    missing = [pl.lit(None).alias(name) for name in CLINICAL_EXTRACT.schema if name not in rows.columns]
    return rows.with_columns(missing).select(CLINICAL_EXTRACT.schema.names()).cast(dict(CLINICAL_EXTRACT.schema))


_SIDES = {"extract": by_extract, "pandas": by_pandas}


def _measured(side: str, source: Path) -> dict[str, Any]:
    """Return seconds, peak memory, row count and a digest of the rows; making the digest is not timed."""
    digest = hashlib.sha256()
    seconds, rows = 0.0, 0
    frames = _SIDES[side](source)
    while True:
        started = time.perf_counter()
        frame = next(frames, None)
        seconds += time.perf_counter() - started
        if frame is None:
            break
        rows += frame.height
        digest.update(frame.hash_rows(seed=0).to_numpy().tobytes())
    result = {"seconds": seconds, "cpu_seconds": time.process_time(), "peak_mib": _peak_mib()}
    return result | {"rows": rows, "digest": digest.hexdigest()}


def _peak_mib() -> float:
    """Return the most memory this process has held. Linux hands ru_maxrss down from the parent, so it comes second."""
    status = Path("/proc/self/status")
    if status.exists():
        [line] = [line for line in status.read_text().splitlines() if line.startswith("VmHWM:")]
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _in_own_process(side: str, source: Path) -> dict[str, Any]:
    command = [
        sys.executable,
        "-m",
        __spec__.name if __spec__ else __name__,
        "--measure",
        side,
        "--folder",
        str(source),
    ]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def _default_folder() -> Path:
    return Path(os.environ.get("MIMIC_ASSETS_BENCH_DATA", Path(tempfile.gettempdir()) / "mimic-assets-bench"))


if __name__ == "__main__":
    main()

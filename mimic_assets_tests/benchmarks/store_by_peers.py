"""Windows written and read by zarr, tensorstore and MDS; runs in an environment of its own and prints JSON lines.

`python store_by_peers.py FOLDER windows.npy CODECS [blobs.npz]`, CODECS being names with commas, or "all": the array
[window, sample] is written as one zarr v3 shard of one inner chunk per window; shuffled reads are checked against it,
then timed. Of every window its best round counts: other work on the machine is not the reader's.
"""

import json
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import tensorstore
import zarr
from zarr.codecs import BloscCodec, ZstdCodec

CODECS = {
    "default (zstd)": lambda: "auto",
    "blosc zstd bitshuffle": lambda: [BloscCodec(cname="zstd", clevel=5, shuffle="bitshuffle")],
    "blosc lz4 bitshuffle": lambda: [BloscCodec(cname="lz4", clevel=5, shuffle="bitshuffle")],
    "zstd 3": lambda: [ZstdCodec(level=3)],
}


def main(folder: Path, windows: np.ndarray, codecs: list[str], repeats: int) -> None:
    """Write, compare, time."""
    order = np.random.default_rng(1).permutation(len(windows))
    for codec in codecs:
        make = CODECS[codec]
        path = folder / "windows.zarr"
        shutil.rmtree(path, ignore_errors=True)
        shape = windows.shape
        array = zarr.create_array(
            store=path, shape=shape, chunks=(1, shape[1]), shards=shape, dtype="int16", compressors=make()
        )
        array[:] = windows
        size = sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
        opened = zarr.open_array(path, mode="r")
        say(f"zarr-python, {codec}", size, lambda i, z=opened: z[i], windows, order, repeats)
        spec = {"driver": "zarr3", "kvstore": f"file://{path.absolute()}/"}
        store = tensorstore.open(spec, open=True, read=True).result()
        say(f"tensorstore, {codec}", size, lambda i, t=store: t[i].read().result(), windows, order, repeats)


def say(what: str, size: int, read: Callable[[int], Any], windows: np.ndarray, order: np.ndarray, repeats: int) -> None:
    """Print seconds of the best round; ends with an error where a window is not the one that was written."""
    for place in order:
        if not np.array_equal(read(int(place)), windows[place]):
            sys.exit(f"{what}: window {place} does not come back")
    cpu, wall = np.full(len(order), np.inf), np.full(len(order), np.inf)
    for _ in range(repeats):
        for place in order.tolist():
            busy, began = time.process_time(), time.perf_counter()
            read(place)
            cpu[place] = min(cpu[place], time.process_time() - busy)
            wall[place] = min(wall[place], time.perf_counter() - began)
    row = {"what": what, "bytes": size, "cpu_s": cpu.sum(), "wall_s": wall.sum(), "windows": len(order)}
    print(json.dumps(row), flush=True)


def mds(folder: Path, blobs: dict[str, np.ndarray], repeats: int) -> None:
    """The same blobs in MDS, where mosaicml-streaming is installed (it brings PyTorch)."""
    from streaming.base.format.mds.reader import MDSReader
    from streaming.base.format.mds.writer import MDSWriter

    path = folder / "mds"
    shutil.rmtree(path, ignore_errors=True)
    data, lengths = blobs["data"].tobytes(), blobs["lengths"]
    names = [f"signal_{place}" for place in range(lengths.shape[1])]
    at = 0
    rows = []
    for row in lengths:
        sample = {}
        for name, length in zip(names, row, strict=True):
            sample[name] = data[at : at + int(length)]
            at += int(length)
        rows.append(sample)
    with MDSWriter(out=str(path), columns=dict.fromkeys(names, "bytes"), size_limit=1 << 28) as writer:
        for sample in rows:
            writer.write(sample)
    index = json.loads((path / "index.json").read_text())
    (shard,) = index["shards"]
    reader = MDSReader.from_json(str(path), None, shard)
    size = sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    order = np.random.default_rng(1).permutation(len(rows))
    for place in order:
        if reader.get_item(int(place)) != rows[place]:
            sys.exit(f"MDS: window {place} does not come back")
    cpu = []
    for _ in range(repeats):
        busy = time.process_time()
        for place in order:
            reader.get_item(int(place))
        cpu.append(time.process_time() - busy)
    print(json.dumps({"what": "MDS, undecoded", "bytes": size, "cpu_s": min(cpu), "windows": len(rows)}), flush=True)


if __name__ == "__main__":
    target = Path(sys.argv[1])
    main(target, np.load(sys.argv[2]), list(CODECS) if sys.argv[3] == "all" else sys.argv[3].split(","), repeats=5)
    if len(sys.argv) > 4:
        mds(target, dict(np.load(sys.argv[4])), repeats=5)

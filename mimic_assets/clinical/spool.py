"""Rows set aside on disk by bucket while the source streams by, so that memory is bounded and each file is read once.

Rows are buffered, then written as one Arrow IPC file with a record batch per bucket; a bucket is read back by its
batches alone. The files are temporary and in no order: `extract` sorts what it reads.
"""

import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
import pyarrow as pa

_BUFFERED_ROWS = 250_000


@dataclass(slots=True)
class Spool:
    """Frames by (table, bucket)."""

    folder: Path
    _buffer: list[pl.DataFrame] = field(default_factory=list)
    _buffered: int = 0
    _files: int = 0
    _batches: dict[tuple[str, int], list[tuple[Path, int]]] = field(default_factory=lambda: defaultdict(list))

    def add(self, table: str, rows: pl.DataFrame) -> None:
        """Set rows aside; they have a column `bucket`. Call `flush` before another table begins."""
        if rows.height:
            self._buffer.append(rows)
            self._buffered += rows.height
        if self._buffered >= _BUFFERED_ROWS:
            self.flush(table)

    def flush(self, table: str) -> None:
        """Write what is buffered."""
        if not self._buffer:
            return
        rows = pl.concat(self._buffer)
        self._buffer, self._buffered = [], 0
        path = self.folder / f"{self._files:06d}.arrow"
        self._files += 1
        parts = rows.partition_by("bucket", as_dict=True, include_key=False)
        tables = {int(key[0]): part.to_arrow(compat_level=pl.CompatLevel.oldest()) for key, part in parts.items()}
        options = pa.ipc.IpcWriteOptions(compression="lz4")
        with (
            pa.OSFile(str(path), "wb") as sink,
            pa.ipc.new_file(sink, next(iter(tables.values())).schema, options=options) as writer,
        ):
            for place, bucket in enumerate(sorted(tables)):
                writer.write_batch(tables[bucket].combine_chunks().to_batches()[0])
                self._batches[table, bucket].append((path, place))

    def read(self, table: str, bucket: int) -> pl.DataFrame | None:
        """Return the rows of a table in a bucket, in any order; None where there are none."""
        frames = []
        for path, place in self._batches.get((table, bucket), []):
            with pa.OSFile(str(path)) as source:
                frames.append(pl.DataFrame(pl.from_arrow(pa.ipc.open_file(source).get_batch(place))))
        return pl.concat(frames) if frames else None


@contextmanager
def spooling(folder: Path) -> Iterator[Spool]:
    """Open a spool in a new folder under `folder`; the new folder is removed at the end, however it ends."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="clinical-", dir=folder) as temporary:
        yield Spool(Path(temporary))

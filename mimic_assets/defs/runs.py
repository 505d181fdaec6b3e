"""Rows that come in time order and lie in the table's order: each run to a file of its own, then one run after another.

A run is the rows of one signal of one record, say; made side by side, stored one after the other. Belongs here: the
files of the runs, in Arrow's stream format, and reading them back in the pieces they were written in. Not here: what a
row has to be (`promises`), the object itself (`putting`).
"""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa

from mimic_assets.errors import DataError, InternalError
from mimic_assets.schemas.judged import JudgedParts
from mimic_assets.schemas.violation import Violation

_Run = tuple[Any, ...]


def in_table_order(judged: JudgedParts, folder: Path) -> Iterator[pl.DataFrame]:
    """Yield the parts of an object in its table's order, through files in a folder where they come in runs.

    The runs of one value of the first run column (of one record) are read back, and their files removed, when the
    next value begins.

    Raises:
        DataError: an earlier value of the first run column comes after a later one.
        InternalError: the runs are not the first columns of the table's order.
    """
    if not judged.runs:
        yield from judged.parts
        return
    if judged.table.order[: len(judged.runs)] != judged.runs:
        raise InternalError(f"{judged.table.name}: runs by {judged.runs}, its order begins otherwise")
    first = judged.runs[0]
    group: _RunFiles | None = None
    try:
        for part in judged.parts:
            if part.is_empty():
                continue
            for (value,), rows in part.partition_by(first, as_dict=True, maintain_order=True).items():
                if group is not None and group.value != value:
                    if value < group.value:
                        raise DataError(str(Violation("sorted", first, 1)))
                    yield from group.read_back()
                    group = None
                group = group or _RunFiles(judged.runs, folder, value)
                group.add(rows)
                del rows  # the next part is made while this name would still hold these
            del part
        if group is not None:
            yield from group.read_back()
    finally:
        if group is not None:
            group.close()


class _RunFiles:
    """The files of the runs of one value of the first run column."""

    def __init__(self, runs: tuple[str, ...], folder: Path, value: Any) -> None:
        self.value = value
        self._columns = runs
        self._folder = folder
        self._open = ExitStack()
        self._writers: dict[_Run, tuple[Path, pa.RecordBatchStreamWriter]] = {}

    def add(self, rows: pl.DataFrame) -> None:
        """Write rows of several runs, each to its own file; one piece per run."""
        for run, own in rows.partition_by(self._columns, as_dict=True, maintain_order=True).items():
            batch = own.rechunk().to_arrow(compat_level=pl.CompatLevel.oldest())
            if run not in self._writers:
                path = self._folder / f"run-{len(self._writers)}.arrows"
                sink = self._open.enter_context(pa.OSFile(str(path), "wb"))
                options = pa.ipc.IpcWriteOptions(compression="lz4")
                writer = self._open.enter_context(pa.ipc.new_stream(sink, batch.schema, options=options))
                self._writers[run] = path, writer
            self._writers[run][1].write_table(batch)

    def read_back(self) -> Iterator[pl.DataFrame]:
        """Yield the rows run after run, in the order of the table, piece by piece; the files are removed."""
        self.close()
        for run in sorted(self._writers):
            path, _ = self._writers[run]
            with pa.OSFile(str(path), "rb") as source, pa.ipc.open_stream(source) as batches:
                for batch in batches:
                    yield pl.DataFrame(pl.from_arrow(pa.Table.from_batches([batch])))
            path.unlink()

    def close(self) -> None:
        """Close the files; what was written can be read back."""
        self._open.close()

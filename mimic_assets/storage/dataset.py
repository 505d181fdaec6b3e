"""Objects of a table as an Arrow dataset: what DuckDB reads, with columns and filters pushed down.

Belongs here: the read-only file system that Arrow sees, served by our own client in ranges, so that one set of
credentials and one set of errors holds for SQL too. Not here: which objects (`query`).
"""

import io
from collections.abc import Iterable, Iterator
from typing import Any, NoReturn

import pyarrow as pa
import pyarrow.dataset as pads
import pyarrow.fs as pafs

from mimic_assets.schemas.arrow import arrow_schema
from mimic_assets.schemas.model import Table
from mimic_assets.storage.parquet import FOOTER_BYTES
from mimic_assets.storage.root import ObjectRoot


def dataset_of(root: ObjectRoot, table: Table, paths: Iterable[str]) -> pads.Dataset:
    """Return the rows of a table's objects as a dataset; no object is opened before it is scanned."""
    plain = pa.schema([field.remove_metadata() for field in arrow_schema(table)])
    found = list(paths)
    if not found:
        return pads.dataset(pa.Table.from_batches([], schema=plain))
    objects = pads.dataset(
        found,
        schema=plain,
        format=pads.ParquetFileFormat(pre_buffer=True),
        filesystem=pafs.PyFileSystem(_ReadOnly(root)),
        partitioning=None,
    )
    return _ObjectByObject(list(objects.get_fragments()), plain, objects.format, objects.filesystem)


class _ObjectByObject(pads.FileSystemDataset):  # type: ignore[misc]  # pyarrow ships no types
    """A dataset that is scanned one object after the other.

    Arrow's own scan of many objects starts while it holds Python's lock, and its threads need that lock to read from
    a file system written in Python: every few dozen queries both wait for each other for ever. `to_table` of one object
    gives the lock away while it reads, and at most one object lies in memory.
    """

    def scanner(self, columns: list[str] | None = None, filter: Any = None, **_: Any) -> "_Rows":  # noqa: A002 - DuckDB calls it by name
        return _Rows(self, self.schema.names if columns is None else columns, filter)


class _Rows:
    """What DuckDB asks of a scanner: a reader."""

    def __init__(self, objects: pads.Dataset, columns: list[str], wanted: Any) -> None:
        self._objects, self._columns, self._wanted = objects, columns, wanted

    def to_reader(self) -> pa.RecordBatchReader:
        schema = self._objects.schema
        return pa.RecordBatchReader.from_batches(
            pa.schema([schema.field(name) for name in self._columns]), self._batches()
        )

    def _batches(self) -> Iterator[pa.RecordBatch]:
        for fragment in self._objects.get_fragments(filter=self._wanted):
            rows = fragment.to_table(schema=self._objects.schema, columns=self._columns, filter=self._wanted)
            yield from rows.to_batches()


class _Ranges(io.RawIOBase):
    """An object as a file: every read is one range; the footer is fetched once, with the size."""

    def __init__(self, root: ObjectRoot, path: str) -> None:
        super().__init__()
        self._root, self._path = root, path
        self._tail, self._size = root.tail(path, FOOTER_BYTES)
        self._at = 0

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        return self._at

    def read(self, size: int | None = -1) -> bytes:
        left = max(0, self._size - self._at)
        length = left if size is None or size < 0 else min(size, left)
        tail_start = self._size - len(self._tail)
        if self._at >= tail_start:
            data = self._tail[self._at - tail_start : self._at - tail_start + length]
        else:
            data = self._root.get_range(self._path, self._at, length)
        self._at += len(data)
        return data

    def readall(self) -> bytes:
        return self.read()


class _ReadOnly(pafs.FileSystemHandler):  # type: ignore[misc]  # pyarrow ships no types
    """What Arrow may do with a root: look at objects and read them."""

    def __init__(self, root: ObjectRoot) -> None:
        self._root = root

    def get_type_name(self) -> str:
        return "mimic-assets"

    def normalize_path(self, path: str) -> str:
        return path

    def get_file_info(self, paths: list[str]) -> list[pafs.FileInfo]:
        return [self._info(path) for path in paths]

    def _info(self, path: str) -> pafs.FileInfo:
        found = self._root.head(path)
        if found is None:
            return pafs.FileInfo(path, pafs.FileType.NotFound)
        return pafs.FileInfo(path, pafs.FileType.File, size=found.byte_count)

    def get_file_info_selector(self, selector: pafs.FileSelector) -> list[pafs.FileInfo]:
        listed = self._root.list(selector.base_dir)
        return [pafs.FileInfo(info.path, pafs.FileType.File, size=info.byte_count) for info in listed]

    def open_input_file(self, path: str) -> pa.PythonFile:
        return pa.PythonFile(_Ranges(self._root, path), mode="r")

    def open_input_stream(self, path: str) -> pa.PythonFile:
        return self.open_input_file(path)

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise PermissionError("the lake is read only here")

    create_dir = delete_dir = delete_dir_contents = delete_root_dir_contents = _refuse
    delete_file = move = copy_file = open_output_stream = open_append_stream = _refuse

"""A lake: tables as objects under a root. Frames in, frames out; knows tables and keys, nothing about medicine.

Belongs here: writing a key whole (rejections first, then the rows: the rows' object is the commit), what is stored, and
reading or scanning it. Not here: paths (`keys`), bytes (`objects`), the Parquet file (`parquet`), SQL (`query`).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from mimic_assets.errors import DamagedObjectError, RequestError
from mimic_assets.schemas.judged import Judged
from mimic_assets.schemas.model import Table
from mimic_assets.schemas.tables import REJECTED_INPUTS, TABLES
from mimic_assets.settings import S3Settings
from mimic_assets.storage import keys, parquet
from mimic_assets.storage.keys import Key
from mimic_assets.storage.objects import ObjectInfo, ObjectRoot, open_root

_EXTRA = "extra."


@dataclass(frozen=True, slots=True)
class Stored:
    """What is known of a stored key without reading its rows."""

    path: str
    """Relative to the lake."""
    row_count: int
    byte_count: int
    sha256: str
    """SHA-256 of the rows' bytes (the file before its footer): equal rows, equal value, whatever the fingerprint."""
    fingerprint: str
    """Of the inputs, code and task it was made from; equal means there is nothing to do."""
    rejected_count: int
    """Rows of `rejected_inputs` beside it."""
    extra: Mapping[str, str]
    """What the writer added."""


@dataclass(frozen=True, slots=True)
class Lake:
    """Tables under a root. Pickles small: a worker process opens clients of its own."""

    root: ObjectRoot

    @staticmethod
    def open(uri: str, s3: S3Settings | None = None, *, create: bool = True) -> "Lake":
        """Open the lake at a folder or s3://bucket/prefix; RequestError where that place cannot be used."""
        return Lake(open_root(uri, s3, create=create))

    def write(
        self, table: Table, key: Key, judged: Judged, fingerprint: str, extra: Mapping[str, str] | None = None
    ) -> Stored:
        """Store a key: its rejections (removed where there are none), then its rows.

        A process killed in between leaves the old rows with the old fingerprint, or none: the key is made again.

        Raises:
            InternalError: the frame does not have the table's columns, or nulls where none may be; nothing was changed.
            RequestError: the place refused; the key is as before or has no rows' object with this fingerprint.
        """
        said = _said(table, judged.frame.height, judged.rejected.height, fingerprint, extra or {})
        rows = parquet.encode(table, judged.frame, said)
        byte_count = self._commit(table, key, judged.rejected, rows.data)
        path, rejected = keys.data_path(table, key), judged.rejected.height
        return Stored(path, judged.frame.height, byte_count, rows.sha256, fingerprint, rejected, dict(extra or {}))

    def write_parts(
        self,
        table: Table,
        key: Key,
        rows: parquet.PartsFile,
        rejected: pl.DataFrame,
        fingerprint: str,
        extra: Mapping[str, str] | None = None,
    ) -> Stored:
        """Finish a file that grew part by part and store it as `write` does; the file may be removed afterwards.

        Raises:
            RequestError: as `write`.
        """
        digest = rows.finish(_said(table, rows.row_count, rejected.height, fingerprint, extra or {}))
        byte_count = self._commit(table, key, rejected, rows.path)
        path = keys.data_path(table, key)
        return Stored(path, rows.row_count, byte_count, digest, fingerprint, rejected.height, dict(extra or {}))

    def _commit(self, table: Table, key: Key, rejected: pl.DataFrame, data: bytes | Path) -> int:
        path = keys.data_path(table, key)
        if not rejected.is_empty() or self.root.head(keys.rejected_path(table, key)) is not None:
            self.root.delete(path)  # old rows must not stand beside new rejections, not even after a kill
        self._put_rejected(table, key, rejected)
        return self.root.put(path, data)

    def quarantine(self, table: Table, key: Key, rejected: pl.DataFrame) -> None:
        """Take a key's rows away and leave only the reasons, so that a stale object cannot pass for this run's."""
        self.root.delete(keys.data_path(table, key))
        self._put_rejected(table, key, rejected)

    def write_source_rejections(self, table: Table, rejected: pl.DataFrame) -> None:
        """Store what a table's source as a whole has to answer for; the object is removed where that is nothing."""
        self._put_rejections(keys.source_rejected_path(table), rejected)

    def _put_rejected(self, table: Table, key: Key, rejected: pl.DataFrame) -> None:
        self._put_rejections(keys.rejected_path(table, key), rejected)

    def _put_rejections(self, path: str, rejected: pl.DataFrame) -> None:
        if rejected.is_empty():
            self.root.delete(path)
            return
        metadata = {"table": REJECTED_INPUTS.name, "rows": str(rejected.height)}
        self.root.put(path, parquet.encode(REJECTED_INPUTS, rejected, metadata).data)

    def stored(self, table: Table, key: Key) -> Stored | None:
        """Return what is known of a key from its footer, in one request.

        None where it has no rows' object, or one that is no whole Parquet file (damaged from outside: make it again).
        """
        path = keys.data_path(table, key)
        found = self._footer(path)
        if found is None:
            return None
        footer, size = found
        said = footer.metadata
        return Stored(
            path,
            footer.row_count,
            size,
            said.get("sha256", ""),
            said.get("fingerprint", ""),
            int(said.get("rejected", "0")),
            {name.removeprefix(_EXTRA): value for name, value in said.items() if name.startswith(_EXTRA)},
        )

    def _footer(self, path: str) -> tuple[parquet.Footer, int] | None:
        """Return an object's footer and size, in one request where it is small."""
        try:
            tail, size = self.root.tail(path, parquet.FOOTER_BYTES)
            needed = parquet.footer_bytes(tail)
            if needed > len(tail):
                tail, size = self.root.tail(path, needed)
            return parquet.read_footer(tail), size
        except (FileNotFoundError, ValueError):
            return None

    def fingerprint(self, table: Table, key: Key) -> str | None:
        """Return the fingerprint a key was stored with; None where it has no rows' object."""
        stored = self.stored(table, key)
        return None if stored is None else stored.fingerprint

    def extra(self, table: Table, key: Key) -> dict[str, str]:
        """Return what the writer of a key added; empty where it has no rows' object."""
        stored = self.stored(table, key)
        return {} if stored is None else dict(stored.extra)

    def read(
        self, table: Table, key: Key, columns: Iterable[str] | None = None, subject_id: int | None = None
    ) -> pl.DataFrame:
        """Return the rows of a key in their stored order.

        Args:
            table: the table.
            key: the key.
            columns: only these, in this order; all where None.
            subject_id: only this subject's rows; row groups without it are not read (for bucketed tables).

        Raises:
            KeyError: the key has no rows' object.
            DamagedObjectError: it has one that is no Parquet file any more.
            RequestError: the place refused, or could not be reached.
        """
        rows = self.scan_key(table, key)
        if subject_id is not None:
            rows = rows.filter(pl.col("subject_id") == subject_id)
        if columns is not None:
            rows = rows.select(list(columns))
        return self._collect(rows, keys.data_path(table, key))

    def scan_key(self, table: Table, key: Key) -> pl.LazyFrame:
        """Return the rows of a key in their stored order, not loaded; KeyError where it has no rows' object."""
        path = keys.data_path(table, key)
        if self.root.head(path) is None:
            raise KeyError(f"{path} is not in the lake {self.root.uri}.")
        return self._scan(table, [path])

    def rejected(self, table: Table, key: Key) -> pl.DataFrame:
        """Return the inputs refused while a key was made, as rows of `rejected_inputs`; none where nothing was."""
        path = keys.rejected_path(table, key)
        if self.root.head(path) is None:
            return REJECTED_INPUTS.empty()
        return self._collect(self._scan(REJECTED_INPUTS, [path]), path)

    def _collect(self, rows: pl.LazyFrame, path: str) -> pl.DataFrame:
        try:
            return rows.collect()
        except pl.exceptions.ComputeError:
            where = f"{path} in the lake {self.root.uri}"
            raise DamagedObjectError(f"{where} cannot be read back: remove it and run again.") from None
        except OSError as error:
            raise RequestError(
                f"Reading {path} from the lake {self.root.uri} failed ({type(error).__name__}). Check network, disk "
                "and credentials, then give the same command again: it resumes."
            ) from None

    def read_parts(self, table: Table, key: Key, columns: Iterable[str] | None = None) -> Iterator[pl.DataFrame]:
        """Yield the rows of a key part by part as they were written, none kept; `columns` as in `read`.

        Raises:
            As `read`.
        """
        path = keys.data_path(table, key)
        footer = self._footer(path)
        if footer is None or len(footer[0].part_rows) < 2:
            yield self.read(table, key, columns)
            return
        rows = self._scan(table, [path])
        wanted = rows if columns is None else rows.select(columns)
        offset = 0
        for count in footer[0].part_rows:
            yield self._collect(wanted.slice(offset, count), path)
            offset += count

    def scan(self, table: Table, task: str | None = None, partitions: Iterable[int] | None = None) -> pl.LazyFrame:
        """Return a table's rows without loading them, key by key in the order of `keys`.

        Args:
            table: the table.
            task: only this task's keys.
            partitions: only these subjects or buckets; those that have no object add nothing.
        """
        wanted = None if partitions is None else frozenset(partitions)
        if wanted is not None and len(wanted) == 1 and (task is not None or "task" not in table.partitioning.value):
            (only,) = wanted  # one object: no need to list those of everybody
            path = keys.data_path(table, Key(only, task))
            return self._scan(table, [path] if self.root.head(path) is not None else [])
        found = [key for key in self.keys(table, task) if wanted is None or key.partition in wanted]
        return self._scan(table, [keys.data_path(table, key) for key in found])

    def scan_rejected(self) -> pl.LazyFrame:
        """Return every rejection in the lake without loading them, ordered by table, task and partition."""
        return self._scan(REJECTED_INPUTS, self.rejected_paths())

    def _scan(self, table: Table, paths: list[str]) -> pl.LazyFrame:
        if not paths:
            return table.empty().lazy()
        return pl.scan_parquet(
            [self.root.address(path) for path in paths],
            schema=table.schema,
            hive_partitioning=False,
            glob=False,
            **self.root.scan_options(),
        )

    def keys(self, table: Table, task: str | None = None) -> list[Key]:
        """Return the keys of a table (or of one task of it) that have rows, sorted by task and number."""
        return self._listed(keys.listing_prefix(table, task), keys.DATA)

    def _listed(self, prefix: str, file: str) -> list[Key]:
        found = (keys.parse(info.path) for info in self.root.list(prefix))
        return sorted((key for _, key, name in filter(None, found) if name == file), key=_by_task_and_number)

    def rejected_paths(self) -> list[str]:
        """Return the path of every object of rejections, in the order of tables, tasks and numbers."""
        found = []
        for table in TABLES.values():
            path = keys.source_rejected_path(table)
            found += [path] if self.root.head(path) is not None else []
            found += [keys.rejected_path(table, key) for key in self._listed(keys.listing_prefix(table), keys.REJECTED)]
        return found

    def remove(self, table: Table, key: Key) -> None:
        """Remove a key's rows and then its rejections; shards beside them stay."""
        self.root.delete(keys.data_path(table, key))
        self.root.delete(keys.rejected_path(table, key))

    def put_file(self, path: str, file: Path) -> int:
        """Store a file (a shard) whole under a path of the lake; return its bytes."""
        return self.root.put(path, file)

    def list_files(self, prefix: str) -> list[ObjectInfo]:
        """Return every object under a folder, sorted by path, hidden ones left out."""
        return self.root.list(prefix)


def _said(
    table: Table, row_count: int, rejected_count: int, fingerprint: str, extra: Mapping[str, str]
) -> dict[str, str]:
    """Return what a file says of itself in its footer."""
    counts = {"rows": str(row_count), "rejected": str(rejected_count)}
    own = {"table": table.name, "fingerprint": fingerprint} | counts
    return own | {f"{_EXTRA}{name}": value for name, value in extra.items()}


def _by_task_and_number(key: Key) -> tuple[str, int]:
    return key.task or "", key.partition or 0

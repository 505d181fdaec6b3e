"""What a stored object of a table is: a Parquet file whose bytes depend on its rows and metadata alone.

Belongs here: encoding and the footer's key-value metadata. Not here: where the bytes go (`lake`). The writer is
Arrow's, which is single-threaded, with fixed row groups and encodings, so equal frames give equal bytes on any machine
with the same library versions. Unit and meaning of each column travel in the Arrow schema.
"""

import hashlib
import io
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from mimic_assets.errors import InternalError
from mimic_assets.schemas.arrow import arrow_schema
from mimic_assets.schemas.model import Table

FOOTER_BYTES = 64 << 10
"""What a reader fetches first; larger footers cost a second request."""
ROW_GROUP_ROWS = 1 << 16
_WIDE_COLUMNS = 24
"""A table with more has row groups of a quarter of the rows: a writer holds two of them."""
_PREFIX = "mimic_assets."


@dataclass(frozen=True, slots=True)
class Footer:
    """What a file says of itself."""

    row_count: int
    metadata: dict[str, str]
    """Key-value metadata under our prefix, without it."""
    part_rows: tuple[int, ...] = ()
    """Rows of each row group, in order."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """A Parquet file in memory."""

    data: bytes
    sha256: str
    """SHA-256 of the bytes before the footer: it changes with the rows, not with the metadata."""


def row_group_rows(table: Table) -> int:
    """Return the rows of a row group of a table's objects; the last one of an object is smaller."""
    return ROW_GROUP_ROWS // 4 if len(table.columns) > _WIDE_COLUMNS else ROW_GROUP_ROWS


def encode(table: Table, frame: pl.DataFrame, metadata: dict[str, str]) -> Encoded:
    """Return a frame as the table's Parquet file; `metadata` goes into the footer, `sha256` is added to it.

    Raises:
        InternalError: columns, their order or types are not the table's, or a null stands where none may be.
    """
    rows = _arrow_rows(table, frame)
    sink = io.BytesIO()
    with _writer(table, sink) as writer:
        writer.write_table(rows, row_group_size=row_group_rows(table))
        digest = hashlib.sha256(sink.getbuffer()).hexdigest()
        _describe(writer, metadata, digest)
    return Encoded(sink.getvalue(), digest)


class PartsFile:
    """A table's Parquet file on a local disk that grows part by part, none kept; a part is a row group or several."""

    def __init__(self, table: Table, path: Path) -> None:
        """Begin the file; one that is there is overwritten."""
        self.path = path
        self.row_count = 0
        self._table = table
        self._file = _HashedFile(path)
        self._writer = _writer(table, self._file)

    def append(self, part: pl.DataFrame) -> None:
        """Write the rows of a part; a part without rows writes nothing.

        Raises:
            InternalError: as `encode`.
        """
        rows = _arrow_rows(self._table, part)
        if part.height:
            self._writer.write_table(rows, row_group_size=row_group_rows(self._table))
            self.row_count += part.height

    def finish(self, metadata: dict[str, str]) -> str:
        """Write the footer and close the file; return the SHA-256 of the bytes before the footer."""
        digest = self._file.digest
        _describe(self._writer, metadata, digest)
        self.close()
        return digest

    def close(self) -> None:
        """Close the file, finished or not."""
        self._writer.close()
        if not self._file.closed:
            self._file.close()


class _HashedFile:
    """What Arrow writes to: a file that knows the SHA-256 of what came."""

    def __init__(self, path: Path) -> None:
        self._hash = hashlib.sha256()
        self._to = path.open("wb")

    def write(self, data: bytes) -> int:
        self._hash.update(data)
        return self._to.write(data)

    def tell(self) -> int:
        return self._to.tell()

    def flush(self) -> None:
        self._to.flush()

    def close(self) -> None:
        self._to.close()

    @property
    def closed(self) -> bool:
        return self._to.closed

    @property
    def digest(self) -> str:
        return self._hash.hexdigest()


def _writer(table: Table, sink: _HashedFile | io.BytesIO) -> pq.ParquetWriter:
    schema = arrow_schema(table)
    numbers = [field.name for field in schema if pa.types.is_integer(field.type) or pa.types.is_timestamp(field.type)]
    others = [field.name for field in schema if field.name not in numbers]
    return pq.ParquetWriter(
        sink,
        schema,
        compression="zstd",
        compression_level=3,
        use_dictionary=others,
        column_encoding=dict.fromkeys(numbers, "DELTA_BINARY_PACKED"),  # ids and ticks rise: a few bits each
    )


def _describe(writer: pq.ParquetWriter, metadata: dict[str, str], digest: str) -> None:
    given = {**metadata, "sha256": digest}
    writer.add_key_value_metadata({f"{_PREFIX}{name}": given[name] for name in sorted(given)})


def _arrow_rows(table: Table, frame: pl.DataFrame) -> pa.Table:
    if frame.schema != table.schema or frame.columns != table.schema.names():
        raise InternalError(f"{table.name}: {_difference(table, frame)}")
    for name, count in frame.null_count().to_dicts()[0].items() if frame.height else ():
        if count and name not in table.optional:
            raise InternalError(f"{table.name}.{name}: {count} nulls found, none expected; the column is not optional.")
    return frame.rechunk().to_arrow().cast(arrow_schema(table))


def footer_bytes(tail: bytes) -> int:
    """Return how many bytes at the end of a Parquet file its footer takes, from the last eight of them or more.

    Raises:
        ValueError: the bytes do not end as a Parquet file does.
    """
    if len(tail) < 8 or tail[-4:] != b"PAR1":
        raise ValueError("'PAR1' was expected at the end of the file")
    return int.from_bytes(tail[-8:-4], "little") + 8


def read_footer(tail: bytes) -> Footer:
    """Return what a file says of itself, from its last bytes (at least `footer_bytes` of them).

    Raises:
        ValueError: they are no footer.
    """
    try:
        found = pq.read_metadata(pa.BufferReader(tail))
    except OSError as error:  # pyarrow's word for a footer that is damaged; nothing was read from a disk here
        raise ValueError(f"no footer: {error}") from None
    metadata = {
        name.decode().removeprefix(_PREFIX): value.decode()
        for name, value in (found.metadata or {}).items()
        if name.decode().startswith(_PREFIX)
    }
    parts = tuple(found.row_group(place).num_rows for place in range(found.num_row_groups))
    return Footer(found.num_rows, metadata, parts)


def _difference(table: Table, frame: pl.DataFrame) -> str:
    expected, found = table.schema, frame.schema
    missing = [name for name in expected if name not in found]
    extra = [name for name in found if name not in expected]
    wrong = [f"{n} is {found[n]}, {expected[n]} expected" for n in expected if n in found and found[n] != expected[n]]
    parts = [f"columns missing: {missing}"] * bool(missing) + [f"columns unknown: {extra}"] * bool(extra) + wrong
    return "; ".join(parts) or f"columns stand in the order {list(found)}, {list(expected)} expected"

"""csv.gz tables loaded into a BigQuery server with MIMIC-IV's own types, and a proxy that loses a connection."""

import gzip
import io
import socket
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import polars as pl
from google.api_core.retry import Retry
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

from mimic_assets.clinical.source_tables import SOURCE_TABLES
from mimic_assets.sources.bigquery.address import BigQueryAddress
from mimic_assets.sources.bigquery.source import BigQuerySource

PROJECT = "data"
SILENCE_S = 120
"""How long a connection that is lost in silence stays open."""
_NUMBERS = {"valuenum", "amount", "los"}


def client_of(endpoint: str) -> bigquery.Client:
    return bigquery.Client("billing", AnonymousCredentials(), client_options={"api_endpoint": endpoint})


def source_of(
    client: bigquery.Client, address: BigQueryAddress, subjects: tuple[int, ...] | None = None, page_rows: int = 5000
) -> BigQuerySource:
    """Return the source with a limit of a gigabyte, which repeats no request that failed."""
    never = Retry(lambda _: False)
    return BigQuerySource(client, address, 10**9, subjects, page_rows, retry=never, job_retry=None)


def load(client: bigquery.Client, root: Path, *, without: tuple[str, ...] = ()) -> BigQueryAddress:
    """Load the tables below a folder into two new data sets; `without` names tables or `table.column` to leave out."""
    mark = uuid.uuid4().hex[:8]
    names = {folder: f"{PROJECT}.{folder}_{mark}" for folder in ("hosp", "icu")}
    for name in names.values():
        client.create_dataset(name, retry=None)
    for table in SOURCE_TABLES.values():
        path = root / table.file
        if table.name in without or not path.exists():
            continue
        text = pl.read_csv(gzip.decompress(path.read_bytes()), infer_schema=False)
        kept = [name for name in text.columns if f"{table.name}.{name}" not in without]
        frame = text.select(_typed(name, table.name) for name in kept)
        buffer = io.BytesIO()
        frame.write_parquet(buffer)
        buffer.seek(0)
        schema = [bigquery.SchemaField(name, _TYPES[type(dtype)]) for name, dtype in frame.schema.items()]
        config = bigquery.LoadJobConfig(source_format="PARQUET", schema=schema)
        client.load_table_from_file(buffer, f"{names[table.folder]}.{table.name}", job_config=config).result()
    return BigQueryAddress("billing", names["hosp"], names["icu"])


_TYPES = {pl.Int64: "INT64", pl.Float64: "FLOAT64", pl.Datetime: "DATETIME", pl.Date: "DATE", pl.String: "STRING"}


def _typed(name: str, table: str) -> pl.Expr:
    column = pl.col(name)
    if name in ("dod", "chartdate"):
        return column.str.to_date("%Y-%m-%d")
    if name.endswith("time") and name != "edregtime":
        return column.str.to_datetime("%Y-%m-%d %H:%M:%S%.f", time_unit="us")
    if name in _NUMBERS or (name == "value" and table == "procedureevents"):
        return column.cast(pl.Float64)
    if name in ("subject_id", "hadm_id", "stay_id", "itemid", "icd_version", "seq_num", "orderid", "transfer_id",
                "labevent_id", "anchor_age"):  # fmt: skip
        return column.cast(pl.Int64)
    return column


@contextmanager
def losing_proxy(port: int, after: int, times: int = 10**9, *, in_silence: bool = False) -> Iterator[str]:
    """Give the address of a TCP proxy that loses connections once it has passed on `after` bytes of answers.

    Args:
        port: of the server.
        after: bytes that pass, of all connections together.
        times: how many connections are lost; later ones are whole.
        in_silence: whether a lost connection stays open and says nothing, as behind a router that forgot it.
    """
    listener = socket.create_server(("127.0.0.1", 0))
    passed, lost = [0], [0]
    ended = threading.Event()

    def answer(near: socket.socket, far: socket.socket) -> None:
        try:
            while data := far.recv(65536):
                if lost[0] < times and passed[0] + len(data) > after:
                    lost[0] += 1
                    near.sendall(data[: max(0, after - passed[0])])
                    passed[0] = after
                    if in_silence:
                        ended.wait(SILENCE_S)
                    break
                near.sendall(data)
                passed[0] += len(data)
        except OSError:
            pass
        for end in (near, far):
            _cut(end)

    def ask(near: socket.socket, far: socket.socket) -> None:
        try:
            while data := near.recv(65536):
                far.sendall(data)
        except OSError:
            pass

    def serve() -> None:
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", port))
            threading.Thread(target=answer, args=(near, far), daemon=True).start()
            threading.Thread(target=ask, args=(near, far), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        ended.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def _cut(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()

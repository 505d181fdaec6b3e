"""A Storage Read server before the emulator's own: results of queries as streams, which end where a test says.

The emulator knows tables alone and starts every stream at its first row; Google's keeps each result as a table and
resumes a stream at an offset. Belongs here: those two, small messages, endings. Not here: which errors are documented.
"""

import io
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc
import pyarrow as pa
import pyarrow.parquet as pq
from google.cloud import bigquery
from google.cloud.bigquery_storage_v1 import BigQueryReadClient, types
from google.cloud.bigquery_storage_v1.services.big_query_read.transports import BigQueryReadGrpcTransport
from google.rpc.status_pb2 import Status
from grpc_status.rpc_status import to_status

MESSAGE_ROWS = 100


@dataclass(frozen=True, slots=True)
class Asked:
    """A session (`offset` is None), or the rows of a stream from an offset on."""

    sql: str
    offset: int | None


@dataclass(frozen=True, slots=True)
class Ending:
    """How an answer ends before its time."""

    status: Status | None
    """None: as if it were whole."""
    after_rows: int = 0


Choose = Callable[[Asked], Ending | None]
"""Given what is asked for, how the answer ends, or None where nothing is wrong."""


@dataclass(slots=True)
class ReadingServer(grpc.GenericRpcHandler):  # type: ignore[misc]  # grpc has no types
    """A running server."""

    rest: bigquery.Client
    results: bigquery.DatasetReference
    """Where results are kept as tables."""
    emulator: BigQueryReadClient
    choose: Choose
    keeps_offsets: bool = True
    """Whether a stream resumes where it is asked to, not at its first row."""
    asked: list[Asked] = field(default_factory=list)
    """What arrived, in order."""
    address: str = ""
    _sql: dict[str, str] = field(default_factory=dict)

    def service(self, handler_call_details: Any) -> Any:
        """Return the handler of a method."""
        if handler_call_details.method.endswith("/CreateReadSession"):
            return grpc.unary_unary_rpc_method_handler(
                self._open, types.CreateReadSessionRequest.deserialize, types.ReadSession.serialize
            )
        return grpc.unary_stream_rpc_method_handler(
            self._rows, types.ReadRowsRequest.deserialize, types.ReadRowsResponse.serialize
        )

    def _open(self, request: Any, context: Any) -> Any:
        [job] = [job for job in self.rest.list_jobs() if request.read_session.table.endswith(f"/{_anonymous(job)}")]
        ending = self._ask(Asked(job.query, None))
        if ending is not None:
            context.abort_with_status(to_status(ending.status))
        wanted = types.ReadSession(table=self._as_table(job), data_format=types.DataFormat.ARROW)
        session = self.emulator.create_read_session(parent=request.parent, read_session=wanted, max_stream_count=1)
        self._sql |= {stream.name: job.query for stream in session.streams}
        return session

    def _as_table(self, job: bigquery.QueryJob) -> str:
        """Load the result of a query, which the emulator keeps with its job alone, as a table."""
        rows, content = job.result(), io.BytesIO()
        pq.write_table(rows.to_arrow(create_bqstorage_client=False), content)
        content.seek(0)
        config = bigquery.LoadJobConfig(source_format="PARQUET", schema=rows.schema)
        held = self.results.table(f"result_{uuid.uuid4().hex}")
        self.rest.load_table_from_file(content, held, job_config=config).result()
        return f"projects/{held.project}/datasets/{held.dataset_id}/tables/{held.table_id}"

    def _rows(self, request: Any, context: Any) -> Iterator[Any]:
        ending = self._ask(Asked(self._sql[request.read_stream], request.offset))
        responses = list(self.emulator.read_rows(request.read_stream))
        left = _table(responses).slice(request.offset if self.keeps_offsets else 0)
        left = left if ending is None else left.slice(0, ending.after_rows)
        for batch in left.combine_chunks().to_batches(max_chunksize=MESSAGE_ROWS):
            content = types.ArrowRecordBatch(serialized_record_batch=batch.serialize().to_pybytes())
            yield types.ReadRowsResponse(
                row_count=batch.num_rows, arrow_record_batch=content, arrow_schema=responses[0].arrow_schema
            )
        if ending is not None and ending.status is not None:
            context.abort_with_status(to_status(ending.status))

    def _ask(self, asked: Asked) -> Ending | None:
        self.asked.append(asked)
        return self.choose(asked)


def client_at(address: str, kind: type[BigQueryReadClient] = BigQueryReadClient, options: Any = ()) -> Any:
    """Return a client of a server on loopback, without encryption or credentials."""
    return kind(transport=BigQueryReadGrpcTransport(channel=grpc.insecure_channel(address, options)))


@contextmanager
def reading_server(rest: bigquery.Client, grpc_port: int, choose: Choose) -> Iterator[ReadingServer]:
    """Give a server before the emulator that `rest` asks and whose streams are at a port of loopback."""
    with ThreadPoolExecutor(4) as pool, client_at(f"127.0.0.1:{grpc_port}") as emulator:
        results = rest.create_dataset(f"{rest.project}.results_{uuid.uuid4().hex}").reference
        handler = ReadingServer(rest, results, emulator, choose)
        server = grpc.server(pool, handlers=[handler])
        handler.address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
        server.start()
        try:
            yield handler
        finally:
            server.stop(None).wait(10)


def _anonymous(job: Any) -> str | None:
    return job.destination.table_id if isinstance(job, bigquery.QueryJob) and job.destination else None


def _table(responses: list[Any]) -> pa.Table:
    schema = pa.ipc.read_schema(pa.py_buffer(responses[0].arrow_schema.serialized_schema))
    messages = [pa.py_buffer(each.arrow_record_batch.serialized_record_batch) for each in responses]
    return pa.Table.from_batches([pa.ipc.read_record_batch(message, schema) for message in messages])

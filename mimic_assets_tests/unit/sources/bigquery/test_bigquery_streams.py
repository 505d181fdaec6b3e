"""Results that stream through the Storage Read API: a lost stream resumes, an error is clear, no row twice or never.

The real client over gRPC; the rows are the emulator's, through a server that ends its answers where a test says, or
through a TCP proxy that loses the connection. Chartevents alone is asked for, the one table that REST does not give at
once; the others are read from the files, which is much quicker.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import polars as pl
import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud.bigquery_storage_v1.services.big_query_read.transports import BigQueryReadGrpcTransport
from google.protobuf.any_pb2 import Any as Packed
from google.protobuf.duration_pb2 import Duration
from google.rpc.code_pb2 import Code
from google.rpc.error_details_pb2 import ErrorInfo, RetryInfo
from google.rpc.status_pb2 import Status

from mimic_assets.clinical.csv_files import CsvFiles
from mimic_assets.clinical.defects import Defects
from mimic_assets.clinical.read_table import Reading
from mimic_assets.clinical.source_tables import SourceTable
from mimic_assets.errors import RequestError
from mimic_assets.sources.bigquery.source import BigQuerySource
from mimic_assets.sources.bigquery.streams import KEEPALIVE, ResultStreams, open_streams
from mimic_assets_tests.servers.bqemulator import BigQueryServer
from mimic_assets_tests.servers.reading_server import Asked, Choose, Ending, ReadingServer, client_at, reading_server
from mimic_assets_tests.unit.sources.bigquery.bigquery_tables import SILENCE_S, client_of, losing_proxy
from mimic_assets_tests.unit.sources.bigquery.documented_errors import QUOTED
from mimic_assets_tests.unit.sources.bigquery.loaded_demo import Loaded, extract_bytes, load_demo

pytestmark = [
    pytest.mark.bigquery,
    # the BigQuery library calls what the Storage library is about to deprecate
    pytest.mark.filterwarnings("ignore:Retrieving Arrow record batches directly:PendingDeprecationWarning"),
]
ROWS, MIDDLE = "1,507", 300
"""Rows of chartevents, the one table with more rows than REST gives at once; where an answer ends."""
LOST = 20_000
"""Bytes of answers after which a connection is lost: within the rows."""


class Quick(ResultStreams):
    """Asks again at once; as patient as the source itself, however slow the machine is."""

    retry = ResultStreams.retry.with_delay(initial=0.01, maximum=0.05)


class Brief(Quick):
    """Gives up after half a second."""

    retry = Quick.retry.with_timeout(0.5)
    patience_s = 20.0


def refused(code: Code.ValueType, *details: ErrorInfo | RetryInfo, text: str = "") -> Status:
    """Return an error as the API gives it, with a text that no message may repeat."""
    packed = [Packed() for _ in details]
    for each, detail in zip(packed, details, strict=True):
        each.Pack(detail)
    return Status(code=code, message=f"{text} near {QUOTED}", details=packed)


def waiting(seconds: float) -> RetryInfo:
    return RetryInfo(retry_delay=Duration(nanos=int(seconds * 1e9) % 10**9, seconds=int(seconds)))


def at_session(status: Status, times: int = 10**9) -> Choose:
    return _first(times, lambda asked: asked.offset is None, Ending(status))


def in_the_middle(status: Status | None, times: int = 10**9) -> Choose:
    return _first(times, lambda asked: asked.offset == 0, Ending(status, MIDDLE))


def _first(times: int, is_meant: Callable[[Asked], bool], ending: Ending) -> Choose:
    left = [times]

    def choose(asked: Asked) -> Ending | None:
        if not is_meant(asked) or not left[0]:
            return None
        left[0] -= 1
        return ending

    return choose


@pytest.fixture(scope="module")
def loaded(bigquery_server: BigQueryServer, tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    return load_demo(bigquery_server, tmp_path_factory.mktemp("streams"))


def nothing_wrong(_: Asked) -> None:
    return None


@contextmanager
def reading(loaded: Loaded, choose: Choose) -> Iterator[ReadingServer]:
    with reading_server(client_of(loaded.server.endpoint), loaded.server.grpc_port, choose) as server:
        yield server


@dataclass(frozen=True, slots=True)
class OneQueried(CsvFiles):
    """The files, but chartevents from BigQuery."""

    queried: BigQuerySource

    def read(self, table: SourceTable, reading: Reading, defects: Defects) -> Iterator[pl.DataFrame]:
        if table.name != "chartevents":
            yield from CsvFiles.read(self, table, reading, defects)
            return
        self.queried.estimate(reading, [table])
        yield from self.queried.read(table, reading, defects)


def read(
    loaded: Loaded,
    address: str,
    spool: Path,
    options: tuple[tuple[str, int], ...] = (),
    kind: type[ResultStreams] = Quick,
) -> dict[int, bytes]:
    queried = loaded.source(client_of(loaded.server.endpoint))
    queried.open_storage = lambda _: client_at(address, kind, options)
    return extract_bytes(OneQueried(loaded.files, queried), spool)


def offsets(server: ReadingServer) -> list[int | None]:
    return [asked.offset for asked in server.asked]


@pytest.mark.parametrize(
    ("choose", "asked"),
    [
        pytest.param(nothing_wrong, [None, 0], id="nothing wrong"),
        pytest.param(at_session(refused(Code.UNAVAILABLE), 2), [None, None, None, 0], id="no session at first"),
        pytest.param(in_the_middle(refused(Code.UNAVAILABLE), 1), [None, 0, MIDDLE], id="unavailable"),
        pytest.param(in_the_middle(refused(Code.UNKNOWN), 1), [None, 0, MIDDLE], id="unknown"),
        pytest.param(
            in_the_middle(refused(Code.INTERNAL, text="Received RST_STREAM"), 1), [None, 0, MIDDLE], id="reset"
        ),
        pytest.param(
            in_the_middle(refused(Code.RESOURCE_EXHAUSTED, waiting(0.01)), 1), [None, 0, MIDDLE], id="asked to wait"
        ),
    ],
)
def test_a_stream_resumes_after_the_last_row_that_arrived(
    loaded: Loaded, tmp_path: Path, choose: Choose, asked: list[int | None]
) -> None:
    with reading(loaded, choose) as server:
        assert read(loaded, server.address, tmp_path / "spool") == loaded.expected
        assert offsets(server) == asked


def stopped(loaded: Loaded, address: str, spool: Path) -> str:
    """Return what is said when a reading stops; nothing of it is left."""
    with pytest.raises(RequestError) as refusal:
        read(loaded, address, spool, kind=Brief)
    assert list(spool.iterdir()) == []
    said = str(refusal.value)
    assert "BigQuery stopped while reading chartevents after " in said
    assert f" of {ROWS} rows (" in said
    assert "; no object was half-written. " in said
    assert said.endswith("the same command resumes.")
    assert not [part for part in QUOTED.split() if part in said]
    return said


def unavailable_from_the_middle(asked: Asked) -> Ending | None:
    return None if asked.offset is None else Ending(refused(Code.UNAVAILABLE), 0 if asked.offset else MIDDLE)


@pytest.mark.parametrize(
    ("choose", "kind", "advice"),
    [
        (
            at_session(refused(Code.PERMISSION_DENIED, ErrorInfo(reason="IAM_PERMISSION_DENIED"))),
            "(PermissionDenied, IAM_PERMISSION_DENIED)",
            "Have bigquery.readsessions.create granted and the BigQuery Storage API enabled in the billing project, or "
            "set MIMIC_ASSETS_BIGQUERY_STORAGE_API=0 to read through REST",
        ),
        (at_session(refused(Code.RESOURCE_EXHAUSTED)), "(ResourceExhausted)", "wait some minutes"),
        (at_session(refused(Code.UNAVAILABLE)), "(ServiceUnavailable)", "The connection was lost or BigQuery"),
        (in_the_middle(refused(Code.RESOURCE_EXHAUSTED)), "(ResourceExhausted)", "wait some minutes"),
        (in_the_middle(refused(Code.RESOURCE_EXHAUSTED, waiting(60))), "(ResourceExhausted)", "wait some minutes"),
        (in_the_middle(refused(Code.ABORTED)), "(Aborted)", "BigQuery itself failed"),
        (in_the_middle(refused(Code.INTERNAL)), "(InternalServerError)", "BigQuery itself failed"),
        (in_the_middle(refused(Code.NOT_FOUND)), "(NotFound)", "a result lives a day"),
        (unavailable_from_the_middle, "(ServiceUnavailable)", "The connection was lost or BigQuery itself failed"),
        (in_the_middle(None), "(the result ended without an error)", "job history"),
    ],
    ids=[
        "no permission", "no session for quota", "no session", "quota", "a long wait", "aborted", "internal",
        "session gone", "unavailable for good", "early end",
    ],
)  # fmt: skip
def test_an_error_is_clear_and_leaves_nothing(
    loaded: Loaded, tmp_path: Path, choose: Choose, kind: str, advice: str
) -> None:
    with reading(loaded, choose) as server:
        said = stopped(loaded, server.address, tmp_path / "spool")
    assert kind in said
    assert advice in said


def test_rows_that_come_twice_are_noticed(loaded: Loaded, tmp_path: Path) -> None:
    with reading(loaded, in_the_middle(refused(Code.UNAVAILABLE), 1)) as server:
        server.keeps_offsets = False
        assert "after 1,807 of 1,507 rows" in stopped(loaded, server.address, tmp_path / "spool")


@pytest.mark.parametrize("in_silence", [False, True], ids=["cut", "silent"])
def test_a_connection_lost_within_the_rows_is_made_again(loaded: Loaded, tmp_path: Path, in_silence: bool) -> None:
    quick = tuple((name, min(value, 2000)) for name, value in KEEPALIVE) if in_silence else ()
    began = time.monotonic()
    with reading(loaded, nothing_wrong) as server:
        with losing_proxy(port_of(server), LOST, 1, in_silence=in_silence) as endpoint:
            found = read(loaded, endpoint.removeprefix("http://"), tmp_path / "spool", quick)
            assert time.monotonic() - began < SILENCE_S
        assert found == loaded.expected
        assert 0 < (offsets(server)[-1] or 0) < 1507  # a starved machine may take a whole connection for a lost one


def port_of(server: ReadingServer) -> int:
    return int(server.address.rpartition(":")[2])


def test_a_connection_lost_for_good_is_clear(loaded: Loaded, tmp_path: Path) -> None:
    with reading(loaded, nothing_wrong) as server:
        with losing_proxy(port_of(server), LOST) as endpoint:
            said = stopped(loaded, endpoint.removeprefix("http://"), tmp_path / "spool")
        assert "(ServiceUnavailable)" in said
        assert read(loaded, server.address, tmp_path / "spool") == loaded.expected


def test_nobody_listening_is_clear(loaded: Loaded, tmp_path: Path) -> None:
    with reading(loaded, nothing_wrong) as server:
        address = server.address
    assert "(ServiceUnavailable)" in stopped(loaded, address, tmp_path / "spool")


def test_a_client_of_google_is_as_patient_and_finds_out_what_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Any] = []

    def create(*args: Any, options: Any = (), **named: Any) -> grpc.Channel:
        made.extend(options)
        return grpc.insecure_channel("127.0.0.1:1")

    monkeypatch.setattr(BigQueryReadGrpcTransport, "create_channel", create)
    with open_streams(AnonymousCredentials()) as client:
        assert type(client) is ResultStreams
        assert set(KEEPALIVE) < set(made)
        assert client.retry.timeout == client.patience_s == 120
        assert client.transport._host == "bigquerystorage.googleapis.com:443"

"""`ResultStreams`: the Storage Read client that results stream through, no more patient than the rest of the source.

The library's own would ask a stream that is not to be had for a day, a read session once only, and would wait for a
connection that died in silence as long as the stream may live. Belongs here: how long and how often is asked. Not here:
credentials (they are given), what an error means (`refusals`).
"""

from collections.abc import Callable
from typing import Any, Final

import grpc  # type: ignore[import-untyped]  # it has no types
from google.api_core.exceptions import DeadlineExceeded, ResourceExhausted, RetryError, ServiceUnavailable
from google.api_core.retry import Retry, if_exception_type
from google.auth.credentials import Credentials
from google.cloud.bigquery_storage import BigQueryReadClient
from google.cloud.bigquery_storage_v1.services.big_query_read.transports import BigQueryReadGrpcTransport

PATIENCE_S: Final = 120.0
"""Seconds that a session, or a stream that gives no row, is asked for again."""
KEEPALIVE: Final = (
    ("grpc.keepalive_time_ms", 60_000),
    ("grpc.keepalive_timeout_ms", 20_000),
    ("grpc.http2.ping_timeout_ms", 20_000),  # what newer releases of grpc go by
    ("grpc.http2.max_pings_without_data", 0),  # a reader sends no data: pings would end after the second
)
"""A connection that says nothing for a minute is pinged; one that does not answer the ping is lost."""


class ResultStreams(BigQueryReadClient):
    """The library's client with a bounded patience."""

    retry: Retry = Retry(if_exception_type(ServiceUnavailable, DeadlineExceeded), timeout=PATIENCE_S)
    """How a request that gave nothing is repeated."""
    patience_s: float = PATIENCE_S

    def create_read_session(self, *args: Any, **named: Any) -> Any:
        """Open a session; what the caller says of retries and timeouts (the library says: none) does not count."""
        return super().create_read_session(*args, **named | {"retry": self.retry, "timeout": self.patience_s})

    def read_rows(self, *args: Any, **named: Any) -> Any:
        """Read a stream; it resumes after the last row that arrived where a connection was lost."""
        waits = {"retry": self.retry, "retry_delay_callback": _waiting_at_most(self.patience_s)}
        return super().read_rows(*args, **named | waits)  # type: ignore[no-untyped-call]  # the library's


def open_streams(credentials: Credentials) -> ResultStreams:
    """Return a client of Google's server."""
    return ResultStreams(credentials=credentials, transport=_transport)  # type: ignore[no-untyped-call]  # the library's


def _transport(**named: Any) -> BigQueryReadGrpcTransport:
    return BigQueryReadGrpcTransport(**named | {"channel": _channel})


def _channel(*args: Any, options: Any = (), **named: Any) -> grpc.Channel:
    return BigQueryReadGrpcTransport.create_channel(*args, options=[*options, *KEEPALIVE], **named)


def _waiting_at_most(seconds: float) -> Callable[[float], None]:
    """Return what the library tells before it waits as long as the server asks; it would do so without end."""
    waited = [0.0]

    def wait(delay: float) -> None:
        waited[0] += delay
        if waited[0] > seconds:
            asked = ResourceExhausted("asked to wait")  # type: ignore[no-untyped-call]  # the library's
            raise RetryError(f"more than {seconds:g} s", asked)  # type: ignore[no-untyped-call]  # the library's

    return wait

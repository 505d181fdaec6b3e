"""What BigQuery's errors mean to a person: the reason it gives -> a sentence that says what to do.

Belongs here: reasons, HTTP codes and the one message made of them. Its own text is never repeated: it can quote a cell.
Not here: when something is asked again (the client library's policy), what is asked (`source`).
Reasons: https://cloud.google.com/bigquery/docs/error-messages (read 2026).
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import grpc  # type: ignore[import-untyped]  # it has no types
from google.api_core.exceptions import GoogleAPICallError, RetryError
from google.auth.exceptions import GoogleAuthError
from requests.exceptions import RequestException

from mimic_assets.errors import RequestError

TOO_DEAR = "bytesBilledLimitExceeded"
LIMIT_SETTING = "MIMIC_ASSETS_BIGQUERY_MAXIMUM_BYTES_BILLED"
_NEEDED = re.compile(r"bytes billed: (\d+)\. (\d+) or higher required")
_SLOWER = "Too many requests came in a short time: wait some minutes"
_FAILED = "BigQuery itself failed: wait some minutes, and look at its status page if this repeats"
_RIGHTS = "Check that your account has the rights that docs/bigquery.md lists, in the billing project and the data sets"
_GONE = "What was read is not there any more (a result lives a day, a table as long as its owner wants)"
_NETWORK = "Check credentials, quota and network of the billing project"
_BY_REASON = {
    "quotaExceeded": "A quota of the billing project is used up: wait until it is renewed, a day at most for daily "
    "ones, or have it raised",
    "rateLimitExceeded": _SLOWER,
    "jobRateLimitExceeded": _SLOWER,
    "backendError": _FAILED,
    "internalError": _FAILED,
    "jobBackendError": _FAILED,
    "jobInternalError": _FAILED,
    "badGateway": _FAILED,
    "resourcesExceeded": "The query needed more than one job may use: ask for fewer subjects (subjects=recorded)",
    "stopped": "The job was cancelled, by somebody or by a time limit of the project: find out which",
    "billingNotEnabled": "Switch billing on for the billing project",
    "accessDenied": _RIGHTS,
    "notFound": _GONE,
}
_BY_CODE = {401: _RIGHTS, 403: _RIGHTS, 404: _GONE, 409: _FAILED, 429: _SLOWER}
_THROUGH_REST = "or set MIMIC_ASSETS_BIGQUERY_STORAGE_API=0 to read through REST"
_OF_STREAMS = {
    403: "Have bigquery.readsessions.create granted and the BigQuery Storage API enabled in the billing project, "
    f"{_THROUGH_REST}",
    503: f"The connection was lost or BigQuery itself failed: check the network and wait some minutes, {_THROUGH_REST}",
}
"""By code, where it came from the Storage Read API."""


@contextmanager
def explained(doing: Callable[[], str], limit: int, estimate: int | None = None) -> Iterator[None]:
    """Turn every error of the client libraries into a RequestError.

    Args:
        doing: says what was under way when it is asked, such as `while reading poe after 500 of 900 rows`.
        limit: bytes that a query may bill.
        estimate: bytes that the dry run of the query named, None where there was none.
    """
    try:
        yield
    except (GoogleAPICallError, RetryError, GoogleAuthError, RequestException, ConnectionError) as error:
        cause = error.cause if isinstance(error, RetryError) and isinstance(error.cause, Exception) else error
        raise _refusal(cause, doing(), limit, estimate) from None


def stopped(doing: str, kind: str, advice: str) -> RequestError:
    """Return the message of a reading that did not come to its end."""
    return RequestError(
        f"BigQuery stopped {doing} ({kind}); no object was half-written. {advice}; the same command resumes."
    )


def _refusal(error: Exception, doing: str, limit: int, estimate: int | None) -> RequestError:
    given = getattr(error, "errors", None) or ()
    reasons = sorted({str(entry.get("reason")) for entry in given if isinstance(entry, dict)})
    if TOO_DEAR in reasons:
        return _too_dear(str(error), doing, limit, estimate)
    code = int(getattr(error, "code", None) or 0)
    by_code = _FAILED if code >= 500 else _BY_CODE.get(code, _NETWORK)
    if any(isinstance(entry, grpc.RpcError) for entry in given):
        by_code = _OF_STREAMS.get(code, by_code if code else _FAILED)
        named = getattr(error, "reason", None)
        reasons = [str(named)] if named else []
    advice = next((_BY_REASON[reason] for reason in reasons if reason in _BY_REASON), by_code)
    return stopped(doing, ", ".join([type(error).__name__, *reasons]), advice)


def _too_dear(text: str, doing: str, limit: int, estimate: int | None) -> RequestError:
    """BigQuery names both numbers in its text; where it does not, the estimate is the best that is known."""
    named = _NEEDED.search(text)
    needed = int(named[2]) if named else estimate
    size = f"{needed:,} bytes" if needed is not None else "an unknown number of bytes"
    least = f"at least {needed}" if named else f"more than {max(limit, needed or 0)}"
    return RequestError(
        f"BigQuery refused the query {doing}: it would bill {size}, at most {limit:,} expected ({TOO_DEAR}); it cost "
        f"nothing and no object was half-written. Set {LIMIT_SETTING} to {least} if you mean to pay for it."
    )

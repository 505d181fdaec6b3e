"""Errors of BigQuery in mid-result: said clearly, nothing half-written, the next reading gives the bytes of the files.

The real client asks a real emulator through a proxy, which answers chosen requests with the errors that BigQuery
documents.
"""

from dataclasses import replace
from pathlib import Path

import pytest
from google.api_core.retry import Retry
from google.cloud.bigquery.retry import DEFAULT_RETRY

from mimic_assets.errors import RequestError
from mimic_assets_tests.servers.answering_proxy import Answer, Choose, answering_proxy
from mimic_assets_tests.servers.bqemulator import BigQueryServer
from mimic_assets_tests.unit.sources.bigquery.bigquery_tables import client_of
from mimic_assets_tests.unit.sources.bigquery.documented_errors import (
    CANCELLED,
    QUOTED,
    at_job,
    at_page,
    failed_job,
    refused,
)
from mimic_assets_tests.unit.sources.bigquery.loaded_demo import Loaded, extract_bytes, load_demo

pytestmark = pytest.mark.bigquery
FIRST, LAST = "500", "1500"
"""Tokens of the second and of the last page of chartevents, the one table with more rows than a page."""
QUICK = DEFAULT_RETRY.with_delay(initial=0.01, maximum=0.01).with_timeout(0.2)
"""The library's own choice of what is repeated, given up after a moment."""


@pytest.fixture(scope="module")
def loaded(bigquery_server: BigQueryServer, tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    return load_demo(bigquery_server, tmp_path_factory.mktemp("faults"))


def _stopped(loaded: Loaded, choose: Choose, spool: Path, retry: Retry | None = None) -> str:
    """Return what is said when a reading stops; the next one, without faults, must give the bytes of the files."""
    with answering_proxy(loaded.server.port, choose) as proxy:
        source = loaded.source(client_of(proxy.endpoint))
        source = source if retry is None else replace(source, retry=retry)
        with pytest.raises(RequestError) as refusal:
            extract_bytes(source, spool)
        assert proxy.answered
    assert list(spool.iterdir()) == []
    said = str(refusal.value)
    assert not [part for part in QUOTED.split() if part in said]
    again = loaded.source(client_of(loaded.server.endpoint))
    assert extract_bytes(again, spool) == loaded.expected
    return said


@pytest.mark.parametrize(
    ("page", "answer", "kind", "advice"),
    [
        (FIRST, refused(403, "quotaExceeded"), "Forbidden, quotaExceeded", "have it raised"),
        (LAST, refused(403, "quotaExceeded"), "Forbidden, quotaExceeded", "have it raised"),
        (FIRST, refused(403, "rateLimitExceeded"), "Forbidden, rateLimitExceeded", "wait some minutes"),
        (LAST, refused(429, "rateLimitExceeded"), "TooManyRequests, rateLimitExceeded", "wait some minutes"),
        (LAST, refused(400, "resourcesExceeded"), "BadRequest, resourcesExceeded", "subjects=recorded"),
        (FIRST, refused(404, "notFound"), "NotFound, notFound", "a result lives a day"),
        (FIRST, refused(500, "internalError"), "InternalServerError, internalError", "BigQuery itself failed"),
        (LAST, refused(503, "backendError"), "ServiceUnavailable, backendError", "BigQuery itself failed"),
        (LAST, Answer(502, {}), "BadGateway", "BigQuery itself failed"),
        (FIRST, CANCELLED, "the result ended without an error", "job history"),
        (LAST, CANCELLED, "the result ended without an error", "job history"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_error_in_mid_result_is_clear_and_leaves_nothing(
    loaded: Loaded, tmp_path: Path, page: str, answer: Answer, kind: str, advice: str
) -> None:
    said = _stopped(loaded, at_page(page, answer), tmp_path / "spool")
    assert f"while reading chartevents after {int(page):,} of " in said
    assert f"({kind}); no object was half-written" in said
    assert advice in said
    assert said.endswith("the same command resumes.")


def test_a_fault_that_passes_is_repeated_by_the_library_and_nobody_notices(loaded: Loaded, tmp_path: Path) -> None:
    with answering_proxy(loaded.server.port, at_page(FIRST, refused(503, "backendError"), times=2)) as proxy:
        source = replace(loaded.source(client_of(proxy.endpoint)), retry=QUICK.with_timeout(60))
        assert extract_bytes(source, tmp_path) == loaded.expected
        assert len(proxy.answered) == 2


def test_a_fault_that_stays_is_named_when_the_library_gives_up(loaded: Loaded, tmp_path: Path) -> None:
    said = _stopped(loaded, at_page(LAST, refused(429, "rateLimitExceeded")), tmp_path / "spool", QUICK)
    assert "(TooManyRequests, rateLimitExceeded)" in said


@pytest.mark.parametrize(
    ("text", "numbers", "least"),
    [
        ("Query exceeded limit for bytes billed: 1000000000. 20971520000 or higher required.", "20,971,520,000",
         "at least 20971520000"),
        ("Query exceeded limit for bytes billed", "0", "more than 1000000000"),  # 0: the emulator's own estimate
    ],
)  # fmt: skip
def test_a_job_above_the_limit_names_both_numbers(
    loaded: Loaded, tmp_path: Path, text: str, numbers: str, least: str
) -> None:
    dear = at_job("labevents", lambda request: failed_job(request, "bytesBilledLimitExceeded", text))
    said = _stopped(loaded, dear, tmp_path / "spool")
    assert f"while reading labevents: it would bill {numbers} bytes, at most 1,000,000,000 expected" in said
    assert f"MIMIC_ASSETS_BIGQUERY_MAXIMUM_BYTES_BILLED to {least} if" in said


def test_a_job_that_failed_before_its_first_page_is_clear(loaded: Loaded, tmp_path: Path) -> None:
    failed = at_job("poe", lambda request: failed_job(request, "quotaExceeded", "Quota exceeded"))
    assert "stopped while reading poe (Forbidden, quotaExceeded)" in _stopped(loaded, failed, tmp_path / "spool")


def test_a_quota_while_a_dictionary_is_read_is_clear(loaded: Loaded) -> None:
    def choose(request: object) -> Answer | None:
        return refused(403, "quotaExceeded") if "/queries/" in getattr(request, "path", "") else None

    with answering_proxy(loaded.server.port, choose) as proxy:
        source = loaded.source(client_of(proxy.endpoint))
        with pytest.raises(RequestError, match=r"while reading patients \(Forbidden, quotaExceeded\)"):
            source.dictionary("hosp", "patients", ["subject_id"])

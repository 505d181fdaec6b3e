"""A whole journey over BigQuery: lost or refused midway it stops clearly, the next run gives the lake of files."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial

import pytest
from google.api_core.retry import Retry
from polars.testing import assert_frame_equal

from mimic_assets.defs import bigquery
from mimic_assets.defs.outcomes import Status
from mimic_assets.errors import RequestError
from mimic_assets.schemas.tables import CLINICAL_EXTRACT, TABLES
from mimic_assets.storage.lake import Lake
from mimic_assets_tests.defs.journeys import Place, Travelled, travel_in_process
from mimic_assets_tests.servers.answering_proxy import answering_proxy
from mimic_assets_tests.servers.bqemulator import BigQueryServer
from mimic_assets_tests.unit.sources.bigquery.bigquery_tables import client_of, load, losing_proxy
from mimic_assets_tests.unit.sources.bigquery.documented_errors import at_page, refused

pytestmark = [pytest.mark.bigquery, pytest.mark.slow]

PAGE = 200
Fault = Callable[[int], AbstractContextManager[str]]
"""Given the port of the server, what stands before it: gives its address."""


@contextmanager
def _refusing(port: int) -> Iterator[str]:
    with answering_proxy(port, at_page(str(PAGE), refused(403, "quotaExceeded"))) as proxy:
        yield proxy.endpoint


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        pytest.param(partial(losing_proxy, after=150_000), "BigQuery stopped while reading", id="lost"),
        pytest.param(_refusing, f"after {PAGE} of .* rows .Forbidden, quotaExceeded.", id="quota"),
    ],
)
def test_a_run_that_loses_bigquery_resumes_and_gives_the_lake_of_the_files(
    fault: Fault,
    said: str,
    bigquery_server: BigQueryServer,
    finished: Travelled,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    held = load(client_of(bigquery_server.endpoint), finished.place.source / "clinical")
    place = Place(finished.place.source, tmp_path_factory.mktemp("bigquery") / "lake")
    address = f"bq://billing?hosp={held.hosp}&icu={held.icu}"
    settings = place.settings().model_copy(update={"clinical": address})
    # The library's own policy would try for two minutes, and a page would hold every row.
    brief = partial(bigquery.BigQuerySource, page_rows=PAGE, retry=Retry(lambda _: False), job_retry=None)
    monkeypatch.setattr(bigquery, "BigQuerySource", brief)
    with fault(bigquery_server.port) as endpoint:
        monkeypatch.setenv(bigquery.EMULATOR, endpoint)
        with pytest.raises(RequestError, match=rf"{said}.* resumes"):
            travel_in_process(settings)
    lake = Lake.open(str(place.lake))
    assert list(lake.keys(CLINICAL_EXTRACT)) == []
    monkeypatch.setenv(bigquery.EMULATOR, bigquery_server.endpoint)
    journey = travel_in_process(settings)
    assert journey.has_manifest
    [note, *_] = journey.outcomes[CLINICAL_EXTRACT.name][0].notes
    assert "estimated by dry runs of 12 queries" in note
    of_files = Lake.open(str(finished.place.lake))
    for table in TABLES.values():
        assert_frame_equal(lake.scan(table).collect(), of_files.scan(table).collect())
    again = travel_in_process(settings)
    assert {outcome.status for of in again.outcomes.values() for outcome in of} == {Status.KEPT}

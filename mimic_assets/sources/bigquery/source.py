"""`BigQuerySource`: looks at the tables, estimates every query, then streams each result in Arrow record batches.

No table is read before every estimate is below the limit, and each job, dictionaries included, carries the limit
itself. Retries are the client library's own. Not here: credentials (the client is given), the address, what a row
means.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

import polars as pl
from google.api_core.exceptions import NotFound
from google.api_core.retry import Retry
from google.cloud import bigquery
from google.cloud.bigquery.retry import DEFAULT_JOB_RETRY, DEFAULT_RETRY

from mimic_assets.clinical.defects import Defects, FileDefect
from mimic_assets.clinical.read_table import Reading
from mimic_assets.clinical.source import rows_of_text
from mimic_assets.clinical.source_tables import SOURCE_TABLES, SourceTable
from mimic_assets.errors import RequestError
from mimic_assets.sources.bigquery.address import BigQueryAddress
from mimic_assets.sources.bigquery.refusals import LIMIT_SETTING, explained, stopped
from mimic_assets.sources.bigquery.streams import ResultStreams
from mimic_assets.sources.bigquery.table_defects import defect_of
from mimic_assets.sources.bigquery.text import as_text

PAGE_ROWS = 50_000


def query_of(table: SourceTable) -> str:
    """Return the shipped SQL of a table."""
    return files("mimic_assets.sources.bigquery").joinpath("sql", f"{table.name}.sql").read_text(encoding="utf-8")


@dataclass(slots=True)
class BigQuerySource:
    """The clinical tables in two data sets."""

    client: bigquery.Client
    address: BigQueryAddress
    maximum_bytes_billed: int
    """Limit of each query, in bytes; BigQuery refuses a job that would bill more."""
    subjects: tuple[int, ...] | None = None
    """Whose rows are asked for; None means everybody."""
    page_rows: int = PAGE_ROWS
    open_storage: Callable[[bigquery.Client], ResultStreams | None] = lambda _: None
    """Opens the Storage Read client that one result streams through; None: pages of the REST interface."""
    retry: Retry = DEFAULT_RETRY.with_timeout(120)  # noqa: RUF009 - an immutable policy of the client library
    """How a request that failed is repeated; the library's own policy, given up after two minutes."""
    job_retry: Retry | None = DEFAULT_JOB_RETRY
    """How a job that failed (quota, back-end error) is repeated; the library's own policy."""
    _estimates: dict[str, int] = field(default_factory=dict)

    def place(self, table: SourceTable) -> str:
        """Return `bq://project.dataset/table`."""
        return f"bq://{self._dataset(table)}/{table.name}"

    def inputs(self) -> dict[str, str]:
        """Return place -> last change, rows and columns of every table that is there, and the subjects asked for."""
        found = {}
        for table in SOURCE_TABLES.values():
            seen = self._look(table)
            if seen is not None:
                columns = ",".join(f"{c.name} {c.field_type}" for c in seen.schema)
                found[self.place(table)] = f"{seen.modified.isoformat()} {seen.num_rows} {columns}"
        who = "all" if self.subjects is None else ",".join(map(str, self.subjects))
        return found | {"subjects": who, "queries": "\n".join(query_of(t) for t in SOURCE_TABLES.values())}

    def notes(self) -> list[str]:
        """Return what the queries were estimated to read."""
        total = sum(self._estimates.values())
        return [
            f"BigQuery: {total:,} bytes estimated by dry runs of {len(self._estimates)} queries, each limited to "
            f"{self.maximum_bytes_billed:,} bytes billed."
        ]

    def dictionary(self, folder: str, name: str, columns: Sequence[str]) -> pl.DataFrame | None:
        """Return these columns of a dictionary as text; None where the data set has no such table."""
        dataset = self.address.hosp if folder == "hosp" else self.address.icu
        cells = ", ".join(f"CAST({column} AS STRING) AS {column}" for column in columns)
        config = bigquery.QueryJobConfig(maximum_bytes_billed=self.maximum_bytes_billed)
        with self._explained(f"while reading {name}"):
            try:
                query = f"SELECT {cells} FROM `{dataset}.{name}`"
                job = self.client.query(query, job_config=config, retry=self.retry, job_retry=self.job_retry)
                rows = job.result(retry=self.retry, job_retry=self.job_retry)
            except NotFound:
                return None
            found = rows.to_arrow(create_bqstorage_client=False)
        _check_whole(name, found.num_rows, rows.total_rows)
        return pl.DataFrame(pl.from_arrow(found))

    def read(self, table: SourceTable, reading: Reading, defects: Defects) -> Iterator[pl.DataFrame]:
        """Yield frames of `typed_rows`, in the order the result arrives in.

        Raises:
            RequestError: an estimate is above the limit, or BigQuery refused, failed or was lost; without values.
        """
        if not self._estimates.keys() & {table.name}:
            self.estimate(reading, [table] if table.name == "patients" and reading.buckets == 1 else None)
        seen = self._look(table)
        defect = defect_of(seen, table, self.place(table))
        if defect is not None or seen is None:
            defects.files += [defect] if defect else []
            return
        done, total = 0, None
        with self._explained(lambda: _reading(table.name, done, total), self._estimates.get(table.name)):
            job = self._start(table, self._config(table, reading))
            rows = job.result(page_size=self.page_rows, retry=self.retry, job_retry=self.job_retry)
            total = rows.total_rows
            storage = self.open_storage(self.client)
            with nullcontext() if storage is None else storage:
                for batch in rows.to_arrow_iterable(storage, max_queue_size=2, max_stream_count=1):
                    done += batch.num_rows
                    yield rows_of_text(as_text(batch), table, reading, defects)
                    if reading.progress is not None:
                        reading.progress(table.name, done, total or done)
        _check_whole(table.name, done, total)

    def defects(self) -> dict[str, FileDefect]:
        """Return table -> what is wrong with it as a whole (`missing_table missing_column unreadable_table`).

        Only descriptions are looked at: nothing is queried and nothing is billed.

        Raises:
            RequestError: a data set is not there, or BigQuery refused, failed or was lost.
        """
        found = {table.name: defect_of(self._look(table), table, self.place(table)) for table in SOURCE_TABLES.values()}
        return {name: defect for name, defect in found.items() if defect is not None}

    def estimate(self, reading: Reading, tables: list[SourceTable] | None = None) -> dict[str, int]:
        """Return table -> bytes that its query would read, by dry runs; nothing is billed.

        Raises:
            RequestError: an estimate is above the limit; it names both.
        """
        for table in tables or SOURCE_TABLES.values():
            if defect_of(self._look(table), table, "") is not None:
                continue
            with self._explained(f"while estimating {table.name}"):
                job = self._start(table, self._config(table, reading, dry_run=True))
            self._estimates[table.name] = int(job.total_bytes_processed or 0)
        over = {name: size for name, size in self._estimates.items() if size > self.maximum_bytes_billed}
        if over:
            name, size = max(over.items(), key=lambda item: item[1])
            raise RequestError(
                f"the query of {name} would read {size:,} bytes, at most {self.maximum_bytes_billed:,} expected "
                f"({len(over)} of {len(self._estimates)} queries are above the limit); nothing was queried. "
                f"Set {LIMIT_SETTING} to at least {size} if you mean to pay for it."
            )
        return dict(self._estimates)

    def _start(self, table: SourceTable, config: bigquery.QueryJobConfig) -> bigquery.QueryJob:
        return self.client.query(query_of(table), job_config=config, retry=self.retry, job_retry=self.job_retry)

    def _config(self, table: SourceTable, reading: Reading, dry_run: bool = False) -> bigquery.QueryJobConfig:
        parameters: list[Any] = [
            bigquery.ScalarQueryParameter("buckets", "INT64", reading.buckets),
            bigquery.ArrayQueryParameter("wanted_buckets", "INT64", sorted(reading.wanted)),
            bigquery.ScalarQueryParameter("every_subject", "BOOL", self.subjects is None),
            bigquery.ArrayQueryParameter("subjects", "INT64", sorted(self.subjects or ())),
        ]
        if table.items is not None:
            parameters.append(bigquery.ArrayQueryParameter("items", "INT64", sorted(table.items)))
        if table.matching is not None:
            parameters.append(bigquery.ScalarQueryParameter("matching", "STRING", table.matching[1]))
        return bigquery.QueryJobConfig(
            default_dataset=bigquery.DatasetReference.from_string(self._dataset(table)),
            query_parameters=parameters,
            maximum_bytes_billed=self.maximum_bytes_billed,
            dry_run=dry_run,
        )

    def _look(self, table: SourceTable) -> bigquery.Table | None:
        """Return a table's description, None where the data set has no such table."""
        dataset = self._dataset(table)
        with self._explained(f"while looking at {table.name}"):
            try:
                return self.client.get_table(f"{dataset}.{table.name}", retry=self.retry)
            except NotFound:
                try:
                    self.client.get_dataset(dataset, retry=self.retry)
                except NotFound:
                    raise RequestError(
                        f"no data set {dataset} found in BigQuery, the {table.folder} tables of MIMIC-IV expected. "
                        f"Name it with {table.folder}=PROJECT.DATASET in the clinical source, or ask for access to it."
                    ) from None
                return None

    def _dataset(self, table: SourceTable) -> str:
        return self.address.hosp if table.folder == "hosp" else self.address.icu

    def _explained(self, doing: str | Callable[[], str], estimate: int | None = None) -> AbstractContextManager[None]:
        return explained(doing if callable(doing) else lambda: doing, self.maximum_bytes_billed, estimate)


def _reading(name: str, done: int, total: int | None) -> str:
    """Say what is read, and how much of it has arrived."""
    return f"while reading {name}" + (f" after {done:,} of {total:,} rows" if total is not None else "")


def _check_whole(name: str, done: int, total: int | None) -> None:
    """A job that is cancelled while its pages are fetched can end them without an error: rows are counted.

    Raises:
        RequestError: fewer or more rows arrived than BigQuery announced.
    """
    if total is not None and done != total:
        advice = "Look in the billing project's job history whether the job was cancelled"
        raise stopped(_reading(name, done, total), "the result ended without an error", advice)

"""SQL over a local lake: every table, nothing but the tables, and errors a person can act on."""

from pathlib import Path

import pytest

from mimic_assets.errors import RequestError
from mimic_assets.schemas.tables import CLINICAL_LABELS, RAW_NUMERICS, RAW_RECORDS, REJECTED_INPUTS, TABLES
from mimic_assets.storage import Key, Lake
from mimic_assets.storage.query import query
from mimic_assets_tests.storage_frames import frame_of, judged_of, key_of


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    lake = Lake.open(str(tmp_path / "lake"))
    lake.write(RAW_NUMERICS, Key(1), judged_of(RAW_NUMERICS, 4, 2, subject_id=1), "f")
    lake.write(RAW_NUMERICS, Key(2), judged_of(RAW_NUMERICS, 3, 1, subject_id=2), "f")
    lake.write(CLINICAL_LABELS, Key(1, "a"), judged_of(CLINICAL_LABELS, 5, 1, subject_id=1), "f")
    return lake


def test_rows_of_all_objects_and_empty_tables_with_their_columns(lake: Lake) -> None:
    counts = query(
        lake, "SELECT subject_id, count(*) AS n, sum(tick)::BIGINT t FROM raw_numerics GROUP BY 1 ORDER BY 1"
    )
    frame = frame_of(RAW_NUMERICS, 4)
    ticks = [int(frame["tick"].sum()), int(frame.head(3)["tick"].sum())]
    assert counts.to_pydict() == {"subject_id": [1, 2], "n": [4, 3], "t": ticks}
    for table in TABLES.values():
        result = query(lake, f"SELECT * FROM {table.name} LIMIT 0")
        assert result.column_names == table.schema.names()  # nothing added from the paths
    assert query(lake, "SELECT count(*) AS n FROM Raw_Records").to_pydict() == {"n": [0]}


def test_every_value_arrives(lake: Lake) -> None:
    for table in TABLES.values():
        key = key_of(table, 99)
        lake.write(table, key, judged_of(table, 6, subject_id=99), "f")
    for table in TABLES.values():
        found = query(lake, f"SELECT * FROM {table.name} WHERE NOT EXISTS (SELECT 1 WHERE false)").num_rows
        assert found == sum(lake.read(table, key).height for key in lake.keys(table))
    rows = query(lake, "SELECT * FROM raw_records").to_pylist()
    assert rows == lake.read(RAW_RECORDS, Key(99)).to_dicts()


def test_rejections_of_every_table_are_one_view(lake: Lake) -> None:
    rows = query(lake, 'SELECT "table", count(*) AS n FROM rejected_inputs GROUP BY 1 ORDER BY 1').to_pydict()
    everything = lake.scan_rejected().collect()
    once = everything.unique().group_by("table").len().sort("table")
    assert everything.height > once["len"].sum()  # what concerns a whole file is stored beside several keys
    assert rows == {"table": once["table"].to_list(), "n": once["len"].to_list()}
    assert query(lake, "FROM rejected_inputs LIMIT 0").column_names == REJECTED_INPUTS.schema.names()


def test_only_the_row_groups_that_are_asked_for_are_read(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    lake.write(RAW_NUMERICS, Key(3), judged_of(RAW_NUMERICS, 200_000, subject_id=3), "f")
    read: list[int] = []
    get_range = type(lake.root).get_range
    monkeypatch.setattr(
        type(lake.root), "get_range", lambda root, path, start, n: (read.append(n), get_range(root, path, start, n))[1]
    )
    query(lake, "SELECT * FROM raw_numerics")
    everything = sum(read)
    read.clear()
    assert query(lake, "SELECT count(value) AS n FROM raw_numerics WHERE subject_id = 77").to_pydict() == {"n": [0]}
    assert sum(read) < everything / 20


@pytest.mark.parametrize(
    "sql",
    [
        "SHOW TABLES",
        "SELECT table_name FROM information_schema.tables",
        "SELECT view_name FROM duckdb_views() WHERE NOT internal",
    ],
)
def test_all_tables_can_be_seen(lake: Lake, sql: str) -> None:
    found = query(lake, sql).column(0).to_pylist()
    assert sorted(found) == sorted([*TABLES, "rejected_inputs"])


def test_a_table_named_only_at_run_time_is_there(lake: Lake) -> None:
    sql = "SELECT count(*) AS n FROM query_table('raw_' || 'numerics')"
    assert query(lake, sql).to_pydict() == {"n": [7]}
    assert query(lake, "SUMMARIZE raw_numerics").num_rows == len(RAW_NUMERICS.columns)
    assert query(lake, "DESCRIBE raw_numerics").column(0).to_pylist() == RAW_NUMERICS.schema.names()


FORBIDDEN = [
    "COPY raw_numerics TO '{out}'",
    "WITH x AS (COPY raw_numerics TO '{out}' (FORMAT parquet, USE_TMP_FILE false)) SELECT 1",
    "WITH x AS (COPY raw_numerics TO '{data}' (FORMAT parquet, USE_TMP_FILE false)) SELECT 1",
    "WITH x AS (INSERT INTO raw_numerics SELECT * FROM raw_numerics RETURNING 1) SELECT * FROM x",
    "WITH x AS (DELETE FROM raw_numerics RETURNING 1) SELECT * FROM x",
    "INSERT INTO raw_numerics SELECT * FROM raw_numerics",
    "CREATE TABLE t AS SELECT 1",
    "DROP VIEW raw_numerics",
    "ATTACH '{out}'",
    "SET threads = 1",
    "PRAGMA version",
    "INSTALL httpfs",
    "LOAD httpfs",
    "EXPORT DATABASE '{out}'",
    "SELECT 1; SELECT 2",
    "EXPLAIN ANALYZE COPY raw_numerics TO '{out}'",
    "CALL pragma_version()",
    "",
    "-- nothing",
    "SELECT * FROM read_text('/etc/hostname')",
    "SELECT * FROM '/etc/passwd'",
    "SELECT * FROM read_parquet('{data}')",
    "SELECT * FROM glob('/*')",
    "SELECT * FROM read_csv('http://127.0.0.1:9/x.csv')",
    "SELECT * FROM lake",
    "SELECT * FROM duckdb_secrets()",
]


@pytest.mark.parametrize("sql", FORBIDDEN)
def test_nothing_else_can_be_read_or_written(lake: Lake, tmp_path: Path, sql: str) -> None:
    data, out = tmp_path / "lake/raw_numerics/patient=1/data.parquet", tmp_path / "out"
    before = data.read_bytes()
    with pytest.raises(RequestError) as refused:
        query(lake, sql.format(data=data, out=out))
    assert refused.value.__context__ is None or refused.value.__suppress_context__
    assert len(str(refused.value)) < 700
    assert data.read_bytes() == before
    assert not out.exists()


def test_what_does_not_fit_in_memory_spills_outside_the_working_directory(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (place,) = query(lake, "SELECT current_setting('temp_directory') AS place").to_pydict()["place"]
    assert Path(place).is_absolute()
    assert not Path(place).exists()  # gone with the query
    assert not (tmp_path / ".tmp").exists()


def test_errors_help(lake: Lake) -> None:
    with pytest.raises(
        RequestError, match=r"No table named raw_numeric\. Did you mean raw_numerics\? Tables: raw_records, "
    ):
        query(lake, "SELECT * FROM raw_numeric")
    with pytest.raises(RequestError, match='"tikc" not found'):
        query(lake, "SELECT tikc FROM raw_numerics")
    with pytest.raises(RequestError, match="syntax error at or near"):
        query(lake, "SELCT 1")
    with pytest.raises(RequestError, match="One SELECT statement was expected, COPY was found"):
        query(lake, "COPY raw_numerics TO 'x'")


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT value_text::INT FROM raw_numerics",
        "SELECT strptime(value_text, '%Y') FROM raw_numerics WHERE value_text IS NOT NULL",
    ],
)
def test_an_error_quotes_no_value_of_a_patient(lake: Lake, sql: str) -> None:
    with pytest.raises(RequestError) as refused:
        query(lake, sql)
    assert "value 9" not in str(refused.value)
    assert "refused" in str(refused.value)


def test_an_empty_lake_answers(tmp_path: Path) -> None:
    lake = Lake.open(str(tmp_path))
    assert query(lake, "SELECT count(*) AS n FROM windowed_samples").to_pydict() == {"n": [0]}
    assert query(lake, "SELECT count(*) AS n FROM rejected_inputs").to_pydict() == {"n": [0]}

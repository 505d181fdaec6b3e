"""SQL over every table of a lake, read only.

Belongs here: what a statement may see and do. DuckDB gets each table as an Arrow dataset that our own client reads
(`dataset`), with columns and filters pushed down; it has no file system, no network, no extensions and no settings to
change, so a statement cannot write or look anywhere else, whatever it says.
"""

import difflib
import re
import tempfile

import duckdb
import pyarrow as pa
import pyarrow.dataset as pads

from mimic_assets.errors import RequestError
from mimic_assets.schemas.tables import REJECTED_INPUTS, TABLES
from mimic_assets.storage import keys
from mimic_assets.storage.dataset import dataset_of
from mimic_assets.storage.lake import Lake

NAMES = (*TABLES, REJECTED_INPUTS.name)
"""What SQL can select from."""


def query(lake: Lake, sql: str) -> pa.Table:
    """Return the result of one SELECT (also DESCRIBE, SUMMARIZE, SHOW TABLES) over the lake's tables.

    Tables without objects are empty, with their columns. Rows come in no order unless the statement asks for one.

    Raises:
        RequestError: it is not one SELECT, names no table of the lake, or DuckDB refuses it (its reason is given).
    """
    with (
        tempfile.TemporaryDirectory(prefix="mimic-assets-sql-") as spill,  # large sorts; DuckDB's own is `.tmp` here
        duckdb.connect(
            ":memory:", config={"python_enable_replacements": "false", "temp_directory": spill}
        ) as connection,
    ):
        _refuse_what_is_no_select(connection, sql)
        text = sql.lower()
        for name in NAMES:
            # A table is listed only where the statement could mean it; query() and query_table() can build names.
            is_meant = name in text or "query" in text
            connection.register(name, _rows(lake, name, is_meant))
        connection.execute("SET enable_external_access = false; SET lock_configuration = true")
        try:
            relation = connection.sql(sql)
            return relation.to_arrow_table()
        except duckdb.Error as error:
            raise RequestError(_explain(error)) from None


def _rows(lake: Lake, name: str, is_meant: bool) -> pads.Dataset | pa.Table:
    """Return the rows of a table: read as they are asked for, or, of rejections, all of them, each once.

    A defect of a whole clinical file is stored beside every bucket, where labels look for it; here it is one row.
    """
    if name == REJECTED_INPUTS.name:
        found = lake.scan_rejected() if is_meant else REJECTED_INPUTS.empty().lazy()
        return found.unique(maintain_order=True).collect().to_arrow()
    table = TABLES[name]
    return dataset_of(lake.root, table, [keys.data_path(table, key) for key in lake.keys(table)] if is_meant else [])


def _refuse_what_is_no_select(connection: duckdb.DuckDBPyConnection, sql: str) -> None:
    try:
        statements = connection.extract_statements(sql)
    except duckdb.Error as error:
        raise RequestError(_explain(error)) from None
    kinds = [statement.type.name for statement in statements]
    if kinds != ["SELECT"]:
        found = ", ".join(kinds) or "nothing"
        raise RequestError(
            f"One SELECT statement was expected, {found} was found. The lake is read only: use SELECT, WITH, DESCRIBE, "
            "SUMMARIZE or SHOW TABLES, one at a time (PIVOT needs its values: PIVOT t ON column IN (...))."
        )


def _explain(error: duckdb.Error) -> str:
    reason = str(error).strip()
    unknown = re.search(r"Table with name (\S+) does not exist", reason)
    if unknown:
        near = difflib.get_close_matches(unknown[1].strip('"').lower(), NAMES, n=1)
        hint = f" Did you mean {near[0]}?" if near else ""
        return f"No table named {unknown[1]}.{hint} Tables: {', '.join(NAMES)}."
    if isinstance(error, duckdb.PermissionException):
        return f"Only the lake's tables can be read ({', '.join(NAMES)}); files, addresses and extensions cannot."
    if isinstance(error, (duckdb.ConversionException, duckdb.OutOfRangeException)):  # these quote a patient's value
        return "The SQL was refused: a value does not fit the type it is turned into; TRY_CAST gives null there."
    if isinstance(error, duckdb.InvalidInputException):
        reason = re.sub(r'"[^"]*"', '"..."', reason.splitlines()[0])  # further lines show what could not be parsed
    return f"The SQL was refused: {reason}"

"""The names of objects: (table, patient or bucket, task) to a path in the lake, and back.

Belongs here: every path that a table's object, its rejections or its shards can have. Not here: bytes, clients, lists.
A path parses back to the key it was made from, and nothing else parses; that is what makes listings trustworthy.
"""

import re
from dataclasses import dataclass

from mimic_assets.errors import InternalError
from mimic_assets.schemas.model import Partitioning, Table
from mimic_assets.schemas.tables import TABLES

DATA = "data.parquet"
"""The rows of a key; its presence means that the key is done."""
REJECTED = "rejected.parquet"
"""The rows of `rejected_inputs` beside it; absent where nothing was refused."""
SHARDS = "shards"
"""The folder of a task's shards, beside its `data.parquet`."""

_TASK = r"[a-z][a-z0-9_]{0,63}"
_PATIENT = r"[1-9][0-9]{0,18}"
_BUCKET = r"[0-9]{4}"
_PARTS: dict[Partitioning, str] = {
    Partitioning.PATIENT: rf"patient=(?P<partition>{_PATIENT})",
    Partitioning.PATIENT_TASK: rf"task=(?P<task>{_TASK})/patient=(?P<partition>{_PATIENT})",
    Partitioning.BUCKET: rf"bucket=(?P<partition>{_BUCKET})",
    Partitioning.TASK: rf"task=(?P<task>{_TASK})",
    Partitioning.WHOLE: "all",
}


@dataclass(frozen=True, slots=True)
class Key:
    """Which object of a table; which of the two are set follows from the table's partitioning."""

    partition: int | None = None
    """subject_id, or number of the bucket; None for tables that are one object, or one per task."""
    task: str | None = None
    """Name of the task; None for tables that no task changes."""


def folder_of(table: Table, key: Key) -> str:
    """Return the folder of a key's objects, such as `clinical_labels/task=hypotension/patient=10005817`.

    Raises:
        InternalError: the key does not fit the table's partitioning.
    """
    parts = ["all"] if table.partitioning is Partitioning.WHOLE else []
    if key.task is not None:
        parts.append(f"task={key.task}")
    if key.partition is not None:
        is_bucket = table.partitioning is Partitioning.BUCKET
        parts.append(f"bucket={key.partition:04d}" if is_bucket else f"patient={key.partition}")
    inner = "/".join(parts)
    if re.fullmatch(_PARTS[table.partitioning], inner) is None:
        raise InternalError(
            f"{key} was given for {table.name}, which is stored by {table.partitioning.value}: "
            f"a path of the form {_PARTS[table.partitioning]!r} was expected."
        )
    return f"{table.name}/{inner}"


def data_path(table: Table, key: Key) -> str:
    """Return the path of the key's rows."""
    return f"{folder_of(table, key)}/{DATA}"


def rejected_path(table: Table, key: Key) -> str:
    """Return the path of the inputs that were refused while the key was made."""
    return f"{folder_of(table, key)}/{REJECTED}"


def source_rejected_path(table: Table) -> str:
    """Return the path of what the source as a whole has to answer for, whatever the key."""
    return f"{table.name}/{REJECTED}"


def shard_path(table: Table, key: Key, name: str) -> str:
    """Return the path of a shard beside the key's rows; `name` is a plain file name."""
    if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name) is None:
        raise InternalError(f"{name!r} was given as a shard's name; letters, digits, '.', '_' and '-' were expected.")
    return f"{folder_of(table, key)}/{SHARDS}/{name}"


def parse(path: str) -> tuple[Table, Key, str] | None:
    """Return table, key and file name (`data.parquet` or `rejected.parquet`) of a path; None where it is neither."""
    head, _, rest = path.partition("/")
    inner, _, name = rest.rpartition("/")
    table = TABLES.get(head)
    if table is None or name not in (DATA, REJECTED):
        return None
    match = re.fullmatch(_PARTS[table.partitioning], inner)
    if match is None:
        return None
    found = match.groupdict()
    partition = found.get("partition")
    return table, Key(None if partition is None else int(partition), found.get("task")), name


def listing_prefix(table: Table, task: str | None = None) -> str:
    """Return the folder under which all keys of a table, or of one task of it, lie."""
    return table.name if task is None else f"{table.name}/task={task}"

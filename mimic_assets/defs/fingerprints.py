"""When an object has to be made again: a hash over its inputs, the source text that makes it, and its task.

Dagster's data versions are shared by a batch and are lost with a killed run, so they cannot decide this; the
fingerprint lies in the object itself.
"""

import hashlib
import json
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from importlib.resources.abc import Traversable

from mimic_assets.schemas.model import Table
from mimic_assets.schemas.tables import TABLES

SHARED_CODE = ("schemas", "timeline.py", "tasks", "storage/parquet.py")
"""What every stage is written against, and what turns its rows into bytes."""
LIBRARIES = ("polars", "numpy", "pyarrow", "isal", "soundfile")
"""Libraries whose release can change a value or a byte."""


def _sources(node: Traversable) -> list[tuple[str, bytes]]:
    if node.is_file():
        return [(node.name, node.read_bytes())] if node.name.endswith(".py") else []
    found = []
    for child in sorted(node.iterdir(), key=lambda item: item.name):
        if child.name != "__pycache__":
            found += [(f"{node.name}/{name}", text) for name, text in _sources(child)]
    return found


def _hash(parts: tuple[str, ...]) -> str:
    package = files("mimic_assets")
    digest = hashlib.sha256("".join(f"{name}=={version(name)}\n" for name in LIBRARIES).encode())
    for part in parts:
        node = package / part
        if not node.is_file() and not node.is_dir():
            node = package / f"{part}.py"
        for name, text in _sources(node):
            digest.update(f"{part}:{name}:{len(text)}\n".encode() + text)
    return digest.hexdigest()


@cache
def code_fingerprint(table_name: str) -> str:
    """Return the SHA-256 of the source text that makes a table: its stage and what all stages share."""
    return _hash((*SHARED_CODE, *TABLES[table_name].code))


@cache
def core_fingerprint() -> str:
    """Return the SHA-256 of the source text of every stage: what a manifest names as its code."""
    stages = dict.fromkeys(part for table in TABLES.values() for part in table.code)
    return _hash((*SHARED_CODE, *stages))


def fingerprint(table: Table, inputs: dict[str, str], task_fingerprint: str | None = None) -> str:
    """Return the fingerprint of an object: its table, code, task and what it is made from."""
    parts = {"table": table.name, "code": code_fingerprint(table.name), "task": task_fingerprint, "inputs": inputs}
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()

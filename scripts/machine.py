"""Can this machine hold the project? Which Python to build `.venv` with, and is there room for it.

Here: looking at interpreters and disk, and the sentences that say what is wrong and what to do.
Not here: making anything (`bootstrap.py`). Standard library only, readable by Python 3.8, so that an old Python can
still explain itself.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

OLDEST = (3, 11)  # tomllib, and the syntax the package is written in
NEWEST = (3, 14)  # the newest for which every locked package has a wheel
NAMES = ("python3.14", "python3.13", "python3.12", "python3.11", "python3")
FRESH_BYTES = 3 * 10**9  # 1.4 GB installed, the download cache, and room for the demo's lake
UPDATE_BYTES = 10**9  # an installed .venv only changes some of its packages

# Read by interpreters of any age, therefore in the oldest of styles.
_PROBE = """
import json, sys
missing = []
for name in ("venv", "ensurepip"):
    try:
        __import__(name)
    except ImportError:
        missing.append(name)
base = getattr(sys, "_base_executable", None) or sys.executable
print(json.dumps({"path": base, "version": list(sys.version_info[:3]), "missing": missing}))
"""


class MachineError(Exception):
    """What was found, what is needed and what to do, as one paragraph for a person."""


@dataclass(frozen=True)
class Interpreter:
    """One Python that answered when asked."""

    path: str  # the base interpreter, also when asked through a virtual environment
    version: tuple[int, int, int]
    missing: tuple[str, ...] = ()  # of venv and ensurepip: what it cannot import

    @property
    def is_supported(self) -> bool:
        """Whether the locked packages can be installed for its version."""
        return OLDEST <= self.version[:2] <= NEWEST

    def __str__(self) -> str:
        return f"Python {'.'.join(map(str, self.version))} ({self.path})"


def ask_interpreter(command: str) -> Interpreter | None:
    """Return what `command` says about itself, or None where it is no working Python (a dead shim, say)."""
    try:
        answer = subprocess.run(
            [command, "-I", "-c", _PROBE], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=30, check=True
        )
        said = json.loads(answer.stdout)
        major, minor, micro = said["version"]
        return Interpreter(said["path"], (major, minor, micro), tuple(said["missing"]))
    except (OSError, subprocess.SubprocessError, ValueError, KeyError):
        return None


def list_interpreters(ask: Callable[[str], Interpreter | None] = ask_interpreter) -> Iterable[Interpreter]:
    """Yield the Python that is running, then those on the path, newest first; each once and only asked when needed."""
    commands = [sys.executable, *filter(None, map(shutil.which, NAMES))]
    seen: set[str] = set()
    for command in commands:
        found = ask(command)
        if found is not None and found.path not in seen:
            seen.add(found.path)
            yield found


def choose_interpreter(interpreters: Iterable[Interpreter]) -> Interpreter:
    """Return the first interpreter that can build `.venv`.

    Raises:
        MachineError: none can; says which were found and which Debian package is missing.
    """
    found: list[Interpreter] = []
    for candidate in interpreters:
        if candidate.is_supported and not candidate.missing:
            return candidate
        found.append(candidate)
    incomplete = [one for one in found if one.is_supported]
    if incomplete:
        first = incomplete[0]
        package = "python{}.{}-venv".format(*first.version[:2])
        raise MachineError(
            f"{first} cannot make virtual environments: it lacks the module{'s' * (len(first.missing) > 1)} "
            f"{' and '.join(first.missing)}, which Debian and Ubuntu ship in a package of their own. "
            f"Install it with `apt-get install {package}` (or `python3-venv`, for the system's python3) and run the "
            "same command again; elsewhere, install a complete Python 3.11 or newer."
        )
    oldest, newest = (".".join(map(str, version)) for version in (OLDEST, NEWEST))
    raise MachineError(
        f"Python {oldest} to {newest} is needed. Found: {', '.join(map(str, found)) or 'no working Python'}; "
        f"looked for {', '.join(NAMES)} on the PATH. Install one (Debian 12 and Ubuntu 24.04: `apt-get install python3 "
        "python3-venv`), or name one that is elsewhere: `make demo PYTHON=/path/to/python3.12`."
    )


def check_disk(folder: Path, needed_bytes: int, free_bytes: int | None = None) -> int:
    """Return the free bytes where `folder` lies.

    Raises:
        MachineError: fewer than `needed_bytes`; prints both numbers.
    """
    free = shutil.disk_usage(folder).free if free_bytes is None else free_bytes
    if free < needed_bytes:
        raise MachineError(
            f"Too little disk: {free / 1e9:.1f} GB are free where {folder} lies and {needed_bytes / 1e9:.1f} GB are "
            "needed for the locked packages, their download cache and the demo's data. Free some space, or move the "
            "checkout to a larger disk, and run the same command again."
        )
    return free

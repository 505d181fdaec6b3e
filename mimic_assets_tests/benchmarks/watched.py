"""A command run to its end, with its wall time, CPU time and peak memory, every process it starts included.

Memory is resident memory, summed over the tree ten times a second: pages that processes share count for each, so it is
an upper bound, and the same one for everybody who is measured with it.
"""

import contextlib
import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

_EVERY_S = 0.1
_SAID = 4_000


@dataclass(frozen=True, slots=True)
class Watched:
    """One run of a command."""

    seconds: float
    cpu_seconds: float
    """User and system, children included."""
    peak_mib: float
    """Of all its processes together."""

    def __add__(self, other: "Watched") -> "Watched":
        """Return one run after the other."""
        return Watched(
            self.seconds + other.seconds, self.cpu_seconds + other.cpu_seconds, max(self.peak_mib, other.peak_mib)
        )


def watch(command: Sequence[str | Path], log: Path, environment: Mapping[str, str] | None = None) -> Watched:
    """Run a command whose output goes to `log`, in the log's folder.

    Raises:
        RuntimeError: it failed; says the end of its log.
    """
    started, before = time.monotonic(), os.times()
    with log.open("wb") as output:
        running = subprocess.Popen(
            [str(part) for part in command],
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=log.parent,
            env=None if environment is None else dict(environment),
        )
        peak = _peak_mib(running)
    seconds, after = time.monotonic() - started, os.times()
    if running.returncode:
        said = log.read_text(errors="replace")[-_SAID:]
        raise RuntimeError(f"{Path(command[0]).name} ended with {running.returncode}:\n{said}")
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return Watched(seconds, cpu, peak)


def _peak_mib(running: "subprocess.Popen[bytes]") -> float:
    root = psutil.Process(running.pid)
    peak = 0
    while running.poll() is None:
        resident = 0
        with contextlib.suppress(psutil.Error):
            for process in [root, *root.children(recursive=True)]:
                with contextlib.suppress(psutil.Error):
                    resident += process.memory_info().rss
        peak = max(peak, resident)
        time.sleep(_EVERY_S)
    return peak / 2**20

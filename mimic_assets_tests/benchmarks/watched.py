"""A command run to its end, with its wall time, CPU time and peak memory, every process it starts included.

Memory is the proportional set size (PSS, `/proc/PID/smaps_rollup`), summed over the tree ten times a second: a page
that several processes share counts once in all, so that many processes are not charged for one library many times.
Resident memory, where such a page counts for each, is told beside it. Both sides are measured alike.
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
    """PSS of all its processes together."""
    peak_resident_mib: float
    """The same, pages that are shared counted for each process."""

    def __add__(self, other: "Watched") -> "Watched":
        """Return one run after the other."""
        return Watched(
            self.seconds + other.seconds,
            self.cpu_seconds + other.cpu_seconds,
            max(self.peak_mib, other.peak_mib),
            max(self.peak_resident_mib, other.peak_resident_mib),
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
        peaks = _peaks_mib(running)
    seconds, after = time.monotonic() - started, os.times()
    if running.returncode:
        said = log.read_text(errors="replace")[-_SAID:]
        raise RuntimeError(f"{Path(command[0]).name} ended with {running.returncode}:\n{said}")
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return Watched(seconds, cpu, *peaks)


def _peaks_mib(running: "subprocess.Popen[bytes]") -> tuple[float, float]:
    """Return the highest PSS and resident memory of a process and all below it, until it ends."""
    root = psutil.Process(running.pid)
    peak, peak_resident = 0, 0
    while running.poll() is None:
        proportional, resident = 0, 0
        with contextlib.suppress(psutil.Error):
            for process in [root, *root.children(recursive=True)]:
                with contextlib.suppress(psutil.Error):
                    told = process.memory_full_info()
                    proportional += getattr(told, "pss", told.rss)  # PSS is Linux's
                    resident += told.rss
        peak, peak_resident = max(peak, proportional), max(peak_resident, resident)
        time.sleep(_EVERY_S)
    return peak / 2**20, peak_resident / 2**20

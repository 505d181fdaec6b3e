"""One step of a longer job: a command run quietly, with its name, a sign of life, and its seconds.

Here: running and reporting. Not here: which steps there are (`bootstrap.py`). Standard library only, readable by
Python 3.8.
"""

from __future__ import annotations

import subprocess
import tempfile
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

HEARTBEAT_S = 15.0  # a slow network must not look like a hang
LINES_KEPT = 15  # of what a failed command said


class StepError(Exception):
    """A command that `.venv` needs did not succeed; carries the end of what it printed."""


@dataclass(frozen=True)
class Steps:
    """Where and how the commands of one set-up run."""

    root: Path
    count: int
    lock_fd: (
        int  # inherited by each command: when we are killed, the set-up lock is free only once the command ended too
    )

    def say(self, number: int, what: str, end: str = "\n") -> None:
        """Print the heading of a step."""
        print(f"[{number}/{self.count}] {what}", end=end, flush=True)

    def run(self, number: int, what: str, command: list[str], environment: dict[str, str]) -> None:
        """Run one command to its end.

        Raises:
            StepError: it ended with another status than 0.
        """
        self.say(number, f"{what} ...", end="")
        began = time.monotonic()
        with tempfile.TemporaryFile() as output:
            process = subprocess.Popen(
                command,
                cwd=self.root,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                pass_fds=(self.lock_fd,),
            )
            status = wait_aloud(process, began)
            if status:
                print(" failed", flush=True)
                output.seek(0)
                said = output.read().decode(errors="replace").strip().splitlines()[-LINES_KEPT:]
                raise StepError("\n".join(f"    {line}" for line in said))
        print(f" {time.monotonic() - began:.1f} s", flush=True)


def wait_aloud(process: subprocess.Popen[bytes], began: float) -> int:
    """Return the exit status of `process`, printing the seconds since `began` at times; ends it when interrupted."""
    try:
        while True:
            try:
                return process.wait(timeout=HEARTBEAT_S)
            except subprocess.TimeoutExpired:
                print(f" {time.monotonic() - began:.0f} s ...", end="", flush=True)
    except BaseException:
        process.kill()
        process.wait()
        raise

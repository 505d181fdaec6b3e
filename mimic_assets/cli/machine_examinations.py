"""What `doctor` looks at on the machine itself: Python, installed packages, processors, memory, free disk."""

import importlib.metadata
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
from packaging.requirements import InvalidRequirement, Requirement

from mimic_assets.cli.examination import Finding, Status
from mimic_assets.settings import Settings, dagster_home_for

_DISTRIBUTION = "mimic-assets"
_PYTHON = (3, 11)
_DAGSTER = "1.13.27"
"""The IO manager uses a private line of this version."""
_LIBSNDFILE = (1, 2, 1)
"""Wheels with an older one carry libFLAC 1.4.0 to 1.4.2, which cannot seek."""
_DISK_BYTES = 1_000_000_000
_MEMORY_PER_WORKER = 700_000_000
"""A worker that cleans a record of three days takes about this much."""
_INSTALL_AGAIN = "Install the locked versions: `make demo` and `make test` do it, or delete .venv first."


def examine_python() -> Iterator[Finding]:
    """Say which Python runs."""
    found = f"Python {sys.version.split()[0]} at {sys.executable}"
    is_good = sys.version_info >= _PYTHON
    yield Finding(
        "python", *((Status.OK, found) if is_good else (Status.PROBLEM, found, "Install Python 3.11 or newer."))
    )


def examine_packages(lock: Path | None = None) -> Iterator[Finding]:
    """Compare what is installed with what the project asks for, and with the lock file where there is one.

    Args:
        lock: requirements.lock; by default the one of the checkout this code runs from.
    """
    lock = lock or Path(__file__).parents[2] / "requirements.lock"
    broken = [text for name, wanted in _asked_for() if (text := _mismatch(name, wanted))]
    shown = ", ".join(f"{name} {_version(name) or 'absent'}" for name in ("dagster", "polars", "pyarrow"))
    if _version("dagster") != _DAGSTER:
        broken.insert(0, f"dagster {_version('dagster') or 'absent'}, {_DAGSTER} wanted")
    if broken:
        yield Finding("packages", Status.PROBLEM, "; ".join(dict.fromkeys(broken)), _INSTALL_AGAIN)
    elif not lock.is_file():
        yield Finding("packages", Status.OK, f"{shown}; no requirements.lock beside the code to compare with")
    else:
        moved = [text for name, wanted in _locked(lock) if (text := _mismatch(name, wanted, is_required=False))]
        if moved:
            rest = f" and {len(moved) - 5} more" if len(moved) > 5 else ""
            found = f"{shown}; not the locked version: {', '.join(moved[:5])}{rest}"
            yield Finding("packages", Status.WARNING, found, _INSTALL_AGAIN)
        else:
            yield Finding("packages", Status.OK, f"{shown}; everything installed is as locked")


def _asked_for() -> Iterator[tuple[str, Requirement]]:
    try:
        lines = importlib.metadata.requires(_DISTRIBUTION) or []
    except importlib.metadata.PackageNotFoundError:
        return
    for line in lines:
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            yield requirement.name, requirement


def _locked(lock: Path) -> Iterator[tuple[str, Requirement]]:
    for line in lock.read_text(encoding="utf-8").splitlines():
        if not re.match(r"[A-Za-z0-9]", line):
            continue
        try:
            requirement = Requirement(line.rstrip("\\ "))
        except InvalidRequirement:
            continue
        if requirement.marker is None or requirement.marker.evaluate():
            yield requirement.name, requirement


def _mismatch(name: str, wanted: Requirement, is_required: bool = True) -> str | None:
    version = _version(name)
    if version is None:
        return f"{name} absent, {wanted.specifier or 'any version'} wanted" if is_required else None
    if wanted.specifier.contains(version, prereleases=True):
        return None
    return f"{name} {version}, {wanted.specifier} wanted"


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def examine_flac() -> Iterator[Finding]:
    """Say whether the FLAC library that reads waveforms can seek."""
    try:
        import soundfile
    except (ImportError, OSError) as error:
        yield Finding("libsndfile", Status.PROBLEM, f"cannot be loaded: {type(error).__name__}", _INSTALL_AGAIN)
        return
    version = str(soundfile.__libsndfile_version__)
    numbers = tuple(int(part) for part in re.findall(r"\d+", version)[:3])
    if numbers < _LIBSNDFILE:
        found = f"libsndfile {version}, 1.2.1 or newer expected: this one cannot seek in FLAC"
        yield Finding("libsndfile", Status.PROBLEM, found, "Reinstall soundfile 0.13.1 or newer from its wheel.")
    else:
        yield Finding("libsndfile", Status.OK, f"libsndfile {version}")


def examine_power(settings: Settings) -> Iterator[Finding]:
    """Compare processors and free memory with the workers asked for."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    free = _free_memory()
    found = f"{cores} cores, {free / 1e9:.1f} GB of memory free, {settings.workers} workers"
    if free < _MEMORY_PER_WORKER * settings.workers:
        fitting = max(1, int(free / _MEMORY_PER_WORKER))
        advice = f"Use --workers {fitting}, or free memory: about 0.7 GB per worker is wanted."
        yield Finding("processors and memory", Status.WARNING, found, advice)
    elif settings.workers > cores:
        yield Finding("processors and memory", Status.WARNING, found, f"Use --workers {cores}: more only compete.")
    else:
        yield Finding("processors and memory", Status.OK, found)


def _free_memory() -> int:
    """Return the memory that can be had: the machine's, or what is left of the container's where that is less."""
    free = int(psutil.virtual_memory().available)
    group = Path("/sys/fs/cgroup")
    try:
        limit, used = (group / "memory.max").read_text().strip(), int((group / "memory.current").read_text())
    except (OSError, ValueError):
        return free
    return free if limit == "max" else min(free, int(limit) - used)


def examine_disk(settings: Settings) -> Iterator[Finding]:
    """Look at the free space of every disk a run writes to: lake or instance, and temporary files."""
    local = not settings.lake.startswith("s3://")
    lake = Path(settings.lake.removeprefix("file://")).expanduser().absolute()
    places = {"the lake" if local else "the Dagster instance": lake if local else dagster_home_for(settings.lake)}
    places["temporary files"] = Path(tempfile.gettempdir())
    free = {what: (path, shutil.disk_usage(_existing(path)).free) for what, path in places.items()}
    found = ", ".join(f"{size / 1e9:.1f} GB free for {what}" for what, (_, size) in free.items())
    short = [f"{what} ({path})" for what, (path, size) in free.items() if size < _DISK_BYTES]
    if short:
        advice = f"Free at least 1 GB for {' and '.join(short)}, or choose another place (--lake, TMPDIR)."
        yield Finding("disk", Status.PROBLEM, found, advice)
    else:
        yield Finding("disk", Status.OK, found)


def _existing(path: Path) -> Path:
    while not path.exists():
        path = path.parent
    return path

"""What `doctor` says of the machine: packages, FLAC library, disk, workers; each provoked by what it reads."""

from collections import namedtuple
from collections.abc import Iterator
from pathlib import Path

import pytest

from mimic_assets.cli import machine_examinations as machine
from mimic_assets.cli.examination import Finding, Status
from mimic_assets.settings import Settings


def only(findings: Iterator[Finding]) -> Finding:
    (finding,) = findings
    return finding


def test_packages_that_are_not_as_locked_are_a_warning(tmp_path: Path) -> None:
    lock = tmp_path / "requirements.lock"
    lock.write_text(
        '# made\npolars==1.0.0 \\\n    --hash=sha256:0\nnot-installed==1\nrich==0.1 ; sys_platform == "none"\n'
    )
    finding = only(machine.examine_packages(lock))
    assert finding.status is Status.WARNING
    assert "polars 2" in finding.found
    assert "==1.0.0 wanted" in finding.found
    assert "rich" not in finding.found, "its marker does not apply here"
    assert only(machine.examine_packages(tmp_path / "none")).status is Status.OK


def test_another_dagster_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    real = machine.importlib.metadata.version
    monkeypatch.setattr(
        machine.importlib.metadata, "version", lambda name: "1.12.0" if name == "dagster" else real(name)
    )
    finding = only(machine.examine_packages())
    assert finding.status is Status.PROBLEM
    assert "dagster 1.12.0, 1.13.27 wanted" in finding.found


@pytest.mark.parametrize(("version", "status"), [("1.2.0", "problem"), ("1.2.1", "ok"), ("1.10.0", "ok")])
def test_a_flac_library_that_cannot_seek_is_a_problem(
    monkeypatch: pytest.MonkeyPatch, version: str, status: str
) -> None:
    monkeypatch.setattr("soundfile.__libsndfile_version__", version)
    assert only(machine.examine_flac()).status == status


Usage = namedtuple("Usage", "total used free")


def test_a_full_disk_is_a_problem(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(machine.shutil, "disk_usage", lambda path: Usage(2e9, 1.1e9, 0.9e9))
    finding = only(machine.examine_disk(Settings(lake=str(tmp_path / "not" / "there"))))
    assert finding.status is Status.PROBLEM
    assert "the lake" in finding.advice


@pytest.mark.parametrize(("workers", "free", "status"), [(1, 8e9, "ok"), (999, 8e12, "warning"), (4, 2e9, "warning")])
def test_workers_are_compared_with_cores_and_memory(
    monkeypatch: pytest.MonkeyPatch, workers: int, free: float, status: str
) -> None:
    monkeypatch.setattr(machine, "_free_memory", lambda: int(free))
    assert only(machine.examine_power(Settings(workers=workers))).status == status

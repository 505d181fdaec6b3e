"""`make` on a machine that is too old, incomplete or full: which Python is taken, and what is said when none can be."""

import shutil
import sys
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
sys.path.insert(0, str(SCRIPTS))
try:
    import machine
finally:
    sys.path.remove(str(SCRIPTS))

OLD = machine.Interpreter("/usr/bin/python3", (3, 9, 2))
WITHOUT_PIP = machine.Interpreter("/usr/bin/python3.12", (3, 12, 3), ("ensurepip",))
GOOD = machine.Interpreter("/opt/python3.11", (3, 11, 7))
TOO_NEW = machine.Interpreter("/opt/python3.15", (3, 15, 0))


@pytest.mark.parametrize("before", [(), (OLD,), (WITHOUT_PIP,), (TOO_NEW,), (OLD, TOO_NEW, WITHOUT_PIP)])
def test_first_complete_and_supported_python_is_taken(before: tuple[machine.Interpreter, ...]) -> None:
    later = machine.Interpreter("/opt/python3.13", (3, 13, 0))
    assert machine.choose_interpreter([*before, GOOD, later]) == GOOD


@pytest.mark.parametrize("found", [[OLD], [TOO_NEW], [OLD, TOO_NEW]])
def test_unsupported_python_is_refused_with_what_was_found_and_what_to_do(found: list[machine.Interpreter]) -> None:
    with pytest.raises(machine.MachineError) as refusal:
        machine.choose_interpreter(found)
    said = str(refusal.value)
    assert "Python 3.11 to 3.14 is needed" in said
    assert all(str(one) in said for one in found)
    assert "apt-get install python3 python3-venv" in said
    assert "make demo PYTHON=" in said
    assert "\n" not in said


def test_no_python_at_all_is_said_so() -> None:
    with pytest.raises(machine.MachineError, match=r"Found: no working Python; looked for python3\.14, "):
        machine.choose_interpreter([])


@pytest.mark.parametrize(
    ("version", "missing", "words"),
    [
        ((3, 11, 2), ("ensurepip",), ["Python 3.11.2", "module ensurepip", "`apt-get install python3.11-venv`"]),
        ((3, 13, 1), ("venv", "ensurepip"), ["modules venv and ensurepip", "`apt-get install python3.13-venv`"]),
    ],
)
def test_missing_ensurepip_names_the_debian_package(
    version: tuple[int, int, int], missing: tuple[str, ...], words: list[str]
) -> None:
    incomplete = machine.Interpreter("/usr/bin/python3", version, missing)
    with pytest.raises(machine.MachineError) as refusal:
        machine.choose_interpreter([OLD, incomplete])
    assert [word for word in words if word not in str(refusal.value)] == []


def test_an_interpreter_says_what_it_is(tmp_path: Path) -> None:
    asked = machine.ask_interpreter(sys.executable)
    assert asked is not None
    assert asked.version == sys.version_info[:3]
    assert asked.missing == ()
    assert not Path(asked.path).is_relative_to(sys.prefix), "a virtual environment must answer with its base Python"

    for name, body in {"dead_shim": "exit 127", "not_python": "echo hello", "half": 'echo \'{"path": "x"}\''}.items():
        command = tmp_path / name
        command.write_text(f"#!/bin/sh\n{body}\n")
        command.chmod(0o755)
        assert machine.ask_interpreter(str(command)) is None, name
    assert machine.ask_interpreter(str(tmp_path / "absent")) is None


def test_each_interpreter_is_listed_once_and_the_running_one_first(monkeypatch: pytest.MonkeyPatch) -> None:
    paths = {"python3.12": "/a/python3.12", "python3": "/a/python3"}
    monkeypatch.setattr(machine.shutil, "which", paths.get)
    answers = {sys.executable: GOOD, "/a/python3.12": WITHOUT_PIP, "/a/python3": GOOD}
    assert list(machine.list_interpreters(answers.get)) == [GOOD, WITHOUT_PIP]


def test_small_disk_is_refused_with_both_numbers(tmp_path: Path) -> None:
    with pytest.raises(machine.MachineError) as refusal:
        machine.check_disk(tmp_path, needed_bytes=3_000_000_000, free_bytes=2_900_000_000)
    assert "2.9 GB are free" in str(refusal.value)
    assert "3.0 GB are needed" in str(refusal.value)
    assert machine.check_disk(tmp_path, needed_bytes=3_000_000_000, free_bytes=3_000_000_000) == 3_000_000_000
    assert machine.check_disk(tmp_path, needed_bytes=1) == pytest.approx(shutil.disk_usage(tmp_path).free, rel=0.2)

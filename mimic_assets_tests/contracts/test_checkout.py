"""The checkout as a stranger finds it: `make` explains itself, CI skips nothing, no file names its author's machine."""

import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TARGETS = ("help", "demo", "dictionary", "test", "up", "bench", "check", "lock", "clean")
# An absolute path below a folder that belongs to one person or machine, and not a part of a longer path or address.
MACHINE_PATH = re.compile(r"(?<![\w.~})-])/(?:work|root|home)/[\w.]")


def test_make_alone_lists_every_target_with_a_sentence() -> None:
    for command in (["make"], ["make", "help"]):
        said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
        listed = dict(re.findall(r"^  make (\w+) +(\S.*)$", said, flags=re.MULTILINE))
        assert tuple(sorted(listed)) == tuple(sorted(TARGETS))
        assert all(len(sentence) > 10 for sentence in listed.values())


def test_no_target_is_mistaken_for_a_file() -> None:
    makefile = (ROOT / "Makefile").read_text()
    phony = re.search(r"^\.PHONY: (.*)$", makefile, flags=re.MULTILINE)
    assert phony
    assert set(re.findall(r"^([a-z]+):", makefile, flags=re.MULTILINE)) == set(phony[1].split())


def test_make_without_a_python_says_what_to_install(tmp_path: Path) -> None:
    result = subprocess.run(
        ["make", "demo", "PYTHON=no-such-python"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert result.returncode != 0
    assert "no-such-python was not found" in result.stdout
    assert "apt-get install python3 python3-venv" in result.stdout


def test_ci_refuses_to_run_without_the_real_data(tmp_path: Path) -> None:
    environment = {**os.environ, "MIMIC_ASSETS_TEST_DATA": str(tmp_path)}
    result = subprocess.run(
        [ROOT / ".ci" / "run"], env=environment, capture_output=True, text=True, check=False, timeout=60
    )
    assert result.returncode == 1
    assert result.stdout == "", "nothing is installed or run before the data was looked for"
    assert "MIMIC_ASSETS_TEST_DATA" in result.stderr
    assert str(tmp_path / "mimic4wdb") in result.stderr


@pytest.mark.parametrize(
    ("text", "is_found"),
    [
        ("see /" + "home/someone/data", True),
        ('"/' + 'root/.cache"', True),
        ("cd /" + "work/main", True),
        ("https://example.org/" + "home/page", False),
        ("frame/" + "work/of", False),
        ("../" + "home/x", False),
    ],
)
def test_what_counts_as_a_path_of_a_machine(text: str, is_found: bool) -> None:
    assert bool(MACHINE_PATH.search(text)) is is_found


def test_no_file_names_a_path_of_the_machine_it_was_written_on() -> None:
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    answer = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=False)
    if answer.returncode:
        pytest.skip("not a git checkout (or no git here): which files belong to the repository is unknown")
    found = []
    for name in filter(None, answer.stdout.split("\0")):
        path = ROOT / name
        if not path.is_file():
            continue
        content = path.read_bytes()
        if b"\0" in content[:8192]:
            continue
        for number, line in enumerate(content.decode(errors="replace").splitlines(), start=1):
            if MACHINE_PATH.search(line):
                found.append(f"{name}:{number}")
    assert found == []

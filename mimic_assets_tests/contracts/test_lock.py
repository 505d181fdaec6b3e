"""The lock: every package pinned and hashed, no address in it, and never behind `pyproject.toml`."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENTS = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob("mimic_assets_tests/environments/*.in"))
LOCKS = ("requirements.lock", "scripts/uv.lock", *(f"{name.removesuffix('.in')}.lock" for name in ENVIRONMENTS))
ENTRY = re.compile(
    r"^(?P<name>[A-Za-z0-9._-]+)(?:\[[^]]*\])?==(?P<version>[^\s;\\]+)(?P<marker>\s*;[^\\]*)?(?P<hashes>.*)$"
)


def read_entries(text: str) -> dict[str, list[tuple[Version, list[str]]]]:
    """Return versions and hashes by package; fails on any line that is neither an entry nor a comment."""
    logical = re.sub(r"\\\n\s*", " \\\\ ", re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE))
    entries: dict[str, list[tuple[Version, list[str]]]] = {}
    for line in filter(str.strip, logical.splitlines()):
        entry = ENTRY.match(line)
        assert entry, f"no pinned package: {line[:120]!r}"
        rest = [part.strip() for part in entry["hashes"].split("\\") if part.strip()]
        assert all(re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", part) for part in rest), f"unexpected: {line[:120]!r}"
        entries.setdefault(canonicalize_name(entry["name"]), []).append((Version(entry["version"]), rest))
    return entries


@pytest.mark.parametrize("name", LOCKS)
def test_every_entry_is_pinned_and_hashed(name: str) -> None:
    entries = read_entries((ROOT / name).read_text())
    assert entries
    unhashed = [package for package, versions in entries.items() if not all(hashes for _, hashes in versions)]
    assert unhashed == []


@pytest.mark.parametrize(
    "bad",
    [
        "left-pad\n",
        "left-pad>=1.0 --hash=sha256:" + "0" * 64 + "\n",
        "left-pad==1.0 --hash=md5:" + "0" * 32 + "\n",
        "left-pad @ file:left-pad.whl\n",
        "-e .\n",
        "--find-links wheels\n",
    ],
)
def test_the_reader_of_this_test_refuses_what_a_lock_must_not_hold(bad: str) -> None:
    with pytest.raises(AssertionError):
        read_entries(bad)


@pytest.mark.parametrize(
    "name",
    [*LOCKS, "Makefile", ".ci/run", "pyproject.toml", *(f"scripts/{s}.py" for s in ("bootstrap", "machine", "steps"))],
)
def test_no_address_of_an_index(name: str) -> None:
    text = (ROOT / name).read_text()
    assert re.findall(r"\w+://\S*", text) == []
    assert (
        re.findall(r"--(?:extra-)?index-url\b|--find-links\b|--trusted-host\b", text.replace("--no-emit-index-url", ""))
        == []
    )


def test_the_lock_is_not_behind_the_project_file() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    locked = read_entries((ROOT / "requirements.lock").read_text())
    stale = []
    for requirement in map(Requirement, wanted):
        versions = [version for version, _ in locked.get(canonicalize_name(requirement.name), [])]
        if not versions or not all(requirement.specifier.contains(version, prereleases=True) for version in versions):
            stale.append(f"{requirement} (locked: {', '.join(map(str, versions)) or 'nothing'})")
    assert stale == [], "pyproject.toml changed after the lock was made: run `make lock`"


def test_the_lock_holds_what_builds_the_project_itself() -> None:
    """The project is installed offline and without build isolation, so its build backend has to be there before it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    locked = read_entries((ROOT / "requirements.lock").read_text())
    needed = {canonicalize_name(Requirement(text).name) for text in project["build-system"]["requires"]}
    needed.add("editables")  # hatchling asks for it only when the install is editable
    assert sorted(needed - locked.keys()) == [], "add these to the dev extra of pyproject.toml and run `make lock`"

"""A generated source, a lake in which one patient is still to be made, and `mimic-assets up` over both.

Belongs here: making and serving what the browser looks at. Not here: looking (`dagster_page`, `test_ui`).
"""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import URLError

import psutil

from mimic_assets.sources.demo import DemoPlan, generate_demo

_COMMAND = [sys.executable, "-c", "from mimic_assets.cli.app import main; main()"]
_STARTS_WITHIN_S, _ENDS_WITHIN_S = 120.0, 30.0


@dataclass(frozen=True)
class Demo:
    """A small source and its lake."""

    source: Path
    """Folder that holds `waveforms/` and `clinical/`."""
    lake: Path
    """Folder of the lake."""
    made: tuple[str, ...]
    """Patients whose tables stand."""
    waiting: str
    """The patient the browser makes."""

    @property
    def options(self) -> list[str]:
        """The command line options that name the source and the lake."""
        waveforms, clinical = self.source / "waveforms", self.source / "clinical"
        return ["--waveforms", str(waveforms), "--clinical", str(clinical), "--lake", str(self.lake)]


def make_demo(folder: Path, patients: int) -> Demo:
    """Generate patients and make all of them but the last through the command line."""
    source = folder / "source"
    generate_demo(source, DemoPlan(patients=patients, hours=4, waveform_minutes=5), 1)
    found = sorted(path.name.removeprefix("p") for path in (source / "waveforms").glob("waves/p*/p*"))
    demo = Demo(source, folder / "lake", tuple(found[:-1]), found[-1])
    run = [*_COMMAND, "run", *demo.options, "--patients", ",".join(demo.made), "--workers", "1", "--json"]
    ended = subprocess.run(run, capture_output=True, text=True, timeout=300, check=False)
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout)["patients"] == patients - 1
    return demo


@dataclass
class Server:
    """A running `mimic-assets up`."""

    address: str
    """URL without a slash at the end."""
    log: Path
    """What the server said."""
    process: subprocess.Popen[bytes]
    """The command itself; Dagster's processes are below it."""
    family: list[psutil.Process] = field(default_factory=list)
    """The command's children as they were when it was stopped."""

    def ask(self, query: str) -> dict[str, Any]:
        """Return what GraphQL answers."""
        body = json.dumps({"query": query}).encode()
        request = urllib.request.Request(f"{self.address}/graphql", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            told: dict[str, Any] = json.load(answer)
        assert not told.get("errors"), told["errors"]
        return dict(told["data"])

    def is_up(self) -> bool:
        """Return whether the code location is served and could be loaded."""
        try:
            answer = self.ask("{ repositoriesOrError { __typename ... on RepositoryConnection { nodes { name } } } }")
        except (URLError, ConnectionError, TimeoutError):
            return False
        return bool(answer["repositoriesOrError"].get("nodes"))

    def stop(self) -> list[psutil.Process]:
        """End the command as a terminal's Ctrl-C or a supervisor does, and return the processes it left behind."""
        if self.process.poll() is None:
            self.family = psutil.Process(self.process.pid).children(recursive=True)
            self.process.terminate()
            self.process.wait(_ENDS_WITHIN_S)
        _, alive = psutil.wait_procs(self.family, timeout=5)
        return alive


@contextmanager
def serving(demo: Demo, log: Path) -> Iterator[Server]:
    """Start `mimic-assets up` on a free port in a process group of its own; end it with everything it started."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {"MIMIC_ASSETS_WORKERS": "1"}
    with log.open("wb") as said:
        process = subprocess.Popen(
            [*_COMMAND, "up", *demo.options, "--port", str(port)],
            stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT, env=environment, start_new_session=True,
        )  # fmt: skip
    server = Server(f"http://127.0.0.1:{port}", log, process)
    try:
        latest = time.monotonic() + _STARTS_WITHIN_S
        while not server.is_up():
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < latest, log.read_text()
            time.sleep(0.5)
        yield server
    finally:
        try:
            left = server.stop()
        except subprocess.TimeoutExpired:
            process.kill()
            left = server.family
        for one in left:
            one.kill()

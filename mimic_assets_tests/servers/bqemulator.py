"""A BigQuery server of the test session (bqemulator, from its own environment): loopback only, free ports.

Its DuckDB finds the spatial extension in a home folder of its own, so nothing is downloaded and nobody's home changes.
"""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from mimic_assets_tests.servers.seaweedfs import _die_with_parent, _free_ports

READY_WITHIN_S = 60
_INSTALL = """
import pathlib, duckdb, duckdb_extension_spatial
[found] = pathlib.Path(duckdb_extension_spatial.__file__).parent.rglob("spatial.duckdb_extension*")
duckdb.sql(f"INSTALL '{found}'")
duckdb.sql("LOAD spatial")
"""


@dataclass(frozen=True, slots=True)
class BigQueryServer:
    """A running server without data sets."""

    port: int
    grpc_port: int
    """Of the Storage Read API; it knows tables, no results of queries, and starts each stream at its first row."""
    process_id: int

    @property
    def endpoint(self) -> str:
        """What BIGQUERY_EMULATOR_HOST has to say."""
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def running_bqemulator(python: Path) -> Iterator[BigQueryServer]:
    """Start a server with the Python of its environment; it is killed at the end by its process id."""
    home = Path(tempfile.mkdtemp(prefix="bqemulator-"))
    try:
        environment = os.environ | {"HOME": str(home)}
        subprocess.run([python, "-c", _INSTALL], env=environment, check=True, timeout=60)
        rest, grpc = _free_ports(2)
        log = home / "server.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [python.with_name("bqemulator"), "start", "--rest-host", "127.0.0.1", "--rest-port", str(rest),
                 "--grpc-host", "127.0.0.1", "--grpc-port", str(grpc), "--project", "billing"],
                cwd=home, env=environment, stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                start_new_session=True, preexec_fn=_die_with_parent,
            )  # fmt: skip
        try:
            server = BigQueryServer(rest, grpc, process.pid)
            _wait(server, process, log)
            yield server
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(timeout=30)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _wait(server: BigQueryServer, process: "subprocess.Popen[bytes]", log: Path) -> None:
    until = time.monotonic() + READY_WITHIN_S
    while True:
        try:
            with urlopen(f"{server.endpoint}/bigquery/v2/projects/billing/datasets", timeout=5):
                return
        except (URLError, OSError):
            if process.poll() is not None or time.monotonic() > until:
                tail = "\n".join(log.read_text(errors="replace").splitlines()[-20:])
                raise RuntimeError(f"bqemulator is not ready; the last lines of its log:\n{tail}") from None
            time.sleep(0.2)

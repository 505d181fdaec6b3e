"""Tools that cannot live in `.venv` (they pin other releases of what we use), each in an environment of its own.

`<name>.in` says what is wanted and why, `<name>.lock` pins and hashes it (`make lock`), `open_environment(name)` makes
it on first use below `.environments/` and returns its Python. Made from the lock alone, whole or not at all; several
test workers wait for one another.
"""

import fcntl
import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

_HERE = Path(__file__).parent
ROOT = _HERE.parents[1]
sys.path.insert(0, str(ROOT / "scripts"))
try:
    import bootstrap
finally:
    sys.path.remove(str(ROOT / "scripts"))

_SAID = 15


class EnvironmentAbsentError(Exception):
    """The environment could not be made; says the last lines of the tool that failed."""


def open_environment(name: str) -> Path:
    """Return the Python of an environment, made where it is not there or was made from another lock.

    Raises:
        EnvironmentAbsentError: a package could not be fetched or does not fit its hash.
    """
    lock = _HERE / f"{name}.lock"
    made_from = hashlib.sha256(lock.read_bytes() + sys.version.encode()).hexdigest()
    folder = ROOT / ".environments" / name
    stamp = folder / "mimic-assets.stamp"
    python = folder / "bin" / "python"
    folder.parent.mkdir(exist_ok=True)
    with (folder.parent / f"{name}.held").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        if python.exists() and stamp.exists() and stamp.read_text() == made_from:
            return python
        shutil.rmtree(folder, ignore_errors=True)
        print(f"making the environment {name} (once) ...", file=sys.stderr, flush=True)
        uv = [sys.executable, "-m", "uv"]
        _run([*uv, "venv", "--quiet", "--python", sys.executable, str(folder)])
        _run([*uv, "pip", "sync", "--quiet", "--python", str(python), "--require-hashes", str(lock)])
        stamp.write_text(made_from)
    return python


def _run(command: list[str]) -> None:
    finished = subprocess.run(
        command,
        cwd=ROOT,
        env=bootstrap.uv_environment(sys.executable, bootstrap.plain_environment()),
        capture_output=True,
        text=True,
        check=False,
    )
    if finished.returncode:
        said = "\n".join((finished.stdout + finished.stderr).strip().splitlines()[-_SAID:])
        raise EnvironmentAbsentError(f"{' '.join(command[1:4])} ended with {finished.returncode}:\n{said}")

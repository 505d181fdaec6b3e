"""A local folder as a place for whole objects.

Belongs here: how a put survives `kill -9` and power loss, and what disk errors mean. A put writes `.tmp-HOST-PID-TOKEN`
in the root, syncs it and renames it over the target: readers see the old object or the new one. Names that a killed
writer left are removed when the root is opened. (obstore's own local put renames too, but does not sync.)
"""

import errno
import os
import re
import shutil
import socket
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from obstore.exceptions import BaseError
from obstore.store import LocalStore

from mimic_assets.errors import RequestError
from mimic_assets.storage.root import ObjectRoot, checked

_TEMPORARY = re.compile(r"\.tmp-(?P<host>.+)-(?P<pid>[0-9]+)-[0-9a-f]{32}")
_DAY_S = 86_400
_CHUNK_BYTES = 1 << 20
_ADVICE = {
    errno.ENOSPC: "Free space on that disk or choose another lake, then run the same command again.",
    errno.EDQUOT: "Your disk quota is used up: free space or choose another lake, then run the same command again.",
    errno.EACCES: "Give your user read and write rights there, or choose another lake.",
    errno.EPERM: "Give your user read and write rights there, or choose another lake.",
    errno.EROFS: "That disk is mounted read-only: choose another lake.",
    errno.EEXIST: "A file stands where a folder is needed: move it away or choose another lake.",
    errno.ENOTDIR: "A file stands where a folder is needed: move it away or choose another lake.",
    errno.EXDEV: "A lake has to lie on one file system: no folder inside it may be a link to another disk.",
}


class LocalRoot(ObjectRoot):
    """Objects as files below a folder."""

    def __init__(self, uri: str, *, create: bool = True) -> None:
        """Open the folder, make it if asked to, and remove what killed writers left."""
        self.folder = _folder(uri)
        with self._explained("open it"):
            if not self.folder.is_dir():
                if not create:
                    raise RequestError(f"There is no lake at {self.folder}. Check the path, or make one with `run`.")
                _make_folders(self.folder)
            remove_leftovers(self.folder)
        super().__init__(uri, LocalStore(self.folder))

    def __reduce__(self) -> tuple[Callable[..., ObjectRoot], tuple[Any, ...]]:
        """Pickle as the request to open the same folder."""
        return LocalRoot, (str(self.folder),)

    def put(self, path: str, data: bytes | Path) -> int:
        """Store an object: temporary file, sync, rename, sync of the folder."""
        target = self.folder / checked(path)
        temporary = self.folder / f".tmp-{_host()}-{os.getpid()}-{uuid.uuid4().hex}"
        with self._explained(f"store {path}"):
            try:
                with temporary.open("xb") as file:
                    if isinstance(data, Path):
                        with data.open("rb") as source:
                            shutil.copyfileobj(source, file, _CHUNK_BYTES)
                    else:
                        file.write(data)
                    byte_count = file.tell()
                    file.flush()
                    os.fsync(file.fileno())
                _make_folders(target.parent)
                temporary.replace(target)
            except BaseException:
                temporary.unlink(missing_ok=True)
                raise
            _sync_folder(target.parent)
        return byte_count

    def address(self, path: str) -> str:
        """Return the absolute file name."""
        return str(self.folder / checked(path))

    def scan_options(self) -> dict[str, Any]:
        """Return nothing: files need no options."""
        return {}

    @contextmanager
    def _explained(self, doing: str) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError as error:
            raise FileNotFoundError(
                f"Lake {self.folder}: cannot {doing}: {error.filename or 'it'} does not exist"
            ) from None
        except OSError as error:
            advice = _ADVICE.get(error.errno or 0, "Check the disk and the folder's rights.")
            raise RequestError(f"Lake {self.folder}: cannot {doing}: {error.strerror or error}. {advice}") from None
        except BaseError as error:
            reason = str(error).splitlines()[0]
            raise RequestError(
                f"Lake {self.folder}: cannot {doing}: {reason}. Check the disk and the folder's rights."
            ) from None


def remove_leftovers(folder: Path) -> None:
    """Remove temporary files whose writer is dead (same host, process gone) or that are older than a day."""
    for entry in os.scandir(folder):
        match = _TEMPORARY.fullmatch(entry.name)
        if match is None:
            continue
        with suppress(FileNotFoundError):  # another process may be cleaning too
            is_ours = match["host"] == _host()
            is_old = time.time() - entry.stat().st_mtime > _DAY_S
            if is_old or (is_ours and not _is_alive(int(match["pid"]))):
                Path(entry.path).unlink()


def _host() -> str:
    """Name the set of process numbers we belong to: a container may share its host's name, but not its processes."""
    try:
        space = Path("/proc/self/ns/pid").stat().st_ino
    except OSError:
        space = 0
    return f"{socket.gethostname()}-{space}"


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _folder(uri: str) -> Path:
    if uri.startswith("file://"):
        return Path(unquote(urlsplit(uri).path)).absolute()
    if "://" in uri:
        raise RequestError(f"{uri!r} was given as a place for a lake; a folder or s3://bucket/prefix was expected.")
    return Path(uri).expanduser().absolute()


def _make_folders(folder: Path) -> None:
    """Make a folder and its parents, each entry synced, so that a rename into it survives power loss."""
    if folder.is_dir():
        return
    _make_folders(folder.parent)
    folder.mkdir(exist_ok=True)
    _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

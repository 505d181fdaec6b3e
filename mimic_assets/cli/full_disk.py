"""A disk that fills up below the Dagster instance: SQLite's and the system's errors -> one sentence with the numbers.

Belongs here: telling a full disk from other errors, and what to say. Not here: the lake's own objects
(`storage.local` explains those), or making the instance (`instance`).
"""

import errno
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from mimic_assets.errors import MimicAssetsError, RequestError

NEEDED_BYTES = 16 << 20
"""Free space below which SQLite's vague errors (`disk I/O error`) mean a full disk: an instance begins with 2 MB."""
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_FULL_WORDS = ("database or disk is full", "No space left on device", "Disk quota exceeded")
_VAGUE_WORDS = ("disk I/O error", "unable to open database file")


@contextmanager
def full_disk_explained(home: Path) -> Iterator[None]:
    """Turn what a full disk makes of work on an instance into a RequestError; every other error passes.

    Raises:
        RequestError: the disk below `home` is full.
    """
    try:
        yield
    except MimicAssetsError:
        raise
    except Exception as error:
        full = next((link for link in _chain(error) if _says_full(link, home)), None)
        if full is None:
            raise
        raise full_disk(_place_of(full, home)) from None


def full_disk(place: Path) -> RequestError:
    """Return what is said of a full disk: where, how much is free, what to do."""
    usage = shutil.disk_usage(_existing(place))
    return RequestError(
        f"The disk is full, or your quota on it is used up: nothing more can be written below {place}, where "
        f"{usage.free / 1e6:,.1f} of {usage.total / 1e6:,.1f} MB are free. What was made stands. Free space there, "
        "or name another --lake; then run the same command again."
    )


def says_full_disk(text: str, home: Path) -> bool:
    """Return whether the text of an error that was recorded elsewhere (another process) means a full disk."""
    if any(words in text for words in _FULL_WORDS):
        return True
    return any(words in text for words in _VAGUE_WORDS) and shutil.disk_usage(_existing(home)).free < NEEDED_BYTES


def is_full(error: OSError) -> bool:
    """Return whether the system refused to write for want of space, quota or a limit on file sizes."""
    return error.errno in _FULL


def _says_full(error: BaseException, home: Path) -> bool:
    if isinstance(error, OSError):
        return is_full(error)
    return isinstance(error, sqlite3.Error | DBAPIError) and says_full_disk(str(error), home)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and what caused it: Dagster wraps what its storage raises."""
    seen: list[BaseException] = []
    link: BaseException | None = error
    while link is not None and link not in seen:
        seen.append(link)
        yield link
        link = link.__cause__ or link.__context__


def _place_of(error: BaseException, home: Path) -> Path:
    """Return the folder of the file that could not be written, the instance's where the error names none."""
    return Path(error.filename).parent if isinstance(error, OSError) and isinstance(error.filename, str) else home


def _existing(home: Path) -> Path:
    """Return the folder, or the nearest above it that is there."""
    return next(folder for folder in (home, *home.parents) if folder.exists())

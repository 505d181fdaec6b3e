"""What a command gives: a console as wide as its tables, and a file that is there whole or not at all."""

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from rich.console import Console

from mimic_assets.errors import RequestError


def console() -> Console:
    """Return standard output as a console; in a pipe or a file it is wide enough for our tables."""
    return Console(width=None if sys.stdout.isatty() else 140, highlight=False)


def write_whole(output: Path, write: Callable[[Path], object]) -> None:
    """Write a file beside its place and rename it; folders above it are made.

    Args:
        output: the file.
        write: writes the path it is given.

    Raises:
        RequestError: it cannot be written; nothing is left behind.
    """
    draft = output.with_name(f".{output.name}.{os.getpid()}.part")
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        write(draft)
        draft.replace(output)
    except OSError as error:
        raise RequestError(f"Cannot write {output}: {error.strerror}. Name another --output.") from None
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)

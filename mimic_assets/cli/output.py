"""What a command gives: a console as wide as its tables, a file or picture that is there whole or not at all.

Also here: one sentence for whatever command meets an object of the lake that cannot be read.
"""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import polars as pl
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


def check_png(output: Path | None) -> None:
    """Refuse a picture's file of another kind, before anything is read for it.

    Raises:
        RequestError: its name does not end in .png.
    """
    if output is not None and output.suffix.lower() != ".png":
        raise RequestError(f"--output {output} was given; a file name that ends in .png was expected.")


def write_picture(output: Path, picture: bytes) -> None:
    """Write a picture whole, and say on standard error where it is."""
    write_whole(output, lambda draft: draft.write_bytes(picture))
    Console(stderr=True, highlight=False).print(f"\nDrawn into {output}", soft_wrap=True)


@contextmanager
def damage_told(lake: str) -> Iterator[None]:
    """Turn what polars says of a damaged object into a sentence with what to do."""
    try:
        yield
    except pl.exceptions.PolarsError as error:
        raise RequestError(
            f"An object of the lake {lake} cannot be read ({type(error).__name__}). Remove it or run again: "
            "`mimic-assets run` makes what is damaged anew."
        ) from None

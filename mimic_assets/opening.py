"""From a path or an address to an open record.

Belongs here: choosing the tree that a place means (a folder, a bucket). Does not belong here: what a record is
(`records`), clients (`storage`). It stands above both, since neither may know the other.
"""

from pathlib import Path

from mimic_assets.errors import RequestError
from mimic_assets.file_tree import FileTree
from mimic_assets.records import Record, open_wfdb
from mimic_assets.settings import S3Settings
from mimic_assets.sources.folder import FolderTree

_ENDING = ".hea"


def open_record(
    location: str | Path, *, threads: int = 1, verify: bool = False, s3: S3Settings | None = None
) -> Record:
    """Return a WFDB record; see `mimic_assets.open_record`."""
    place = str(location).removesuffix(_ENDING)
    folder, _, name = place.rpartition("/")
    if not name:
        raise RequestError(f"{location} found, a record expected: a path or s3:// address that ends with its name")
    tree = _tree(folder, place, s3)
    try:
        return open_wfdb(tree, name, threads=threads, verify=verify)
    except FileNotFoundError:
        raise RequestError(
            f"no {name}{_ENDING} found in {folder or 'this folder'}, a record's header expected; check the path"
        ) from None


def _tree(folder: str, place: str, s3: S3Settings | None) -> FileTree:
    if place.startswith("s3://"):
        from mimic_assets.storage.object_tree import ObjectTree  # its client is not needed for a folder
        from mimic_assets.storage.objects import open_root

        return ObjectTree(open_root(folder, s3, create=False))
    return FolderTree(Path(folder) if folder or not place.startswith("/") else Path("/"))

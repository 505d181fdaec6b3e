"""The published SHA-256 of a patient's files.

Belongs here: reading `SHA256SUMS.txt` at the root of a source. Does not belong here: what a difference means
(`signal_files`, `raw_numerics`).
"""

from mimic_assets.file_tree import FileTree

SUMS_FILE = "SHA256SUMS.txt"


def published_checksums(tree: FileTree, folder: str) -> dict[str, str]:
    """Return path -> SHA-256 (lower case) of every file that `SHA256SUMS.txt` lists below `folder`, sorted by path.

    Missing: empty where the source has no such file or it lists nothing there. Lines of another shape are not ours to
    judge and are passed over: a damaged list only means that fewer files can be checked.
    Source: sha256sum(1), coreutils: the sum, a space, a space or `*`, the path (PhysioNet writes one space).
    """
    if not tree.exists(SUMS_FILE):
        return {}
    with tree.open(SUMS_FILE) as file:
        content = file.read()
    wanted = folder.rstrip("/").encode() + b"/"
    found: dict[str, str] = {}
    at = content.find(wanted)
    while at >= 0:
        start = content.rfind(b"\n", 0, at) + 1
        end = content.find(b"\n", at)
        end = len(content) if end < 0 else end
        words = content[start:end].decode("utf-8", "replace").split(maxsplit=1)
        path = words[1].strip().removeprefix("*").removeprefix("./") if len(words) == 2 else ""
        if path.startswith(folder) and len(words[0]) == 64 and not set(words[0].lower()) - set("0123456789abcdef"):
            found[path] = words[0].lower()
        at = content.find(wanted, end)
    return dict(sorted(found.items()))

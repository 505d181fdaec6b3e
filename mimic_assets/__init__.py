"""From raw bedside recordings to training data that ICU researchers can trust.

`ls` reads as the journey; `docs/architecture.md` is its map. The one thing offered here is `open_record`; importing the
package loads nothing else.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from mimic_assets.records.any_record.record import Record
    from mimic_assets.settings import S3Settings

__version__ = "0.1.0"
__all__ = ["open_record"]


def open_record(
    location: "str | Path", *, threads: int = 1, verify: bool = False, s3: "S3Settings | None" = None
) -> "Record":
    """Return a WFDB record of any database, open for reading.

    Args:
        location: its path or address without or with `.hea`: `waves/p100/p10014354/81739927/81739927`,
            `s3://bucket/prefix/81739927`.
        threads: parts of signal files decoded at the same time; values do not depend on it.
        verify: decode every sample once now; what is damaged, or has another checksum than its header says, is then
            missing with its reason instead of an error at reading.
        s3: endpoint and credentials of an s3:// address; by default the MIMIC_ASSETS_S3_* and AWS_* variables.

    Returns:
        The record. `record.signals(["II", "ABP"], start_tick, end_tick, dtype)` gives arrays over `(start, end]` with
        the reason of every missing sample; `names`, `duration`, `clock` and `problems` tell what there is.

    Raises:
        RequestError: there is no such record, or the place cannot be reached.
        DataError: a header is wrong; file, line and field are named.
    """
    from mimic_assets.opening import open_record as opened

    return opened(location, threads=threads, verify=verify, s3=s3)

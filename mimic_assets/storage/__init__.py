"""Where the bytes of tables live: (table, key) to object and back, on a local folder or S3; all tables in and out.

Configuration alone chooses the place; objects are byte-identical in both and appear whole or not at all. Nothing here
knows medicine or the orchestrator.

Where do I go to... change a path? `keys`. put, get or list bytes? `objects`, `local`, `s3`; many ranges at once
`merged_ranges`, an object as a file `object_tree`. rows about one window? `near`. change what a Parquet file
holds? `parquet`. write, read or scan a table? `lake`. run SQL? `query`, which is imported by its own name: its
database would cost every process that only reads and writes tables 90 MiB and a second.
"""

from mimic_assets.storage.keys import Key
from mimic_assets.storage.lake import Lake, Stored
from mimic_assets.storage.objects import ObjectRoot, open_root

__all__ = ["Key", "Lake", "ObjectRoot", "Stored", "open_root"]

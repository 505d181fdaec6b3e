"""Which place a URI means: a local folder or a prefix of an S3 bucket.

Belongs here: the choice, nothing else. A further place is a subclass of `root.ObjectRoot` and a branch here.
"""

from mimic_assets.settings import S3Settings
from mimic_assets.storage.local import LocalRoot
from mimic_assets.storage.root import ObjectInfo, ObjectRoot
from mimic_assets.storage.s3 import S3Root

__all__ = ["ObjectInfo", "ObjectRoot", "open_root"]


def open_root(uri: str, s3: S3Settings | None = None, *, create: bool = True) -> ObjectRoot:
    """Open a folder (a path or file://...) or a prefix of a bucket (s3://bucket/prefix).

    Args:
        uri: the place.
        s3: endpoint and credentials; unset parts follow the AWS_* variables. Only looked at for s3://.
        create: make a local folder that does not exist; otherwise that is an error. Buckets are never created.

    Raises:
        RequestError: the place cannot be used: no such folder or bucket, wrong credentials, endpoint unreachable.
    """
    if uri.startswith("s3://"):
        root = S3Root(uri, s3 or S3Settings())
        root.probe()
        return root
    return LocalRoot(uri, create=create)

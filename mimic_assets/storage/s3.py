"""A prefix of an S3 bucket as a place for whole objects.

Belongs here: the client's options (bounded retries: a wrong endpoint must not cost minutes) and what its failures mean.
Objects up to 16 MiB are one put, larger ones a multipart upload that becomes visible when it is completed; give the
bucket a lifecycle rule that drops uploads which were never completed.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from mimic_assets.errors import RequestError
from mimic_assets.settings import S3Settings
from mimic_assets.storage.merged_ranges import Merged, by_call, cut, merge
from mimic_assets.storage.root import ObjectRoot, checked
from mimic_assets.storage.slots import Slots

_PART_BYTES = 16 << 20
_RETRIES = 3
_IN_FLIGHT = 64
_PER_CALL = 8
"""The client sends up to ten at once; eight calls make 64."""
_RETRY_S = 20

_CREDENTIALS = "MIMIC_ASSETS_S3_ACCESS_KEY_ID and MIMIC_ASSETS_S3_SECRET_ACCESS_KEY (or the AWS_* ones)"
_MEANINGS = (
    ("169.254.", ("no credentials were found", f"Set {_CREDENTIALS}.")),
    ("NoSuchBucket", ("there is no such bucket", "Check the bucket's name, region and endpoint.")),
    (" 401 ", ("the credentials were refused", f"Check {_CREDENTIALS}.")),
    (
        " 403 ",
        ("the credentials were refused", f"Check {_CREDENTIALS}, and that this user may read and write the bucket."),
    ),
    (" 404 ", ("there is no such bucket, or no S3 server", "Check the bucket's name, region and endpoint.")),
    (" 416 ", ("the object ends before the bytes that were asked for", "Fetch it again, or materialise it again.")),
    (
        "error sending request",
        (
            "the endpoint did not answer",
            "Check MIMIC_ASSETS_S3_ENDPOINT (or AWS_ENDPOINT_URL), the network, and that the server is up.",
        ),
    ),
)
"""What the client's text holds -> what it means and what to check; the first that fits. A listing tells a refusal only
in its text, so the text is what we go by."""


class S3Root(ObjectRoot):
    """Objects below a prefix of a bucket."""

    def __init__(self, uri: str, s3: S3Settings) -> None:
        """Make the client; nothing is sent before the first operation (see `probe`)."""
        match = re.fullmatch(r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(?P<prefix>.*))?", uri)
        if match is None:
            raise RequestError(f"{uri!r} was given as an S3 address; s3://bucket/prefix was expected.")
        if s3.endpoint and s3.endpoint.startswith("http://") and not s3.allow_http:
            raise RequestError(
                f"The S3 endpoint {s3.endpoint} is not encrypted. Use https://, or set MIMIC_ASSETS_S3_ALLOW_HTTP=1 "
                "where that is meant (a server on this machine)."
            )
        self.bucket = match["bucket"]
        self.prefix = (match["prefix"] or "").strip("/")
        if self.prefix:
            checked(self.prefix)
        self._s3 = s3
        self._in_flight = Slots(_IN_FLIGHT)
        given: dict[str, Any] = {"region": s3.region}
        if s3.endpoint:
            given["endpoint"] = s3.endpoint
        if s3.access_key_id and s3.secret_access_key:
            given["access_key_id"] = s3.access_key_id.get_secret_value()
            given["secret_access_key"] = s3.secret_access_key.get_secret_value()
            if s3.session_token:
                given["session_token"] = s3.session_token.get_secret_value()
        store = S3Store(
            self.bucket,
            prefix=self.prefix or None,
            client_options={"allow_http": s3.allow_http, "connect_timeout": "3s", "timeout": "120s"},
            retry_config={"max_retries": _RETRIES, "retry_timeout": timedelta(seconds=_RETRY_S)},
            **given,
        )
        super().__init__(uri, store)

    def __reduce__(self) -> tuple[Callable[..., ObjectRoot], tuple[Any, ...]]:
        """Pickle as the request to open the same prefix; the secret travels only inside the pickle."""
        return S3Root, (self.uri, self._s3)

    def probe(self) -> None:
        """Send one small request, so that wrong settings are told before any work."""
        with self._explained("list it"):
            next(iter(obstore.list(self._store, chunk_size=1)), None)

    def put(self, path: str, data: bytes | Path) -> int:
        """Store an object with one put, or a completed multipart upload where it is large."""
        byte_count = data.stat().st_size if isinstance(data, Path) else len(data)
        with self._explained(f"store {path}"):
            obstore.put(
                self._store,
                checked(path),
                data,
                use_multipart=byte_count > _PART_BYTES,
                chunk_size=_PART_BYTES,
                max_concurrency=4,
            )
        return byte_count

    def get_many(self, ranges: Sequence[tuple[str, int, int]]) -> list[bytes]:
        """Return the bytes of ranges, neighbours in one request, up to 64 requests at once."""
        merged = merge(ranges)
        calls = by_call(merged, _PER_CALL)
        read = map if len(calls) == 1 else self._readers.map
        return cut(ranges, merged, [data for found in read(self._get_merged, calls) for data in found])

    def _get_merged(self, requests: Sequence[Merged]) -> list[bytes]:
        """Read ranges of one object; one call of several costs the client less than a thread for each."""
        path, starts, ends = requests[0].path, [one.start for one in requests], [one.end for one in requests]
        with self._in_flight.taken(len(requests)), self._explained(f"read {path}"):
            found = obstore.get_ranges(self._store, checked(path), starts=starts, ends=ends, coalesce=0)
        return list(map(bytes, found))

    @cached_property
    def _readers(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(_IN_FLIGHT, thread_name_prefix="s3-ranges")

    def address(self, path: str) -> str:
        """Return the s3:// address."""
        return "/".join(part for part in (f"s3://{self.bucket}", self.prefix, checked(path)) if part)

    def scan_options(self) -> dict[str, Any]:
        """Return endpoint, region and credentials as Polars takes them; holds the secret."""
        s3 = self._s3
        options: dict[str, Any] = {
            "aws_region": s3.region,
            "aws_allow_http": str(s3.allow_http).lower(),
            "max_retries": _RETRIES,
        }
        if s3.endpoint:
            options["aws_endpoint_url"] = s3.endpoint
        if not (s3.access_key_id and s3.secret_access_key):
            return {"storage_options": options}  # Polars looks where obstore does: environment, then the machine's role
        options["aws_access_key_id"] = s3.access_key_id.get_secret_value()
        options["aws_secret_access_key"] = s3.secret_access_key.get_secret_value()
        if s3.session_token:
            options["aws_session_token"] = s3.session_token.get_secret_value()
        return {"storage_options": options, "credential_provider": None}

    @contextmanager
    def _explained(self, doing: str) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError as error:
            if "NoSuchBucket" in str(error):
                raise self._refusal(doing, error) from None
            raise FileNotFoundError(f"Bucket {self.bucket}: cannot {doing}: there is no such object") from None
        except BaseError as error:
            raise self._refusal(doing, error) from None

    def _refusal(self, doing: str, error: Exception) -> RequestError:
        text = str(error)
        found, advice = next(
            (meaning for sign, meaning in _MEANINGS if sign in text),
            (text.splitlines()[0], "Check the endpoint and its log."),
        )
        code = re.search(r"<Code>(\w+)</Code>", text)
        said = f" ({code[1]})" if code else ""
        endpoint = self._s3.endpoint or f"AWS S3 in {self._s3.region}"
        message = f"Bucket {self.bucket} at {endpoint}: cannot {doing}: {found}{said}. {advice}"
        for secret in (self._s3.secret_access_key, self._s3.session_token):
            if secret and secret.get_secret_value():
                message = message.replace(secret.get_secret_value(), "***")
        return RequestError(message)

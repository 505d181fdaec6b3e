"""`bq://BILLING_PROJECT?hosp=PROJECT.DATASET&icu=PROJECT.DATASET&subjects=all`: which data sets, and who pays.

Belongs here: reading and checking the address. Not here: credentials and limits (`settings`), any connection.
"""

import difflib
import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from mimic_assets.errors import RequestError

SCHEME = "bq://"
_DATASET = re.compile(r"[a-z][a-z0-9.:-]*[a-z0-9]\.[A-Za-z0-9_]+")
_PROJECT = re.compile(r"[a-z][a-z0-9-]{1,61}[a-z0-9]")
_KNOWN = ("hosp", "icu", "subjects")
_WHO = ("all", "recorded")


@dataclass(frozen=True, slots=True)
class BigQueryAddress:
    """Where the clinical tables lie in BigQuery."""

    billing_project: str
    """The project that queries run in and are billed to."""
    hosp: str
    """`project.dataset` of the hospital tables."""
    icu: str
    """`project.dataset` of the ICU tables."""
    only_recorded: bool = False
    """Whether only the subjects of the waveform source are asked for."""


def is_bigquery(clinical: str) -> bool:
    """Return whether a clinical source is an address in BigQuery."""
    return clinical.startswith(SCHEME)


def parse_address(text: str, hosp: str, icu: str) -> BigQueryAddress:
    """Return the parts of an address; data sets that it does not name are `hosp` and `icu`.

    Raises:
        RequestError: no project, an unknown or repeated option, or a name that BigQuery cannot have.
    """
    expected = f"{SCHEME}BILLING_PROJECT?hosp=PROJECT.DATASET&icu=PROJECT.DATASET expected"
    parts = urlsplit(text)
    if not _PROJECT.fullmatch(parts.netloc) or parts.path.strip("/") or parts.fragment:
        raise RequestError(f"clinical source {text!r} found, {expected}. Name the billing project, then the options.")
    given: dict[str, str] = {}
    for name, value in parse_qsl(parts.query, keep_blank_values=True):
        if name not in _KNOWN:
            near = difflib.get_close_matches(name, _KNOWN, 1)
            hint = f"Did you mean {near[0]}?" if near else f"It takes {', '.join(_KNOWN)}."
            raise RequestError(f"option {name!r} found in the clinical source, {expected}. {hint}")
        if name in given:
            raise RequestError(f"option {name} found twice in the clinical source, {expected}. Leave one out.")
        given[name] = value
    for name, value in (("hosp", given.setdefault("hosp", hosp)), ("icu", given.setdefault("icu", icu))):
        if not _DATASET.fullmatch(value):
            raise RequestError(
                f"{name}={value!r} found, PROJECT.DATASET expected, such as physionet-data.mimiciv_3_1_{name}. "
                "Name the data set with its project."
            )
    who = given.get("subjects", "all")
    if who not in _WHO:
        near = difflib.get_close_matches(who, _WHO, 1)
        hint = f"Did you mean {near[0]}?" if near else "Choose one of them."
        raise RequestError(f"subjects={who!r} found, {' or '.join(_WHO)} expected. {hint}")
    return BigQueryAddress(parts.netloc, given["hosp"], given["icu"], who == "recorded")

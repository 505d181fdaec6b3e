"""Whether the items and codes of definitions exist: checked against the source's own dictionaries.

Belongs here: what a dictionary is, and the near misses of what it does not hold. Does not belong here: reading the
dictionaries from a source (`clinical.dictionaries`).
"""

import difflib
from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from mimic_assets.errors import RequestError
from mimic_assets.events.definition import CodeList, Definition, Selection
from mimic_assets.schemas.tables import CLEANED_NUMERICS


class Dictionary(Protocol):
    """What a clinical source says exists; None where it does not say."""

    @property
    def items(self) -> dict[int, tuple[str, str]] | None:
        """Item -> (label, table it is charted in), of d_items and d_labitems."""
        ...

    @property
    def diagnoses(self) -> dict[tuple[int, str], str] | None:
        """(ICD version, code) -> title, of d_icd_diagnoses."""
        ...

    @property
    def procedures(self) -> dict[tuple[int, str], str] | None:
        """(ICD version, code) -> title, of d_icd_procedures."""
        ...


def unchecked_dictionaries(dictionary: Dictionary) -> list[str]:
    """Return the dictionaries a source lacks, or that cannot be read: what they would hold was not checked."""
    parts = {
        "d_items or d_labitems": dictionary.items,
        "d_icd_diagnoses": dictionary.diagnoses,
        "d_icd_procedures": dictionary.procedures,
    }
    return [name for name, part in parts.items() if part is None]


def check_definitions(definitions: Sequence[Definition], dictionary: Dictionary, parameters: Iterable[str]) -> None:
    """Check every item, code and monitor parameter of the definitions.

    Args:
        definitions: what counts as an event.
        dictionary: what the source says exists; what it does not say is not checked.
        parameters: canonical parameters of `cleaned_numerics`.

    Raises:
        RequestError: something is not there; every problem is listed, with the near misses.
    """
    known = tuple(parameters)
    problems = [
        f"  {definition.name}: {problem}"
        for definition in definitions
        for selection in definition.selections
        for problem in _problems(selection, dictionary, known)
    ]
    problems = list(dict.fromkeys(problems))
    if problems:
        raise RequestError(
            f"Event definitions name {len(problems)} thing(s) that do not exist:\n" + "\n".join(problems)
        )


def _problems(selection: Selection, dictionary: Dictionary, parameters: Sequence[str]) -> Iterator[str]:
    if selection.table == CLEANED_NUMERICS.name:
        for name in selection.parameters:
            if name not in parameters:
                yield f"parameter {name!r} is not measured{_nearest(name, parameters)}"
        return
    if dictionary.items is not None:
        for item in selection.items:
            label, table = dictionary.items.get(item, (None, None))
            if label is None:
                numbers = _nearest(str(item), [str(other) for other in dictionary.items])
                yield f"item {item} of {selection.table} is in no dictionary{numbers}"
            elif table != selection.table:
                yield f"item {item} ({label}) is charted in {table}, {selection.table} found in the definition"
    codes = dictionary.diagnoses if selection.table == "diagnoses_icd" else dictionary.procedures
    if codes is not None:
        for listed in selection.codes:
            yield from _unknown_codes(listed, codes)


def _unknown_codes(listed: CodeList, codes: dict[tuple[int, str], str]) -> Iterator[str]:
    of_version = [code for version, code in codes if version == listed.version]
    for code in (*listed.codes, *listed.but_not):
        if (listed.version, code) not in codes:
            yield f"ICD-{listed.version} code {code!r} is in no dictionary{_nearest(code, of_version)}"
    for prefix in listed.prefixes:
        if not any(code.startswith(prefix) for code in of_version):
            yield f"no ICD-{listed.version} code of the dictionary starts with {prefix!r}{_nearest(prefix, of_version)}"


def _nearest(name: str, names: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.6)
    return f"; did you mean {', '.join(near)}?" if near else ""

"""ICD codes: which name an event of this admission, and which look like one but never do.

Belongs here: lists of codes, each with its reason. Does not belong here: what is made of a match (`rules`, `coded`).
Codes are written as in `clinical_extract`: without dot or space, upper-case. Titles: MIMIC-IV d_icd_diagnoses and
d_icd_procedures (2.2). A diagnosis is coded after discharge, without a time and without a present-on-admission flag.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CodeList:
    """Codes of one ICD version."""

    version: int
    """9 or 10."""
    codes: tuple[str, ...] = ()
    """Whole codes."""
    prefixes: tuple[str, ...] = ()
    """Every code that starts so, the heading included."""

    def holds(self, code: str, version: int) -> bool:
        """Return whether a code of a version is one of these."""
        return version == self.version and (code in self.codes or code.startswith(self.prefixes))


ARREST_DIAGNOSES = (
    CodeList(9, codes=("4275",)),  # Cardiac arrest
    CodeList(10, codes=("I462", "I468", "I469")),  # Cardiac arrest: cardiac cause, other cause, cause unspecified
)

PERI_PROCEDURAL_ARREST_DIAGNOSES = (
    CodeList(
        10, prefixes=("I9712",)
    ),  # Postprocedural cardiac arrest, following cardiac (I97120) or other surgery (I97121)
    CodeList(
        10, prefixes=("I9771",)
    ),  # Intraoperative cardiac arrest, during cardiac (I97710) or other surgery (I97711)
)

RESUSCITATION_PROCEDURES = (
    CodeList(9, codes=("9960",)),  # Cardiopulmonary resuscitation, not otherwise specified
    CodeList(9, codes=("9963",)),  # Closed chest cardiac massage
    CodeList(9, codes=("3791",)),  # Open chest cardiac massage
    CodeList(10, codes=("5A12012",)),  # Performance of cardiac output, single, manual: chest compressions
)

SHOCK_PROCEDURES = (
    CodeList(9, codes=("9962",)),  # Other electric countershock of heart
    CodeList(10, codes=("5A2204Z",)),  # Restoration of cardiac rhythm, single
)

NEVER_AN_ARREST = (
    CodeList(
        9, codes=("V1253", "V1741")
    ),  # Personal history, family history of sudden cardiac arrest or death: not now
    CodeList(10, codes=("Z8674", "Z8241")),  # The same in ICD-10
    CodeList(9, codes=("77985",)),  # Cardiac arrest of newborn: another physiology, another record
    CodeList(10, codes=("P2981",)),  # The same in ICD-10
    CodeList(
        10, prefixes=("O03", "O04", "O05", "O06", "O07", "O08", "O29")
    ),  # Of pregnancy: O0336 ... O0881, O2911x; not this population
)
"""No rule may match one of these (a contract test); newborn and obstetric arrests make no event at all."""

NEVER_A_SHOCK = (
    CodeList(9, codes=("9961",)),  # Atrial cardioversion: elective by its title
)
"""No rule may match one of these; implanted defibrillators are not listed because nothing comes near them."""

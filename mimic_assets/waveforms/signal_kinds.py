"""What a signal measures, told from its name and unit: an index has to know whether to look for QRS or pulses.

Belongs here: the kinds and the names that monitors give them. Does not belong here: what is done with a kind.

Source: signal names of MIMIC-IV Waveform Database 0.1.0 (2022); MIMIC-III and MIT-BIH headers for the other spellings.
"""

from enum import Enum


class SignalKind(Enum):
    """The kinds that are judged differently."""

    ECG = "electrocardiogram, one lead"
    PPG = "plethysmogram of a pulse oximeter"
    ARTERIAL_PRESSURE = "invasive arterial pressure"
    BREATH = "impedance of the chest"
    OTHER = "anything else: venous and intracranial pressure, unknown names"


_LEADS = frozenset(
    ("i", "ii", "iii", "avr", "avl", "avf", "v", "v1", "v2", "v3", "v4", "v5", "v6", "mcl", "mcl1", "mlii", "ecg")
)
_PULSES = frozenset(["pleth", "pleth2", "plethl", "plethr", "plethpost", "ppg"])
_ARTERIES = frozenset(["abp", "art", "art1", "art2", "ao", "uap", "fap", "bap"])
_BREATHS = frozenset(["resp"])


def kind_of(signal: str, unit: str) -> SignalKind:
    """Return the kind of a signal; a known name in a unit that does not fit it is OTHER."""
    name = signal.strip().casefold()
    if name in _LEADS and unit.casefold() in ("mv", "uv"):
        return SignalKind.ECG
    if name in _PULSES:
        return SignalKind.PPG
    if name in _ARTERIES and unit.casefold() == "mmhg":
        return SignalKind.ARTERIAL_PRESSURE
    return SignalKind.BREATH if name in _BREATHS else SignalKind.OTHER

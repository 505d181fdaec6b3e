"""The catalogue of numerics: what a source column means, its canonical unit, and the values a body can have.

Belongs here: names and units seen or documented, their conversion, plausible bounds with the source of each. Does not
belong here: applying them (`flags`). Bounds tell the impossible from the possible, not the sick from the healthy: a
bound that a dying patient can cross would delete the events we look for.

Source: column headings of MIMIC-IV Waveform Database 0.1.0 (2022) and its documentation.
"""

from dataclasses import dataclass
from enum import StrEnum


class Site(StrEnum):
    """Where a triple of pressures is measured."""

    NBP = "nbp"
    ABP = "abp"
    PAP = "pap"


class Role(StrEnum):
    """A pressure's place in its triple."""

    SYSTOLIC = "systolic"
    DIASTOLIC = "diastolic"
    MEAN = "mean"


@dataclass(frozen=True, slots=True)
class Conversion:
    """Canonical value = (source value + shift) x factor."""

    shift: float = 0.0
    factor: float = 1.0


@dataclass(frozen=True, slots=True)
class Bounds:
    """The values that are plausible, in the canonical unit."""

    low: float
    high: float
    source: str
    """Who says so."""
    includes_low: bool = True
    includes_high: bool = True


@dataclass(frozen=True, slots=True)
class Parameter:
    """One canonical parameter."""

    name: str
    unit: str
    """Canonical unit."""
    sources: tuple[str, ...]
    """Names in source headings, without the unit."""
    units: dict[str, Conversion]
    """Source unit -> conversion; the canonical unit is always among them."""
    bounds: Bounds
    is_zero_no_signal: bool = False
    """Whether the monitor sends 0 when it measures nothing."""
    site: Site | None = None
    role: Role | None = None


_CODE = "mimic-code, concept vitalsign (MIMIC-IV, 2020-2024)"
_MONITOR = "Mindray BeneView T1 operator's manual, appendix A"
_PER_MINUTE = {"1/min": Conversion(), "/min": Conversion(), "bpm": Conversion(), "rpm": Conversion()}
_PRESSURE = {"mmHg": Conversion(), "kPa": Conversion(factor=7.500616827)}
_MILLISECONDS = {"ms": Conversion(), "msec": Conversion(), "s": Conversion(factor=1000.0)}
_LENGTH = {"mm": Conversion()}
_TEMPERATURE = {
    **dict.fromkeys(("degC", "C", "°C", "Cel"), Conversion()),
    **dict.fromkeys(("degF", "F", "°F"), Conversion(shift=-32.0, factor=5.0 / 9.0)),
}
_RATE = Bounds(0, 300, f"{_CODE}: heart rate below 300; 0 is kept apart as no signal", includes_high=False)
_SYSTOLIC = Bounds(0, 400, f"{_CODE}: above 0 and below 400 mmHg", includes_low=False, includes_high=False)
_LOWER = Bounds(0, 300, f"{_CODE}: above 0 and below 300 mmHg", includes_low=False, includes_high=False)
_QT = Bounds(200, 800, f"{_MONITOR}: QT and QTc are measured from 200 to 800 ms")
_VENOUS = Bounds(-10, 40, f"{_MONITOR}: range of CVP and ICP")
_PULMONARY = Bounds(-6, 120, f"{_MONITOR}: range of PA pressures")
_ST = Bounds(-20, 20, f"{_MONITOR}: ST is measured from -2.0 to +2.0 mV; 10 mm stand for 1 mV")
_BODY = Bounds(10, 50, f"{_CODE}: temperature above 10 and below 50 degC", includes_low=False, includes_high=False)


def _rate(name: str, *sources: str) -> Parameter:
    return Parameter(name, "1/min", sources, _PER_MINUTE, _RATE, is_zero_no_signal=True)


def _triple(site: Site, label: str, systolic: Bounds, lower: Bounds) -> tuple[Parameter, ...]:
    roles = ((Role.SYSTOLIC, "s", systolic), (Role.DIASTOLIC, "d", lower), (Role.MEAN, "m", lower))
    return tuple(
        Parameter(f"{site.value}_{role.value}", "mmHg", (f"{label}{letter}",), _PRESSURE, bounds, site=site, role=role)
        for role, letter, bounds in roles
    )


def _st(lead: str) -> Parameter:
    return Parameter(f"st_{lead.lower()}", "mm", (f"ST-{lead}",), _LENGTH, _ST)


PARAMETERS: tuple[Parameter, ...] = (
    _rate("heart_rate", "HR"),
    _rate("heart_rate_beat", "btbHR"),
    _rate("pulse_spo2", "Pulse (SpO2)"),
    _rate("pulse_nbp", "Pulse (NBP)"),
    _rate("pulse_abp", "Pulse (ABP)"),
    Parameter(
        "resp_rate",
        "1/min",
        ("RR",),
        _PER_MINUTE,
        Bounds(0, 70, f"{_CODE}: below 70 per minute; 0 is kept apart as no signal", includes_high=False),
        is_zero_no_signal=True,
    ),
    Parameter(
        "spo2",
        "%",
        ("SpO2",),
        {"%": Conversion()},
        Bounds(0, 100, f"{_CODE}: above 0 and up to 100 %", includes_low=False),
    ),
    Parameter(
        "perfusion_index",
        "NU",
        ("Perf",),
        {"NU": Conversion()},
        Bounds(
            0, 20, "pulse oximeters display the perfusion index up to 20 (Masimo SET operator's manuals: 0.02 to 20)"
        ),
    ),
    *_triple(Site.NBP, "NBP", _SYSTOLIC, _LOWER),
    *_triple(Site.ABP, "ABP", _SYSTOLIC, _LOWER),
    *_triple(Site.PAP, "PAP", _PULMONARY, _PULMONARY),
    Parameter("cvp_mean", "mmHg", ("CVPm", "CVP"), _PRESSURE, _VENOUS),
    Parameter("icp_mean", "mmHg", ("ICPm", "ICP"), _PRESSURE, _VENOUS),
    Parameter(
        "pvc_rate",
        "1/min",
        ("PVC",),
        _PER_MINUTE,
        Bounds(0, 300, "no more ectopic beats than beats: the bound of heart rate", includes_high=False),
    ),
    Parameter("qt", "ms", ("QT",), _MILLISECONDS, _QT),
    Parameter("qtc", "ms", ("QTc",), _MILLISECONDS, _QT),
    Parameter(
        "delta_qtc",
        "ms",
        ("DeltaQTc",),
        _MILLISECONDS,
        Bounds(-600, 600, "arithmetic: the difference of two QTc between 200 and 800 ms"),
    ),
    Parameter(
        "qt_heart_rate",
        "1/min",
        ("QT-HR",),
        _PER_MINUTE,
        Bounds(15, 180, f"{_MONITOR}: QT-HR from 15 to 150, to 180 in children"),
    ),
    *(_st(lead) for lead in ("I", "II", "III", "aVR", "aVL", "aVF", "V", "V1", "V2", "V3", "V4", "V5", "V6", "MCL")),
    Parameter("temperature_blood", "degC", ("Tblood",), _TEMPERATURE, _BODY),
    Parameter("temperature_core", "degC", ("Tcore",), _TEMPERATURE, _BODY),
    Parameter("temperature_oesophagus", "degC", ("Tesoph",), _TEMPERATURE, _BODY),
)
"""Every known parameter; the order means nothing."""

_BY_SOURCE = {source: p for p in PARAMETERS for source in (p.name, *p.sources)}


def find_parameter(source_name: str) -> Parameter | None:
    """Return the parameter a source column (without unit) or a canonical name stands for; None where we know none.

    Examples:
        >>> find_parameter("Pulse (SpO2)").name
        'pulse_spo2'
        >>> find_parameter("abp_mean").name
        'abp_mean'
        >>> find_parameter("XYZ") is None
        True
    """
    return _BY_SOURCE.get(source_name)

"""Outputs of assets whose objects are made patient by patient: the body names a function and its inputs, no more."""

from collections.abc import Callable

import dagster as dg

from mimic_assets.defs.derivation import Derivation, FromTables, TableHandle
from mimic_assets.schemas.judged import Judged, JudgedParts


def each_patient(
    function: Callable[..., Judged | JudgedParts],
    *inputs: TableHandle,
    needs_definitions: bool = False,
    needs_signals: bool = False,
) -> dg.Output[Derivation]:
    """Return the output of an asset whose objects are made patient by patient."""
    names = tuple(handle.table for handle in inputs)
    return dg.Output(FromTables(function, names, needs_definitions=needs_definitions, needs_signals=needs_signals))


def each_patient_and_task(
    function: Callable[..., Judged | JudgedParts],
    *inputs: TableHandle,
    needs_completeness: bool = False,
    waveform_inputs: tuple[TableHandle, ...] = (),
    needs_signals: bool = False,
) -> dg.Output[Derivation]:
    """Return the output of an asset whose objects are made patient by patient, for every task of the lake."""
    names, more = tuple(handle.table for handle in inputs), tuple(handle.table for handle in waveform_inputs)
    return dg.Output(FromTables(function, names, True, needs_completeness, False, more, needs_signals))

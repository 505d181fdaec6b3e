"""Clinical events with what is known of their time: `clinical_extract`, `cleaned_numerics`, `record_stays` ->
`clinical_events`.

Every event says which rule and version found it, which source rows say so, and `[lower, upper]`, the times between
which it began. Definitions are plain data, so that they can move into files. Does not belong here: what an event
means for a label (`windows`), or which rows are fit to be read (`clinical`, `numerics`).

Where do I go to... change a threshold, an item or add a rule? `rules`. see why an ICD code counts, or never does?
`codes`.
    see how a death is timed? `deaths`; whether it was expected? `comfort_care`.
    see what a charted item or rhythm becomes? `charted`; a coded procedure or diagnosis? `coded`; low pressure?
    `low_pressure`. see which stay and admission a time lies in? `whereabouts`. see how findings become rows of the
    ledger? `ledger`.
"""

from mimic_assets.events.ledger import find_events

__all__ = ["find_events"]

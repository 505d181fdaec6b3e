"""Clinical events with what is known of their time: `clinical_extract`, `cleaned_numerics`, `record_stays` ->
`clinical_events`.

What counts as an event is data (`definitions/*.toml`). Every event says which rule and version found it, which source
rows speak for and against it, and `[lower, upper]`, the times between which it began. Does not belong here: what an
event means for a label (`windows`), or which rows are fit to be read (`clinical`, `numerics`).

Where do I go to... change a threshold, an item, a code? `definitions/`. know what a definition may say? `definition`;
read one? `load`; see whether its codes exist? `dictionary`.
    see which rows a rule takes? `selection`, `texts`; what they become? `row_rules`; monitor episodes? `episodes`.
    see when findings are one event? `merging`; of a death? `deaths`, `comfort_care`; its name? `names`.
    see what speaks for or against one? `evidence`. in which stay it lies? `whereabouts`. what reviewers decided?
    `adjudication`; what they should look at? `review`. what becomes a row of the ledger? `ledger`.
"""

from mimic_assets.events.adjudication import read_adjudications
from mimic_assets.events.definition import Definition
from mimic_assets.events.dictionary import check_definitions
from mimic_assets.events.ledger import find_events
from mimic_assets.events.load import definitions_fingerprint, items_by_table, load_definitions, tables_by_event
from mimic_assets.events.review import worklist

__all__ = [
    "Definition",
    "check_definitions",
    "definitions_fingerprint",
    "find_events",
    "items_by_table",
    "load_definitions",
    "read_adjudications",
    "tables_by_event",
    "worklist",
]

"""Stage 4 and the end of stage 3: index times, labels, and the windows that are cut for them.

In: clinical_extract, clinical_events, record_stays, cleaned_numerics (one patient), and a task; for tasks with
waveforms raw_records with a reader of its samples, waveform_quality and waveform_features.
Out: clinical_labels (`label_stays`) and windowed_samples (`cut_windows`).

Where do I go to... see which index times exist? `index_times`, `known_events`. know what makes a label positive, or
why it is null? `targets`, `untimed_events`, `follow_up`, `code_status` and `care_limitation`, put in order by
`exclusions`, composed by `labels`. count what is left after each reason? `attrition`. see which record a window is cut
from? `coverage`, `usable_tiles`. know what a task does about a monitor's clock? `clock_lag`. see what is in a window?
`series` -> `grid` -> `gap_policies` -> `features`, and `signal_windows`, `tile_windows` -> `waveforms`, composed by
`samples`. prove that nothing of the future is in it? `leakage` and `hindsight` delete what came later, `foresight`
looks at the label's side; the shell rebuilds and compares.
"""

from mimic_assets.windows.attrition import ALL, LABELLED, WINDOWS, add_attritions, attrition, attrition_of
from mimic_assets.windows.foresight import early_targets, late_windows
from mimic_assets.windows.hindsight import known_rows
from mimic_assets.windows.labels import label_stays
from mimic_assets.windows.leakage import INPUTS, differences, truncated, truncated_raw
from mimic_assets.windows.recordings import known_shifts
from mimic_assets.windows.samples import cut_windows

__all__ = [
    "ALL",
    "INPUTS",
    "LABELLED",
    "WINDOWS",
    "add_attritions",
    "attrition",
    "attrition_of",
    "cut_windows",
    "differences",
    "early_targets",
    "known_rows",
    "known_shifts",
    "label_stays",
    "late_windows",
    "truncated",
    "truncated_raw",
]

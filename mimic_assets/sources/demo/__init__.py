"""A generated source shaped like MIMIC-IV and its Waveform Database, with planted events and the truth about them.

Nothing enters but a `DemoPlan`; what leaves is a folder:

    waveforms/   the published layout: RECORDS, SHA256SUMS.txt, waves/pNNN/pNNNNNNNN/RRRRRRRR/...
    clinical/    hosp/*.csv.gz and icu/*.csv.gz with the real columns
    truth/       events.csv (must be found), decoys.csv (must not be), care_limits.csv (code-status orders),
                 clock_lags.csv (monitor clocks)
    demo.json    plan, fingerprint of this code, summary

The truth is decided before noise is drawn and imports nothing of the pipeline it judges. Where do I go to...?

    change who the subjects are         cohort.py, course.py
    plan pressure and acute events      pressure.py, pressure_edges.py, acute.py
    plan heart rate and oxygen          vitals.py, vital_times.py
    plan infarctions                    infarction.py
    say what must come of them          truth.py, vital_truth.py, infarction_truth.py
    make the patient more lifelike      physiology.py, beats.py, shapes.py
    change the monitor's files          segments.py, headers.py, waveforms.py, message_times.py, cuff.py,
                                        numerics_csv.py
    change the hospital's tables        clinical_tables.py, charting.py, orders.py, codes.py, treatments.py,
                                        dictionaries.py
"""

from mimic_assets.sources.demo.plan import DemoPlan, DemoSummary
from mimic_assets.sources.demo.write import generate_demo

__all__ = ["DemoPlan", "DemoSummary", "generate_demo"]

"""Start of stage 3: which record lies in which ICU stay, and how far the monitor's clock is from the chart's.

In: raw_records, cleaned_numerics, clinical_extract of one patient. Out: record_stays (`find_record_stays`). The
waveform database names the subject and the admission, never the stay; and nobody set the monitor's clock by the
hospital's.

Where do I go to... see which record meets which stay? `link`. know which chart rows are compared, and from when they
may be used? `charted`. see what the monitor showed, and how wide the search is? `grid`. see how a look votes on the
lag? `votes`; how votes become a lag and a confidence? `estimate`; what was known at each hour of the stay? `audit`.
Does not belong here: what happened in a stay (`events`), what a task does about a lag (`windows`).
"""

from mimic_assets.stays.audit import find_record_stays
from mimic_assets.stays.charted import CHARTED_KNOWN_AFTER_S
from mimic_assets.stays.grid import WIDEST_LAG_S
from mimic_assets.stays.link import link_stays

__all__ = ["CHARTED_KNOWN_AFTER_S", "WIDEST_LAG_S", "find_record_stays", "link_stays"]

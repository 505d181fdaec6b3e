"""Any WFDB record as arrays: one segment or many, fixed or variable layout, every format of signal(5).

Where do I go to read headers? `headers`. To turn them into a plan? `header_plan`. For what a user holds? `record`. To
decode everything once and know what is whole? `verified`. The published database as tables is `raw_records`, which is
stricter; opening a path or an address is `mimic_assets.open_record`.
"""

from mimic_assets.records.any_record.record import Record, SignalArray, open_wfdb

__all__ = ["Record", "SignalArray", "open_wfdb"]

"""`python -m mimic_assets_tests.truth [SOURCE LAKE]`: prints the accuracy of a demo's ledger against its truth file."""

import sys
from pathlib import Path

from mimic_assets.schemas.tables import CLINICAL_EVENTS
from mimic_assets.storage.lake import Lake
from mimic_assets_tests.truth.accuracy import measure, table
from mimic_assets_tests.truth.planted import Planted

if __name__ == "__main__":
    source, lake = sys.argv[1:] or (".demo/source", ".demo/lake")
    events = Lake.open(lake).scan(CLINICAL_EVENTS).collect().to_dicts()
    print(table(measure(Planted(Path(source)), events)))

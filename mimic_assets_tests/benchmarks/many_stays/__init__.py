"""A generated clinical source of as many ICU stays as are asked for: what `bench_events` measures on.

Belongs here: csv.gz files in the layout of MIMIC-IV whose rows are the ones the extract keeps, drawn fast and the same
each time. Not here: planted truth and the oddities of real files, which are the demo's (`mimic_assets.sources.demo`).

Where do I go to... see who is admitted, and when they die? `cohort`. see what is charted? `charting`. see the other
tables? `tables`. see the files that only the peer reads? `published`. see how files are written? `write`.
"""

from mimic_assets_tests.benchmarks.many_stays.cohort import Plan
from mimic_assets_tests.benchmarks.many_stays.write import generated_source

__all__ = ["Plan", "generated_source"]

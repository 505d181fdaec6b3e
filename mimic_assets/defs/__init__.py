"""The Dagster shell: when things run. Nothing here knows medicine; nothing below knows Dagster.

Where do I go to... see what depends on what? `assets`. how a key's object is made, skipped or quarantined? `making`.
how keys spread over cores? `crew`. what an asset output becomes? `io_managers`. what stops a batch? `checks`.
what runs by itself? `automation`. the words the UI shows? `describing`, `pictures`.
"""

import warnings

# Batches rest on `backfill_policy` and typed previews on the pandas types; they are "beta" in the Dagster release that
# the lock file pins, and contract tests guard what we use of them. Only these are silenced, by their words alone:
# naming the class of the warning would make every worker import Dagster.
warnings.filterwarnings("ignore", r"Parameter `backfill_policy`.*", Warning)
warnings.filterwarnings("ignore", r"Class `PandasColumn`.*", Warning)
warnings.filterwarnings("ignore", r"Function `create_dagster_pandas_dataframe_type`.*", Warning)

"""Stage 2, cleaned: numerics with canonical parameter, harmonised unit, value and one flag per cell; nothing dropped.

Enter: `raw_numerics`, `raw_records` (for the end of each record). Leave: `cleaned_numerics`, rejected columns.

Where do I go to add a parameter, a unit or a bound? `parameters`. To see what makes a cell unusable? `flags`. For
rules over several pressures of one moment? `pressure`. The regular grid that windows need is drawn in `windows`.
"""

from mimic_assets.numerics.clean import clean
from mimic_assets.numerics.parameters import PARAMETERS, Parameter

__all__ = ["PARAMETERS", "Parameter", "clean"]

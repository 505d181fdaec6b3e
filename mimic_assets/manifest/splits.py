"""Which split a subject belongs to: by its id and the task's seed alone. What is chosen within a split is `selection`.

A subject is in one split only and stays there when data are added. The promise begins at `MINIMUM_SUBJECTS`: below it a
held-out set of one or two subjects measures nothing, so all are in train, marked provisional, and move once.
"""

from collections.abc import Iterable

import polars as pl

from mimic_assets.manifest.draws import unit_draw
from mimic_assets.schemas import fields as f
from mimic_assets.schemas.vocabulary import Split
from mimic_assets.tasks.model import SplitRule

MINIMUM_SUBJECTS = 10
"""Fewest subjects with samples of the task for which the shares of the rule are kept."""

_SCHEMA = pl.Schema({c.name: c.dtype for c in (f.SUBJECT_ID, f.SPLIT, f.IS_SPLIT_PROVISIONAL)})


def split_of(subject_id: int, rule: SplitRule) -> Split:
    """Return the split of a subject: its draw u in [0, 1) is train below `train`, tuning below `train + tuning`."""
    u = unit_draw("split", rule.seed, subject_id)
    if u < rule.train:
        return Split.TRAIN
    return Split.TUNING if u < rule.train + rule.tuning else Split.HELD_OUT


def assign(subjects: Iterable[int], rule: SplitRule) -> pl.DataFrame:
    """Return the split of every subject that has samples of the task.

    Args:
        subjects: Subject ids in any order, repeats allowed: all that have samples, or the count below means nothing.
        rule: Shares and seed.

    Returns:
        `subject_id split is_split_provisional`, one row per subject, sorted by subject. Below `MINIMUM_SUBJECTS` every
        split is train and provisional; from there on it is `split_of`, whoever else is there.
    """
    known = sorted(set(subjects))
    provisional = len(known) < MINIMUM_SUBJECTS
    splits = [Split.TRAIN.value if provisional else split_of(subject, rule).value for subject in known]
    return pl.DataFrame([known, splits, [provisional] * len(known)], schema=_SCHEMA)

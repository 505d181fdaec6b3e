"""A task in plain words: what a clinician would want to object to before anything is trained.

Belongs here: sentences made from a task's numbers. Does not belong here: what the numbers may be (`tasks.model`).
"""

from collections.abc import Mapping

from mimic_assets.events import Definition
from mimic_assets.tasks import Task
from mimic_assets.tasks.model import FollowUp

_FOLLOW_UP = {
    FollowUp.HOSPITAL_DISCHARGE: "the patient leaves the hospital or dies",
    FollowUp.PRESSURE_SIGNAL: "the continuous usable arterial pressure ends",
    FollowUp.ICU_OUT: "the patient leaves the ICU",
    FollowUp.ICU_OUT_OR_CARE_LIMIT: "the patient leaves the ICU, or an excluded limitation of care is ordered",
}


def explain(task: Task, definitions: Mapping[str, Definition]) -> list[str]:
    """Return what a task says, as sentences.

    Args:
        task: the task.
        definitions: what counts as an event, by name.
    """
    named = [definitions[name].title if name in definitions else name for name in task.event.names]
    tiers = "tier A" if task.event.minimum_tier == "A" else "tiers A and B"
    apart = f"; never of class {', '.join(task.event.excluded_classes)}" if task.event.excluded_classes else ""
    competing = f"; before it {', '.join(task.competing)} ends the chance" if task.competing else ""
    care = ", ".join(task.care.excluded)
    return [
        f"The event: {'; or '.join(named)} ({tiers}{apart}). Lower tiers only keep a stay from being a negative.",
        _when(task),
        f"A positive: the event surely begins more than {length(task.target.gap_s)} and at most "
        f"{length(task.target.gap_s + task.target.horizon_s)} after the index time; one that begins earlier, or whose "
        "bounds straddle a boundary, excludes the index time.",
        "A negative: no event, and follow-up to the end of that time; it lasts until "
        f"{_FOLLOW_UP[task.target.follow_up]}{competing}.",
        f"Left out: {length(task.index.blanking_s)} after an event's end; limitations of care: {care or 'none'}.",
        f"Inputs: {len(task.numerics.parameters)} parameters over the {length(task.numerics.observation_s)} up to and "
        f"including the index time, in cells of {length(task.numerics.cell_s)}; a window needs "
        f"{task.coverage.minimum_fraction:.0%} of its cells with {' or '.join(task.coverage.any_of)}.",
        *_waveforms(task),
        f"A lag above {length(task.clock.large_lag_s)} between monitor and chart: {task.clock.large_lag.value}.",
        f"Controls: {task.controls.per_positive} for each positive, matched on "
        f"{', '.join(task.controls.match_on) or 'nothing'}; subjects are split {task.split.train:.0%} train, "
        f"{task.split.tuning:.0%} tuning, {task.split.held_out:.0%} held out (seed {task.split.seed}).",
    ]


def _waveforms(task: Task) -> list[str]:
    rule = task.waveforms
    if rule is None:
        return []
    noisy = ", noisy ones included" if rule.noise_is_usable else ""
    return [
        f"Signals: {', '.join(rule.signals)} at their native rates, {rule.frame_count:,} frames ({rule.tile_count} "
        f"tiles, about {length(rule.observation_s)}) up to the last that has ended by the index time, with "
        f"{len(rule.tile_features)} features of each tile; a window needs {rule.minimum_usable_fraction:.0%} of its "
        f"tiles usable{noisy} in {' or '.join(rule.required_any)}."
    ]


def _when(task: Task) -> str:
    if task.index.stride_s is not None:
        return f"Index times: every {length(task.index.stride_s)} of an ICU stay, counted from its intime."
    return f"Index times: once, {length(task.index.offset_s or 0)} after {task.index.anchor}."


def length(seconds: int) -> str:
    """Return a length of time in words.

    Examples:
        >>> length(0), length(90), length(300), length(5400), length(86400)
        ('0 s', '90 s', '5 min', '1 h 30 min', '24 h')
    """
    if seconds % 60 or seconds == 0:
        return f"{seconds} s"
    hours, minutes = divmod(seconds // 60, 60)
    return " ".join(part for part in (f"{hours} h" if hours else "", f"{minutes} min" if minutes else "") if part)

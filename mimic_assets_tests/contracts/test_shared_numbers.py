"""Numbers that two stages need and cannot share by import: they are tied here."""

from mimic_assets.events import rules
from mimic_assets.windows import follow_up


def test_follow_up_of_pressure_means_the_same_continuity_and_duration_as_the_event() -> None:
    assert rules.LOW_PRESSURE.continuous_s * 1_000_000 == follow_up.LONGEST_SILENCE
    assert rules.LOW_PRESSURE.lasting_s * 1_000_000 == follow_up.CONFIRMATION
    assert rules.LOW_PRESSURE.parameter == "abp_mean"

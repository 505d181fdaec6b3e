"""Numbers that two stages need and cannot share by import: they are tied here."""

from mimic_assets import stays
from mimic_assets.events import rules
from mimic_assets.tasks import model
from mimic_assets.windows import follow_up


def test_follow_up_of_pressure_means_the_same_continuity_and_duration_as_the_event() -> None:
    assert rules.LOW_PRESSURE.continuous_s * 1_000_000 == follow_up.LONGEST_SILENCE
    assert rules.LOW_PRESSURE.lasting_s * 1_000_000 == follow_up.CONFIRMATION
    assert rules.LOW_PRESSURE.parameter == "abp_mean"


def test_a_task_never_knows_charted_values_later_than_the_clock_audit_uses_them() -> None:
    assert model.LAG_KNOWN_AFTER_S == 2 * stays.WIDEST_LAG_S
    assert stays.CHARTED_KNOWN_AFTER_S <= model.LAG_KNOWN_AFTER_S
    assert model.CareRule().charted_known_after_s == stays.CHARTED_KNOWN_AFTER_S

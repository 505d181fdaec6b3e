"""Numbers that two stages need and cannot share by import: they are tied here."""

from mimic_assets import stays
from mimic_assets.tasks import model
from mimic_assets.windows import follow_up
from mimic_assets_tests.event_ledger import rule, shipped


def test_follow_up_of_pressure_means_the_same_continuity_and_duration_as_the_event() -> None:
    low = rule("low_pressure")
    assert low.continuous_s * 1_000_000 == follow_up.LONGEST_SILENCE
    assert low.lasting_s * 1_000_000 == follow_up.CONFIRMATION
    assert low.parameters == ("abp_mean",)


def test_the_events_that_the_monitor_times_are_those_whose_every_rule_is_an_episode() -> None:
    episodes = {d.name for d in shipped() if all(rule.table == "cleaned_numerics" for rule in d.rules)}
    assert episodes == model.MONITOR_TIMED


def test_a_task_never_knows_charted_values_later_than_the_clock_audit_uses_them() -> None:
    assert model.LAG_KNOWN_AFTER_S == 2 * stays.WIDEST_LAG_S
    assert stays.CHARTED_KNOWN_AFTER_S <= model.LAG_KNOWN_AFTER_S
    assert model.CareRule().charted_known_after_s == stays.CHARTED_KNOWN_AFTER_S

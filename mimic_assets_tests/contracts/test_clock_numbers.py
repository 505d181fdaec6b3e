"""Numbers of the clock audit that tasks need and cannot import: they are tied here."""

from mimic_assets import stays
from mimic_assets.tasks import model


def test_a_task_never_knows_charted_values_later_than_the_clock_audit_uses_them() -> None:
    assert model.LAG_KNOWN_AFTER_S == 2 * stays.WIDEST_LAG_S
    assert stays.CHARTED_KNOWN_AFTER_S <= model.LAG_KNOWN_AFTER_S
    assert model.CareRule().charted_known_after_s == stays.CHARTED_KNOWN_AFTER_S

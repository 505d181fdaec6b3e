"""icu-leakage-check over the window table of the linked real records: nothing fails, and what can be asked passes."""

import pytest

from mimic_assets.settings import S3Settings
from mimic_assets.storage.lake import Lake
from mimic_assets.tasks import load_task
from mimic_assets_tests.comparisons.leakage_check import Copy, audit, statuses
from mimic_assets_tests.comparisons.window_table import export
from mimic_assets_tests.conftest import environment_python
from mimic_assets_tests.defs.journeys import RealJourney

pytestmark = [pytest.mark.real_data, pytest.mark.slow]


def test_the_linked_real_records_pass(linked_journey: RealJourney) -> None:
    """Four records of three subjects: all are in train, provisionally, so checks of splits have nothing to look at."""
    environment_python("leakage_check")
    place, task = linked_journey.lake, load_task("in_hospital_death")
    table = export(Lake.open(str(place), S3Settings()), task)
    found = audit(place, task.name, {"real": Copy(table)})["copies"]["real"]
    worst = statuses(found)
    assert [finding for finding in found if finding["status"] == "fail"] == []
    asked = {"event_timing", "truncation_invariance", "outcome_timing", "eligibility_timing", "hindsight_features"}
    assert {check: worst[check] for check in asked} == dict.fromkeys(asked, "pass")

"""A wrong event rule makes the comparison with the truth fail: the demo's plants are strong enough to judge rules."""

from collections.abc import Callable

import polars as pl
import pytest

from mimic_assets.events import find_events
from mimic_assets.schemas.tables import EVENT_ADJUDICATIONS
from mimic_assets_tests.event_ledger import shipped
from mimic_assets_tests.truth.judgement import Judgement
from mimic_assets_tests.truth.ledger import decoys_taken, differences
from mimic_assets_tests.truth.mutations import MUTATIONS, Mutation

pytestmark = pytest.mark.slow

Complaints = Callable[[Mutation], list[str]]


@pytest.fixture(scope="module")
def complaints(judgement: Judgement) -> Complaints:
    """Find events over the stored frames of every subject with a mistake, and compare."""
    subjects = sorted(int(row["subject_id"]) for row in judgement.planted.clinical("hosp/patients"))
    extract, numerics, stays = map(pl.concat, zip(*map(judgement.frames, subjects), strict=True))

    def find(mutation: Mutation) -> list[str]:
        definitions, nobody = mutation.define(shipped()), EVENT_ADJUDICATIONS.empty()
        judged = find_events(definitions, nobody, *mutation.show((extract, numerics, stays)))
        ledger = mutation.read(judged.frame).to_dicts()
        return differences(judgement.planted, ledger) + decoys_taken(judgement.planted, ledger)

    return find


def test_the_rules_as_they_are_agree(complaints: Complaints) -> None:
    assert complaints(Mutation()) == []


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_wrong_rule_is_noticed(name: str, complaints: Complaints) -> None:
    assert complaints(MUTATIONS[name]) != [], f"the rule '{name}' finds exactly the planted events"

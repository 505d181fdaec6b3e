"""clinical_labels against a slow reading of the design's sentences, index time by index time, on random patients."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from mimic_assets.schemas.tables import CLINICAL_LABELS
from mimic_assets.windows import label_stays
from mimic_assets_tests.property.windows.drawn_patients import Drawn, frames, patients
from mimic_assets_tests.property.windows.label_sentences import expected, index_times


def assert_as_the_sentences_say(drawn: Drawn) -> list[tuple[bool | None, str | None]]:
    """Compare every index time of a patient; return what was found."""
    tables = frozenset({"admissions"} if drawn.is_incomplete else ())
    frame = label_stays(drawn.task, *frames(drawn), tables).frame
    index = index_times(drawn)
    assert frame["index_time"].to_list() == index
    found = list(zip(frame["label"].to_list(), frame["exclusion"].to_list(), strict=True))
    assert found == [expected(drawn, time) for time in index]
    for invariant in CLINICAL_LABELS.invariants:
        assert frame.select(invariant.holds.fill_null(True).all()).item(), invariant.name
    return found


@settings(max_examples=300)
@given(patients())
def test_labels_are_what_the_sentences_say(drawn: Drawn) -> None:
    assert_as_the_sentences_say(drawn)


@settings(max_examples=300)
@given(patients(is_anchored=True))
def test_anchored_labels_are_what_the_sentences_say(drawn: Drawn) -> None:
    assert_as_the_sentences_say(drawn)


@settings(max_examples=60)
@given(patients() | patients(is_anchored=True), st.randoms(use_true_random=False))
def test_the_order_of_input_rows_does_not_matter(drawn: Drawn, random: Any) -> None:
    inputs = frames(drawn)
    shuffled = [frame[random.sample(range(frame.height), frame.height)] for frame in inputs]
    found, again = (label_stays(drawn.task, *given, frozenset()).frame for given in (inputs, shuffled))
    assert again.equals(found)


@settings(max_examples=60)
@given(patients() | patients(is_anchored=True))
def test_inputs_of_a_positive_end_before_lower_minus_gap(drawn: Drawn) -> None:
    frame = label_stays(drawn.task, *frames(drawn), frozenset()).frame
    lower = {row["event_id"]: row["lower_time"] for row in drawn.ledger}
    for index, event_id in frame.filter("label").select("index_time", "event_id").rows():
        assert index < lower[event_id] - drawn.task.gap

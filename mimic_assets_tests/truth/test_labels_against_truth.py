"""clinical_labels of a generated demo against a slow reading of the design over the truth alone."""

from collections import Counter
from datetime import timedelta

import polars as pl
import pytest

from mimic_assets.schemas.tables import CLINICAL_EVENTS, CLINICAL_LABELS, WINDOWED_SAMPLES
from mimic_assets_tests.truth.judgement import Judgement
from mimic_assets_tests.truth.sentences import bounds_of, labels_of_death

pytestmark = pytest.mark.slow

GAP, HORIZON = timedelta(minutes=5), timedelta(minutes=30)
PAST_OR_UNSURE = {"after_event", "blanking", "comfort_care", "event_in_gap", "event_time_uncertain", "stay_ended"}
"""Why an index time with an episode in its target may still have no label; lack of evidence is never a reason."""


def test_every_label_of_death_is_what_the_sentences_say(judgement: Judgement) -> None:
    found = {
        (row["stay_id"], row["index_time"]): row["label"]
        for row in judgement.rows(CLINICAL_LABELS, task="in_hospital_death")
    }
    expected = labels_of_death(judgement.planted)
    assert len(found) == len(expected)
    differing = [
        f"stay {stay}, index time {number}: {found.get((stay, index), 'absent')} found, {label} expected"
        for number, ((stay, index), label) in enumerate(sorted(expected.items()))
        if found.get((stay, index), "absent") != label
    ]
    assert differing == []
    shares = Counter(expected.values())
    assert min(shares[True], shares[False]) >= 100
    assert shares[None] >= 20


def test_labels_of_hypotension_agree_with_the_planted_episodes(judgement: Judgement) -> None:
    wrong, counts = [], Counter[str]()
    episodes = {
        int(row["subject_id"]): bounds_of(judgement.planted, row["subject_id"], "hypotension", "B")
        for row in judgement.planted.clinical("hosp/patients")
    }
    for row in judgement.rows(CLINICAL_LABELS, task="hypotension"):
        index, of_subject = row["index_time"], episodes[row["subject_id"]]
        target = index + GAP, index + GAP + HORIZON
        is_hit = any(episode.lies_in(*target) for episode in of_subject)
        if row["label"] and not is_hit:
            wrong.append(f"stay {row['stay_id']}: positive without a planted episode in its target")
        if row["label"] is False and any(episode.may_lie_in(index, target[1]) for episode in of_subject):
            wrong.append(f"stay {row['stay_id']}: negative with a planted episode in its gap or target")
        if is_hit and not row["label"] and row["exclusion"] not in PAST_OR_UNSURE:
            wrong.append(f"stay {row['stay_id']}: {row['exclusion']} with a planted episode in its target")
        counts[str(row["label"])] += 1
    assert wrong == []
    assert counts["True"] >= 50
    assert counts["False"] >= 50


def test_every_planted_episode_makes_a_positive_or_is_too_early(judgement: Judgement) -> None:
    """An episode with an index time 5 to 35 minutes before it and nothing in the way is in some positive's target."""
    positives = judgement.rows(CLINICAL_LABELS, pl.col("label"), task="hypotension")
    named = {row["event_id"] for row in positives}
    events = judgement.rows(CLINICAL_EVENTS, pl.col("event") == "hypotension")
    assert len(events) == sum(row["event"] == "hypotension" for row in judgement.planted.events)
    assert len(named) >= 0.9 * len(events)


@pytest.mark.parametrize(("task", "gap"), [("hypotension", GAP), ("in_hospital_death", timedelta(0))])
def test_windows_of_positives_end_before_the_event_less_its_gap(
    judgement: Judgement, task: str, gap: timedelta
) -> None:
    events = judgement.scan(CLINICAL_EVENTS).select("event_id", "lower_time")
    windows = judgement.scan(WINDOWED_SAMPLES, task).filter("label").join(events, on="event_id", how="left").collect()
    assert windows.height >= 20
    assert windows["lower_time"].null_count() == 0
    assert (windows["window_end_time"] < windows["lower_time"] - gap).all()

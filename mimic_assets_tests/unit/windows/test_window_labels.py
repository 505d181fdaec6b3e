"""clinical_labels on one invented patient: every answer can be checked on the clock."""

from datetime import timedelta

import polars as pl
import pytest

from mimic_assets.schemas.tables import (
    CLEANED_NUMERICS,
    CLINICAL_EVENTS,
    CLINICAL_EXTRACT,
    CLINICAL_LABELS,
    RECORD_STAYS,
)
from mimic_assets.windows import label_stays
from mimic_assets_tests.unit.windows.patient_frames import (
    ADMISSION,
    STAY,
    admission,
    at,
    at_index,
    event,
    label,
    record,
    stay,
    steady,
    task,
    told,
)

DEATH = task()  # 24 h horizon, no gap, hourly
SHORT = task(
    target={"gap_s": 600, "horizon_s": 3600}, index={"stride_s": 600}
)  # target (index + 10 min, index + 70 min]
LOW = task("hypotension")  # target (index + 5 min, index + 35 min], every 5 min, blanking 30 min


def low(name: str, lower: str, upper: str, end: str) -> dict[str, object]:
    return event(name, lower, upper, kind="hypotension", tier="B", end=end)


def test_nothing_in_nothing_out() -> None:
    judged = label_stays(
        DEATH,
        CLINICAL_EXTRACT.empty(),
        CLINICAL_EVENTS.empty(),
        RECORD_STAYS.empty(),
        CLEANED_NUMERICS.empty(),
        frozenset(),
    )
    assert judged.frame.equals(CLINICAL_LABELS.empty())
    assert judged.frame.schema == CLINICAL_LABELS.schema
    assert judged.rejected.is_empty()


def test_a_survivor_followed_for_days_is_negative_at_every_hour() -> None:
    judged = label(DEATH, stay(), admission())
    assert judged.frame.schema == CLINICAL_LABELS.schema
    assert list(told(judged).values()) == ["negative"] * 24
    assert next(iter(told(judged))) == "1 09:00"
    assert list(told(judged))[-1] == "2 08:00"  # the end of the stay is included
    row = at_index(judged, "09:00")
    assert (row["stay_id"], row["hadm_id"], row["care_unit"], row["hours_in_stay"]) == (STAY, ADMISSION, "MICU", 1.0)
    assert row["target_start_time"] == at("09:00")
    assert row["target_end_time"] == at("2 09:00")
    assert row["follow_up_end_time"] == at("5 12:00")
    assert row["event_id"] is None


def test_discharge_ends_follow_up_at_equality() -> None:
    judged = label(DEATH, stay(), admission(end="2 12:00"))
    assert told(judged)["1 12:00"] == "negative"  # target ends when follow-up does
    assert told(judged)["1 13:00"] == "follow_up_incomplete"


@pytest.mark.parametrize("clinical", [[stay()], [stay(), admission(end=None)], [stay(hadm_id=None), admission()]])
def test_without_a_known_discharge_there_is_no_negative(clinical: list[dict[str, object]]) -> None:
    assert set(told(label(DEATH, *clinical)).values()) == {"follow_up_incomplete"}


def test_discharge_before_the_unit_lets_go_ends_the_stay() -> None:
    short = task(target={"horizon_s": 3600})
    judged = label(short, stay(end="12:00"), admission(end="10:00"))
    assert told(judged) == {
        "1 09:00": "negative",
        "1 10:00": "follow_up_incomplete",
        "1 11:00": "stay_ended",
        "1 12:00": "stay_ended",
    }


def test_death_after_the_last_index_makes_the_last_day_positive() -> None:
    death = event("d", "2 09:59", "2 10:01", hadm_id=ADMISSION)
    judged = label(DEATH, stay(), admission(end="2 10:00"), ledger=[death])
    assert told(judged)["1 09:00"] == "negative"
    assert told(judged)["1 10:00"] == "event_time_uncertain"  # the target ends at 2 10:00, between the bounds
    assert {clock for clock, said in told(judged).items() if said == "positive"} == {
        f"{1 + hour // 24} {hour % 24:02d}:00" for hour in range(11, 33)
    }
    assert at_index(judged, "11:00")["event_id"] == "d"
    assert at_index(judged, "09:00")["follow_up_end_time"] == at("2 10:01")


def test_dischtime_hours_before_death_is_not_the_end_of_follow_up() -> None:
    death = event("d", "2 23:07", "2 23:09", hadm_id=ADMISSION)
    judged = label(DEATH, stay(), admission(end="2 00:01"), ledger=[death])
    assert told(judged)["2 08:00"] == "positive"
    assert told(judged)["1 09:00"] == "negative"
    assert "stay_ended" not in told(judged).values()


def test_the_dead_are_not_negatives_after_death() -> None:
    death = event("d", "10:59", "11:01", hadm_id=ADMISSION, stay_id=STAY)
    judged = label(DEATH, stay(end="13:00"), admission(end="11:00"), ledger=[death])
    assert told(judged) == {
        "1 09:00": "positive",
        "1 10:00": "positive",
        "1 11:00": "event_time_uncertain",
        "1 12:00": "after_event",
        "1 13:00": "after_event",
    }
    assert at_index(judged, "12:00")["event_id"] == "d"


# The boundaries of gap and target, for an index at 10:00: gap (10:00, 10:10], target (10:10, 11:10].
@pytest.mark.parametrize(
    ("lower", "upper", "said"),
    [
        ("10:11", "10:12", "positive"),
        ("10:10:01", "10:10:01", "positive"),
        ("10:10", "10:12", "event_time_uncertain"),  # it may have begun at 10:10, which is in the gap
        ("10:10", "10:10", "event_in_gap"),
        ("10:00:01", "10:10", "event_in_gap"),
        ("10:00", "10:05", "event_time_uncertain"),  # it may have begun at the index time
        ("09:59", "10:00", "after_event"),
        ("09:00", "12:00", "event_time_uncertain"),
        ("11:09", "11:10", "positive"),
        ("11:10", "11:10", "positive"),
        ("11:10", "11:11", "event_time_uncertain"),
        ("11:10:01", "11:11", "negative"),  # follow-up ends at the death, after the target
    ],
)
def test_boundaries_at_equality(lower: str, upper: str, said: str) -> None:
    judged = label(SHORT, stay(), admission(), ledger=[event("d", lower, upper, hadm_id=ADMISSION)])
    assert told(judged)["1 10:00"] == said


def test_no_positive_has_inputs_at_or_after_lower_minus_gap() -> None:
    judged = label(SHORT, stay(), admission(), ledger=[event("d", "2 06:59", "2 07:01", hadm_id=ADMISSION)])
    last = judged.frame.filter("label")["index_time"].max()
    assert last == at("2 06:40")
    assert last < at("2 06:59") - timedelta(minutes=10)


def test_a_death_before_admission_makes_the_stay_invalid() -> None:
    judged = label(DEATH, stay(end="11:00"), admission(), ledger=[event("d", "05:59", "06:01", hadm_id=ADMISSION)])
    assert told(judged) == dict.fromkeys(["1 09:00", "1 10:00", "1 11:00"], "invalid_stay")


def test_a_death_that_may_just_be_the_admission_is_before_it() -> None:
    said = told(label(DEATH, stay(end="09:00"), admission(), ledger=[event("d", "06:58", "07:00", hadm_id=ADMISSION)]))
    assert said == {"1 09:00": "invalid_stay"}
    said = told(label(DEATH, stay(end="09:00"), admission(), ledger=[event("d", "06:59", "07:01", hadm_id=ADMISSION)]))
    assert said == {"1 09:00": "after_event"}


def test_an_event_that_may_have_begun_in_the_gap_is_no_hit_for_an_incomplete_source() -> None:
    ledger = [event("d", "10:10", "10:12", hadm_id=ADMISSION)]
    judged = label(SHORT, stay(), admission(), ledger=ledger, incomplete=["patients"])
    assert told(judged)["1 10:00"] == "source_incomplete"
    assert told(judged)["1 09:50"] == "positive"


def test_a_stay_that_ends_before_it_starts_has_no_index_time() -> None:
    assert label(DEATH, stay(start="08:00", end="07:00"), admission()).frame.is_empty()
    assert label(DEATH, stay(start="08:00", end="08:59"), admission()).frame.is_empty()


def test_a_stay_without_outtime_is_refused_and_the_others_stand() -> None:
    broken = stay(stay_id=31) | {"end_time": None}
    judged = label(DEATH, broken, stay(), admission())
    assert judged.frame["stay_id"].unique().to_list() == [STAY]
    assert judged.rejected.select("subject_id", "file", "place", "rule", "defect_count").rows() == [
        (10, "icustays", "icustays:1", "stay_without_times", 1)
    ]


@pytest.mark.parametrize(
    ("untimed", "why"),
    [
        (event("u", None, None, tier="D", hadm_id=ADMISSION), "its admission"),
        (event("u", None, None, tier="D", stay_id=STAY), "the stay"),
        (event("u", "2 00:00", "3 00:00", tier="C"), "a day that meets the stay"),
        (event("u", "09:59", "10:01", tier="B", hadm_id=ADMISSION), "timed, below the minimum tier A"),
        (event("u", None, None, tier="C"), "no bound, no admission"),
    ],
)
def test_an_untimed_event_leaves_no_negative_in_the_stay(untimed: dict[str, object], why: str) -> None:
    plain = task(event={"kind": "cardiac_arrest"}, target={"horizon_s": 3600})
    judged = label(plain, stay(), admission(), ledger=[untimed | {"event": "cardiac_arrest"}])
    assert set(told(judged).values()) == {"untimed_event_in_stay"}, why
    assert set(judged.frame["event_id"]) == {"u"}


def test_a_timed_positive_stands_beside_an_untimed_event() -> None:
    ledger = [event("u", None, None, tier="D", hadm_id=ADMISSION), event("d", "2 06:59", "2 07:01", hadm_id=ADMISSION)]
    said = told(label(SHORT, stay(), admission(), ledger=ledger))
    assert said["2 06:00"] == "positive"
    assert said["1 12:00"] == "untimed_event_in_stay"


def test_an_untimed_event_of_another_admission_hides_only_targets_that_meet_it() -> None:
    arrest = task(event={"kind": "cardiac_arrest"}, target={"horizon_s": 3600})
    other = event("u", "12:00", "14:00", kind="cardiac_arrest", tier="C", hadm_id=99)
    said = told(label(arrest, stay(), admission(), ledger=[other]))
    hidden = {clock for clock, word in said.items() if word == "untimed_event_in_stay"}
    assert hidden == {"1 11:00", "1 12:00", "1 13:00"}  # the target of 11:00 ends at 12:00, closed
    assert said["1 14:00"] == "negative"


def test_a_death_known_to_the_day_after_discharge_hides_what_may_reach_it() -> None:
    said = told(
        label(
            DEATH, stay(end="2 08:00"), admission(end="9 00:00"), ledger=[event("u", "9 00:00", "10 00:00", tier="C")]
        )
    )
    assert set(said.values()) == {"negative"}  # a week later: the day meets no target
    said = told(
        label(DEATH, stay(end="2 08:00"), admission(end="9 00:00"), ledger=[event("u", "3 00:00", "4 00:00", tier="C")])
    )
    assert set(said.values()) == {"untimed_event_in_stay"}  # within a target of the stay: no negative at all


def test_an_incomplete_table_leaves_positives_and_no_negative() -> None:
    death = event("d", "2 09:59", "2 10:01", hadm_id=ADMISSION)
    said = told(label(DEATH, stay(), admission(), ledger=[death], incomplete=["admissions"]))
    assert said["1 09:00"] == "source_incomplete"
    assert said["2 08:00"] == "positive"
    assert told(label(DEATH, stay(), admission(), incomplete=["labevents"]))["1 09:00"] == "negative"


@pytest.mark.parametrize(
    ("kind", "table", "why"),
    [
        ("cardiac_arrest", "inputevents", "a shock is an arrest beside epinephrine"),
        ("respiratory_arrest", "diagnoses_icd", "a code hides the stay's negatives"),
        ("acute_mi", "labevents", "a marker gives the time"),
        ("vt", "chartevents", "rhythms are charted"),
        ("shock", "patients", "a death ends the chance"),
        ("nobody_defines_this", "labevents", "it could stand anywhere"),
    ],
)
def test_every_table_that_a_definition_reads_has_to_be_whole(kind: str, table: str, why: str) -> None:
    of = task(event={"kind": kind})
    assert set(told(label(of, stay(), admission())).values()) >= {"negative"}
    assert set(told(label(of, stay(), admission(), incomplete=[table])).values()) == {"source_incomplete"}, why


def test_a_table_that_no_source_of_the_event_reads_may_be_cut() -> None:
    arrest, cells = task(event={"kind": "vt"}), pressure()
    assert "negative" in told(label(arrest, stay(), admission(), incomplete=["labevents"])).values()
    assert "negative" in told(label(LOW, stay(), admission(), cleaned=cells, incomplete=["patients"])).values()
    assert "negative" not in told(label(LOW, stay(), admission(), cleaned=cells, incomplete=["icustays"])).values()
    seen = task(target={"follow_up": "pressure_signal", "horizon_s": 3600}, clock={"large_lag": "keep"})  # of death
    assert "negative" in told(label(seen, stay(), admission(), cleaned=cells)).values()
    assert "negative" not in told(label(seen, stay(), admission(), cleaned=cells, incomplete=["patients"])).values()


def pressure(start: str = "08:00", end: str = "16:00") -> pl.DataFrame:
    return steady("abp_mean", start, end, 30, 80.0)


def test_hypotension_under_way_then_blanked_then_free() -> None:
    judged = label(LOW, stay(), admission(), ledger=[low("h", "10:00:30", "10:01", "10:20")], cleaned=pressure())
    said = told(judged)
    assert said["1 09:20"] == "negative"  # target (09:25, 09:55]
    assert said["1 09:25"] == "negative"  # target (09:30, 10:00]
    assert said["1 09:30"] == "positive"  # target (09:35, 10:05]
    assert said["1 09:55"] == "positive"  # target (10:00, 10:30]: begins half a minute before the event
    assert said["1 10:00"] == "event_in_gap"
    assert [said[f"1 10:{minute:02d}"] for minute in (5, 10, 15, 20)] == ["after_event"] * 4
    assert [said[f"1 10:{minute:02d}"] for minute in (25, 50)] == ["blanking"] * 2
    assert said["1 10:55"] == "negative"
    assert at_index(judged, "10:25")["event_id"] == "h"


def test_pressure_follow_up_ends_five_minutes_before_the_signal() -> None:
    judged = label(LOW, stay(), admission(), cleaned=pressure("09:00", "10:40"))
    said = told(judged)
    assert said["1 08:55"] == "follow_up_incomplete"  # no pressure yet at the index time
    assert said["1 09:00"] == "negative"
    assert said["1 10:00"] == "negative"  # target ends at 10:35, and an onset then is confirmed at 10:40
    assert said["1 10:05"] == "follow_up_incomplete"
    assert at_index(judged, "10:00")["follow_up_end_time"] == at("10:35")
    assert at_index(judged, "10:40")["follow_up_end_time"] == at("10:35")  # the run holds its last value
    assert at_index(judged, "10:45")["follow_up_end_time"] is None


def test_a_silence_of_more_than_a_minute_ends_pressure_follow_up() -> None:
    gap_60 = pl.concat([pressure("08:00", "12:00"), pressure("12:01", "16:00")])
    gap_61 = pl.concat([pressure("08:00", "12:00"), pressure("12:01:01", "16:00")])
    assert told(label(LOW, stay(), admission(), cleaned=gap_60))["1 11:45"] == "negative"
    assert told(label(LOW, stay(), admission(), cleaned=gap_61))["1 11:45"] == "follow_up_incomplete"
    assert told(label(LOW, stay(), admission(), cleaned=gap_61))["1 12:05"] == "negative"


def test_cuff_pressures_and_flagged_values_are_no_follow_up() -> None:
    cuff = pressure().with_columns(parameter=pl.lit("nbp_mean"))
    flagged = pressure().with_columns(flag=pl.lit("artefact"))
    for cells in (cuff, flagged):
        assert set(told(label(LOW, stay(), admission(), cleaned=cells)).values()) == {"follow_up_incomplete"}


@pytest.mark.parametrize("circumstances", ["in_hospital", "expected"])
def test_death_ends_the_follow_up_of_another_event_and_what_follows_is_nobodys(circumstances: str) -> None:
    """Even a death of a class that the task does not count among its events."""
    death = event("d", "11:59", "12:01", hadm_id=ADMISSION) | {"event_class": circumstances}
    ledger = [death, low("after", "12:01", "12:06", "12:30")]
    counted = task("hypotension", event={"excluded_classes": ["expected"]})
    judged = label(counted, stay(), admission(), ledger=ledger, cleaned=pressure())
    said = told(judged)
    assert said["1 11:20"] == "negative"  # target ends at 11:55
    assert said["1 11:25"] == "follow_up_incomplete"
    assert said["1 11:50"] == "follow_up_incomplete"  # not positive by a low pressure after death
    assert said["1 12:00"] == "event_time_uncertain"
    assert said["1 12:05"] == "after_event"
    assert at_index(judged, "12:05")["event_id"] == "d"
    assert at_index(judged, "11:20")["follow_up_end_time"] == at("11:59")


def test_a_record_does_not_change_labels_only_whether_there_is_a_window() -> None:
    heart = steady("heart_rate", "10:00", "12:00", 30, 80.0)
    without = label(DEATH, stay(), admission())
    with_record = label(DEATH, stay(), admission(), recorded=[record("10:00", "20:00")], cleaned=heart)
    assert told(without) == told(with_record)
    assert set(without.frame["window_exclusion"]) == {"no_record"}
    windows = {
        clock: (at_index(with_record, clock)["window_exclusion"], at_index(with_record, clock)["observed_fraction"])
        for clock in ("10:00", "11:00", "12:00", "13:00", "20:00", "21:00")
    }
    assert windows == {
        "10:00": ("no_record", None),
        "11:00": (None, 1.0),
        "12:00": (None, 1.0),
        "13:00": ("low_coverage", 0.0),  # the value at 12:00 lies in the window before
        "20:00": ("low_coverage", 0.0),
        "21:00": ("no_record", None),
    }


def test_half_of_the_cells_are_enough() -> None:
    for minutes, said in ((30, None), (29, "low_coverage")):
        heart = steady("pulse_nbp", "10:00:30", f"10:{minutes - 1}:30", 60, 80.0)
        judged = label(DEATH, stay(), admission(), recorded=[record("09:00", "20:00")], cleaned=heart)
        assert at_index(judged, "11:00")["observed_fraction"] == minutes / 60
        assert at_index(judged, "11:00")["window_exclusion"] == said


def test_of_two_records_the_one_observed_in_more_cells_is_taken_then_the_lower_id() -> None:
    both = [record("09:00", "20:00", 91), record("09:00", "20:00", 92)]
    more = steady("heart_rate", "09:00", "12:00", 60, 80.0, 92)
    judged = label(DEATH, stay(), admission(), recorded=both, cleaned=more)
    assert at_index(judged, "11:00")["record_id"] == 92
    assert at_index(judged, "13:00")["record_id"] == 91


def test_excluded_index_times_have_no_window_exclusion() -> None:
    judged = label(DEATH, stay(), admission(end="10:00"))
    assert (
        judged.frame.filter(pl.col("exclusion").is_not_null())["window_exclusion"].null_count() == judged.frame.height
    )


def test_a_stay_longer_than_any_can_be_has_no_grid() -> None:
    """A typing error of a century in outtime must not give ten million index times."""
    from mimic_assets.windows.index_times import Stay, index_times

    day = 86_400 * 1_000_000

    def stay(days: int) -> Stay:
        return Stay(1, 2, 3, start=0, end=days * day, care_unit=None, admission_start=None, admission_end=None)

    assert len(index_times(stay(366), day)) == 366
    assert len(index_times(stay(367), day)) == 0

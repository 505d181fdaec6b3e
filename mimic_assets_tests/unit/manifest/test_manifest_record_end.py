"""Nearness to the record's end must not tell the classes apart; when it does, somebody is told."""

from datetime import datetime, timedelta
from itertools import product

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mimic_assets.manifest.record_end import report_record_end

END = datetime(2150, 1, 2)


def windows(*labelled: tuple[bool, float]) -> pl.DataFrame:
    return pl.DataFrame(
        [(label, END - timedelta(hours=hours), END) for label, hours in labelled],
        schema={"label": pl.Boolean, "index_time": pl.Datetime("us"), "record_end_time": pl.Datetime("us")},
        orient="row",
    )


def test_bins_are_closed_at_their_upper_end() -> None:
    report = report_record_end(windows((True, 1.0), (False, 1.5), (True, 2.0), (False, 100.0)))
    assert report.bins.rows() == [("(0, 1]", 1, 0, 1.0), ("(1, 2]", 1, 1, 0.5), ("> 72", 0, 1, 0.0)]


def test_a_task_that_labels_the_end_of_the_record_is_told() -> None:
    report = report_record_end(windows(*[(True, 0.5)] * 20, *[(False, 10.0)] * 20))
    assert report.separation == 1
    assert report.is_suspicious


def test_the_same_times_in_both_classes_are_no_reason_to_worry() -> None:
    report = report_record_end(windows(*[(label, float(h)) for label in (True, False) for h in range(30)]))
    assert report.separation == 0.5
    assert not report.is_suspicious


@pytest.mark.parametrize("labelled", [[], [(True, 1.0)], [(False, 1.0)]])
def test_without_two_classes_nothing_is_said(labelled: list[tuple[bool, float]]) -> None:
    report = report_record_end(windows(*labelled))
    assert report.separation is None
    assert not report.is_suspicious


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 8).map(float)), max_size=40))
def test_separation_is_the_share_of_pairs_in_order(labelled: list[tuple[bool, float]]) -> None:
    positives = [hours for label, hours in labelled if label]
    negatives = [hours for label, hours in labelled if not label]
    found = report_record_end(windows(*labelled)).separation
    if not positives or not negatives:
        assert found is None
        return
    wins = sum((p > n) + (p == n) / 2 for p, n in product(positives, negatives)) / (len(positives) * len(negatives))
    assert found == pytest.approx(max(wins, 1 - wins))

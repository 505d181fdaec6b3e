"""icu-leakage-check over our window table: sound tables pass, each leaky copy fails the check that is meant for it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mimic_assets.schemas.hindsight import SOURCE
from mimic_assets.settings import S3Settings
from mimic_assets.storage.lake import Lake
from mimic_assets.tasks import load_task
from mimic_assets_tests.comparisons.leakage_check import (
    ANSWERS,
    BEGIN,
    END,
    PAGE,
    TASK,
    Copy,
    audit,
    audit_without_approach,
    dominance,
    make_demo,
    report,
    statuses,
)
from mimic_assets_tests.comparisons.leaky_copies import LEAKY
from mimic_assets_tests.comparisons.window_table import WindowTable, export
from mimic_assets_tests.conftest import environment_python

pytestmark = pytest.mark.slow
UNASKED = {"site_overlap", "threshold_selection"}
"""Checks that have nothing to look at: one hospital, no model."""
PLANTED = "single_feature_dominance"
"""The check that warns of what the generator plants."""
OF = load_task(TASK)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, WindowTable]:
    environment_python("leakage_check")
    lake = make_demo(tmp_path_factory.mktemp("audited"))
    return lake, export(Lake.open(str(lake), S3Settings()), OF)


@pytest.fixture(scope="module")
def audits(demo: tuple[Path, WindowTable]) -> dict[str, Any]:
    """The findings of the sound table in every check, and of every leaky copy in its own."""
    place, table = demo
    lake = Lake.open(str(place), S3Settings())
    leaky = {name: replace(of.make(table, lake, OF), check=of.check) for name, of in LEAKY.items()}
    copies = {"sound": Copy(table)} | leaky
    return audit(place, TASK, copies)


@pytest.fixture(scope="module")
def unannounced(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, str]]:
    """The findings of the same patients, whose episodes nothing announces."""
    environment_python("leakage_check")
    return audit_without_approach(tmp_path_factory.mktemp("unannounced"))


def test_the_demo_has_what_the_checks_need(demo: tuple[Path, WindowTable]) -> None:
    rows = demo[1].rows
    assert set(rows["split"].unique()) == {"train", "valid", "test"}
    train = rows.filter(split="train")
    assert train["label"].value_counts()["count"].min() >= 10
    assert train.height >= 60  # single features are scored from 30 on
    assert demo[1].provenance.height > 1000


def test_our_window_table_passes(audits: dict[str, Any]) -> None:
    found = statuses(audits["copies"]["sound"])
    assert set(found) == set(ANSWERS)
    assert len(ANSWERS) == 16
    assert {check for check, status in found.items() if status == "skipped"} == UNASKED
    problems = [finding for finding in audits["copies"]["sound"] if finding["status"] in ("fail", "warn")]
    assert [(finding["check"], finding["status"]) for finding in problems] == [(PLANTED, "warn")]


def test_the_one_warning_is_of_what_the_generator_plants_and_no_leak(
    audits: dict[str, Any], unannounced: list[dict[str, str]]
) -> None:
    """A leak would separate the labels as well where the hours before an episode are like any others."""
    assert "univariate AUROC between" in dominance(audits["copies"]["sound"])
    assert "No single feature exceeds a univariate AUROC of 0.9 (highest: " in dominance(unannounced)
    assert [finding for finding in unannounced if finding["status"] in ("fail", "warn")] == []


@pytest.mark.parametrize("name", LEAKY)
def test_a_leaky_copy_fails_the_check_that_is_meant_for_it(name: str, audits: dict[str, Any]) -> None:
    found = statuses(audits["copies"][name])
    assert found[LEAKY[name].check] == LEAKY[name].status, audits["copies"][name]


def test_every_other_check_that_can_look_at_our_table_was_made_to_fail() -> None:
    assert {leaky.check for leaky in LEAKY.values()} == set(ANSWERS) - UNASKED


def test_what_the_tool_knows_to_be_hindsight_is_in_our_catalogue(audits: dict[str, Any]) -> None:
    assert len(audits["hindsight"]) > 20
    assert [name for name in audits["hindsight"] if name not in SOURCE] == []


def test_the_page_shows_what_the_tool_said(
    demo: tuple[Path, WindowTable], audits: dict[str, Any], unannounced: list[dict[str, str]]
) -> None:
    shown = PAGE.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0].strip()
    assert shown == report(audits["copies"]["sound"], unannounced, OF, demo[1]), (
        "run `python -m mimic_assets_tests.comparisons.leakage_check --write`"
    )

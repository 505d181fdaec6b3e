"""Event rules that are wrong on purpose: each must make the ledger of a generated demo differ from its truth.

Belongs here: one function per mistake, which patches rules or stages of `mimic_assets.events` in this process. Does not
belong here: what is compared (`ledger`).
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import polars as pl
import pytest

from mimic_assets.events import charted, coded, codes, deaths, finding, ledger, low_pressure, rules

Mutation = Callable[[pytest.MonkeyPatch], None]


def swap_rule(patch: pytest.MonkeyPatch, old: rules.Rule, *new: rules.Rule) -> None:
    """Put other rules, or none, in the place of one."""
    others = tuple(rule for rule in rules.RULES if rule is not old)
    assert len(others) == len(rules.RULES) - 1
    patch.setattr(rules, "RULES", (*others, *new))


def pressure(**values: Any) -> Mutation:
    """Return the mistake of another pressure rule."""
    return lambda patch: swap_rule(patch, rules.LOW_PRESSURE, replace(rules.LOW_PRESSURE, **values))


def cuff_counted(patch: pytest.MonkeyPatch) -> None:
    """Take consecutive cuff values, minutes apart, for continuous pressure."""
    cuff = replace(rules.LOW_PRESSURE, name="low_cuff", parameter="nbp_mean", continuous_s=1800)
    swap_rule(patch, rules.LOW_PRESSURE, rules.LOW_PRESSURE, cuff)


def flags_ignored(patch: pytest.MonkeyPatch) -> None:
    """Take every number, whatever cleaning said of it."""
    find = low_pressure.find_episodes
    numbers = pl.when(pl.col("value").is_not_null()).then(pl.lit("ok")).otherwise("flag").alias("flag")
    patch.setattr(low_pressure, "find_episodes", lambda rule, frame: find(rule, frame.with_columns(numbers)))


def only_flagged_dropped_with_their_minute(patch: pytest.MonkeyPatch) -> None:
    """Let an unusable value end a run."""
    find = low_pressure.find_episodes
    high = pl.when(pl.col("flag") == "ok").then("value").otherwise(pl.lit(250.0)).alias("value")
    patch.setattr(
        low_pressure,
        "find_episodes",
        lambda rule, frame: find(rule, frame.with_columns(high, pl.lit("ok").alias("flag"))),
    )


def onset_is_the_end(patch: pytest.MonkeyPatch) -> None:
    """Time an episode by its last low value."""
    find = low_pressure.find_episodes
    patch.setattr(
        low_pressure,
        "find_episodes",
        lambda rule, frame: find(rule, frame).with_columns(event_time=pl.col("event_end_time")),
    )


def onset_without_value_before(patch: pytest.MonkeyPatch) -> None:
    """Give an onset no lower bound."""
    find = low_pressure.find_episodes
    unknown = pl.lit(None, pl.Datetime("us")).alias("lower_time")
    patch.setattr(low_pressure, "find_episodes", lambda rule, frame: find(rule, frame).with_columns(unknown))


def death_at(column: str, table: str) -> Mutation:
    """Return the mistake of taking another time for the time of death."""

    def mutate(patch: pytest.MonkeyPatch) -> None:
        find = ledger.find_deaths

        def wrong(extract: pl.DataFrame, whereabouts: Any) -> Any:
            time = extract.filter(source_table=table)[column].max()
            is_dead = (pl.col("source_table") == "admissions") & pl.col("death_time").is_not_null()
            death = pl.when(is_dead).then(pl.lit(time, pl.Datetime("us"))).otherwise("death_time").alias("death_time")
            return find(extract.with_columns(death), whereabouts)

        patch.setattr(ledger, "find_deaths", wrong)

    return mutate


def every_discharge_a_death(patch: pytest.MonkeyPatch) -> None:
    """Take dischtime for a death where there is none."""
    find = ledger.find_deaths
    death = pl.when(source_table="admissions").then(pl.coalesce("death_time", "end_time")).otherwise("death_time")
    patch.setattr(
        ledger, "find_deaths", lambda frame, places: find(frame.with_columns(death.alias("death_time")), places)
    )


def dates_of_death_ignored(patch: pytest.MonkeyPatch) -> None:
    """Forget dod."""
    find = ledger.find_deaths
    patch.setattr(
        ledger, "find_deaths", lambda frame, places: find(frame.filter(pl.col("source_table") != "patients"), places)
    )


def codes_counted(rule: rules.CodeRule, more: tuple[codes.CodeList, ...]) -> Mutation:
    """Return the mistake of a rule that also takes codes that never count."""
    return lambda patch: swap_rule(patch, rule, replace(rule, codes=(*rule.codes, *more)))


def rule_forgotten(rule: rules.Rule) -> Mutation:
    """Return the mistake of leaving a rule out."""
    return lambda patch: swap_rule(patch, rule)


def items_of(rule: rules.ItemRule, *items: int) -> Mutation:
    """Return the mistake of other charted items."""
    return lambda patch: swap_rule(patch, rule, replace(rule, item_ids=items))


def tier_of(rule: rules.Rule, tier: str) -> Mutation:
    """Return the mistake of another tier."""
    return lambda patch: swap_rule(patch, rule, replace(rule, tier=rules.Tier(tier)))


def charted_within(seconds: int) -> Mutation:
    """Return the mistake of other bounds around charted times."""

    def mutate(patch: pytest.MonkeyPatch) -> None:
        for module in (charted, deaths, finding):
            patch.setattr(module, "CHARTED_WITHIN", timedelta(seconds=seconds))

    return mutate


def days_of_two(patch: pytest.MonkeyPatch) -> None:
    """Bound a dated event by two days."""
    for module in (coded, deaths, finding):
        patch.setattr(module, "DAY", timedelta(days=2))


def charted_an_hour_late(patch: pytest.MonkeyPatch) -> None:
    """Time charted events by when they were stored."""
    find = ledger.find_charted
    stored = pl.coalesce("store_time", "start_time").alias("start_time")
    is_charted = pl.col("source_table") == "procedureevents"
    late = pl.when(is_charted).then(stored).otherwise("start_time").alias("start_time")
    patch.setattr(ledger, "find_charted", lambda rule, frame, places: find(rule, frame.with_columns(late), places))


MUTATIONS: dict[str, Mutation] = {
    "below 66 mmHg": pressure(below_mmhg=66.0),
    "below 64 mmHg": pressure(below_mmhg=64.0),
    "below 60 mmHg": pressure(below_mmhg=60.0),
    "lasting 240 s": pressure(lasting_s=240),
    "lasting 180 s": pressure(lasting_s=180),
    "lasting 360 s": pressure(lasting_s=360),
    "lasting 600 s": pressure(lasting_s=600),
    "continuous over 600 s": pressure(continuous_s=600),
    "continuous over 1 s": pressure(continuous_s=1),
    "systolic instead of mean": pressure(parameter="abp_systolic"),
    "cuff values counted": cuff_counted,
    "flagged values used": flags_ignored,
    "flagged values end a run": only_flagged_dropped_with_their_minute,
    "onset timed by its end": onset_is_the_end,
    "onset without lower bound": onset_without_value_before,
    "low pressure forgotten": rule_forgotten(rules.LOW_PRESSURE),
    "low pressure of tier A": tier_of(rules.LOW_PRESSURE, "A"),
    "death at dischtime": death_at("end_time", "admissions"),
    "death at last outtime": death_at("end_time", "icustays"),
    "every discharge a death": every_discharge_a_death,
    "dates of death ignored": dates_of_death_ignored,
    "history codes are arrests": codes_counted(rules.ARREST_DIAGNOSIS, codes.NEVER_AN_ARREST),
    "atrial cardioversion is a shock": codes_counted(rules.SHOCK_PROCEDURE, codes.NEVER_A_SHOCK),
    "arrest codes forgotten": rule_forgotten(rules.ARREST_DIAGNOSIS),
    "resuscitation codes forgotten": rule_forgotten(rules.ARREST_PROCEDURE),
    "shock codes forgotten": rule_forgotten(rules.SHOCK_PROCEDURE),
    "charted arrests of tier B": tier_of(rules.ARREST_CHARTED, "B"),
    "charted arrests forgotten": rule_forgotten(rules.ARREST_CHARTED),
    "shocks are arrests": items_of(rules.ARREST_CHARTED, 225466, 225464),
    "respiratory arrests are arrests": items_of(rules.ARREST_CHARTED, 225466, 225475),
    "respiratory arrests forgotten": rule_forgotten(rules.RESPIRATORY_ARREST_CHARTED),
    "charted times within an hour": charted_within(3600),
    "dated events within two days": days_of_two,
    "charted events timed by storetime": charted_an_hour_late,
}
"""Name -> mistake."""

SURVIVING = {
    "below 66 mmHg": "no planted pressure stands at 65 mmHg for five minutes, and chance gives none in two hours",
    "lasting 240 s": "no planted run of low values lasts between 200 and 372 s",
    "lasting 360 s": "no planted run of low values lasts between 200 and 372 s",
    "continuous over 600 s": "no two planted spells of low pressure have a silence of 60 to 600 s between them",
}
"""Mistakes that the demo's plants cannot tell yet, and why; stronger plants make these tests pass and fail strictly."""

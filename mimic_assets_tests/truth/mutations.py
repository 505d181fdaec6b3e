"""Event rules that are wrong on purpose: each must make the ledger of a generated demo differ from its truth.

Belongs here: one mistake each, made in the definitions (data) or in the rows they are shown. Does not belong here: what
is compared (`ledger`).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import polars as pl

from mimic_assets.events.definition import CodeList, Definition, Rule
from mimic_assets.schemas.vocabulary import Tier

Definitions = tuple[Definition, ...]
Frames = tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]
"""clinical_extract, cleaned_numerics, record_stays."""


@dataclass(frozen=True, slots=True)
class Mutation:
    """A mistake: other definitions, other rows, or another reading of the events."""

    define: Callable[[Definitions], Definitions] = lambda definitions: definitions
    show: Callable[[Frames], Frames] = lambda frames: frames
    read: Callable[[pl.DataFrame], pl.DataFrame] = lambda events: events


def rule_with(name: str, **values: Any) -> Mutation:
    """Return the mistake of a rule that says something else."""
    return Mutation(
        define=lambda definitions: _each_rule(definitions, name, lambda old: [old.model_copy(update=values)])
    )


def rule_forgotten(name: str) -> Mutation:
    """Return the mistake of leaving a rule out."""
    return Mutation(define=lambda definitions: _each_rule(definitions, name, lambda _: []))


def also_codes(name: str, *listed: CodeList) -> Mutation:
    """Return the mistake of a rule that also takes codes that never count."""
    return Mutation(
        define=lambda definitions: _each_rule(
            definitions, name, lambda rule: [rule.model_copy(update={"codes": (*rule.codes, *listed)})]
        )
    )


def also_rule(name: str, new: str, **values: Any) -> Mutation:
    """Return the mistake of one more rule, made from another."""
    return Mutation(
        define=lambda definitions: _each_rule(
            definitions, name, lambda rule: [rule, rule.model_copy(update={"name": new, **values})]
        )
    )


def kind_with(name: str, **values: Any) -> Mutation:
    """Return the mistake of a definition that says something else."""
    return Mutation(
        define=lambda definitions: tuple(
            definition.model_copy(update=values) if definition.name == name else definition
            for definition in definitions
        )
    )


def numerics_as(**columns: pl.Expr) -> Mutation:
    """Return the mistake of other numerics."""
    return Mutation(show=lambda frames: (frames[0], frames[1].with_columns(**columns), frames[2]))


def extract_as(**columns: pl.Expr) -> Mutation:
    """Return the mistake of other clinical rows."""
    return Mutation(show=lambda frames: (frames[0].with_columns(**columns), frames[1], frames[2]))


def events_as(**columns: pl.Expr) -> Mutation:
    """Return the mistake of another reading of the events."""
    return Mutation(read=lambda events: events.with_columns(**columns))


def _each_rule(definitions: Definitions, name: str, change: Callable[[Rule], list[Rule]]) -> Definitions:
    found = [rule for definition in definitions for rule in definition.rules if rule.name == name]
    assert len(found) == 1, name
    changed = []
    for definition in definitions:
        rules = [new for rule in definition.rules for new in (change(rule) if rule.name == name else [rule])]
        if rules:
            changed.append(definition.model_copy(update={"rules": tuple(rules)}))
    return tuple(changed)


def _death_at(column: str, table: str) -> Mutation:
    is_dead = (pl.col("source_table") == "admissions") & pl.col("death_time").is_not_null()
    time = pl.col(column).filter(pl.col("source_table") == table).max().over("subject_id")
    return extract_as(death_time=pl.when(is_dead).then(time).otherwise("death_time"))


def _mistakes_about(
    rule: str, unit: str, lasting_s: int, below: tuple[float, ...] = (), above: tuple[float, ...] = ()
) -> Iterator[tuple[str, Mutation]]:
    """Yield near mistakes about a rule of monitor values: one step of the display, two of time, silences either way."""
    for side, limits in (("below", below), ("above", above)):
        for limit in limits:
            yield f"{rule}: {side} {limit:g} {unit}", rule_with(rule, **{side: limit})
    for seconds in (lasting_s - 2, lasting_s + 2):
        yield f"{rule}: lasting {seconds} s", rule_with(rule, lasting_s=seconds)
    for seconds in (40, 90, 600):
        yield f"{rule}: continuous over {seconds} s", rule_with(rule, continuous_s=seconds)


_IS_ADMISSION = pl.col("source_table") == "admissions"
_IS_LABORATORY = pl.col("source_table") == "labevents"
_IS_HEART_RATE = pl.col("parameter") == "heart_rate"
_IS_CHARTED = pl.col("source_table") == "procedureevents"
_OLD = CodeList(version=9, codes=("412", "41072")), CodeList(version=10, codes=("I252",))
_HISTORY = CodeList(version=9, codes=("V1253", "V1741")), CodeList(version=10, codes=("Z8674", "Z8241"))

MUTATIONS: dict[str, Mutation] = {
    **dict(_mistakes_about("low_pressure", "mmHg", below=(64.0, 66.0), lasting_s=300)),
    "below 60 mmHg": rule_with("low_pressure", below=60.0),
    "lasting 240 s": rule_with("low_pressure", lasting_s=240),
    "lasting 180 s": rule_with("low_pressure", lasting_s=180),
    "lasting 360 s": rule_with("low_pressure", lasting_s=360),
    "lasting 600 s": rule_with("low_pressure", lasting_s=600),
    "systolic instead of mean": rule_with("low_pressure", parameters=("abp_systolic",), below=90.0),
    "cuff values counted": also_rule("low_pressure", "low_cuff", parameters=("nbp_mean",), continuous_s=1800),
    "episodes an hour apart are one": kind_with("hypotension", merge_window_s=3600),
    "flagged values used": numerics_as(
        flag=pl.when(pl.col("value").is_not_null() & pl.col("time").is_not_null()).then(pl.lit("ok")).otherwise("flag")
    ),
    "flagged values end a run": numerics_as(
        value=pl.when(pl.col("flag") == "ok").then("value").otherwise(pl.lit(250.0)),
        flag=pl.when(pl.col("time").is_not_null()).then(pl.lit("ok")).otherwise("flag"),
    ),
    "onset timed by its end": events_as(
        event_time=pl.when(event="hypotension").then("event_end_time").otherwise("event_time"),
        upper_time=pl.when(event="hypotension").then("event_end_time").otherwise("upper_time"),
    ),
    "onset without lower bound": events_as(
        lower_time=pl.when(event="hypotension").then(None).otherwise("lower_time"),
    ),
    "low pressure forgotten": rule_forgotten("low_pressure"),
    "low pressure of tier A": rule_with("low_pressure", tier=Tier.A),
    "death at dischtime": _death_at("end_time", "admissions"),
    "death at last outtime": _death_at("end_time", "icustays"),
    "every discharge a death": extract_as(
        death_time=pl.when(_IS_ADMISSION).then(pl.coalesce("death_time", "end_time")).otherwise("death_time")
    ),
    "dates of death ignored": rule_forgotten("death_dated"),
    "history codes are arrests": also_codes("arrest_diagnosis", *_HISTORY),
    "atrial cardioversion is a shock": also_codes("shock_procedure", CodeList(version=9, codes=("9961",))),
    "arrest codes forgotten": rule_forgotten("arrest_diagnosis"),
    "resuscitation codes forgotten": rule_forgotten("arrest_procedure"),
    "shock codes forgotten": rule_forgotten("shock_procedure"),
    "charted arrests of tier B": rule_with("arrest_charted", tier=Tier.B),
    "charted arrests forgotten": rule_forgotten("arrest_charted"),
    "every shock is an arrest": rule_with("arrest_shock", needs=()),
    "every ventricular tachycardia is an arrest": rule_with("arrest_rhythm", patterns=(r"\bvt\b", r"\bvf\b")),
    "every tachycardia is ventricular": rule_with("vt_rhythm", refused_patterns=(), patterns=(r"tach",)),
    "denials are rhythms": rule_with("vf_rhythm", refused_patterns=()),
    "one spelling of fibrillation": rule_with("vf_rhythm", patterns=("ventricular fibrillation",)),
    "rhythms of tier A": rule_with("asystole_rhythm", tier=Tier.A),
    "ventricular tachycardia forgotten": rule_forgotten("vt_rhythm"),
    "runs half an hour apart are one": kind_with("vt", merge_window_s=1800),
    "respiratory arrests are arrests": rule_with("arrest_charted", items=(225466, 225475)),
    "respiratory arrests forgotten": rule_forgotten("respiratory_arrest_charted"),
    **dict(_mistakes_about("low_saturation", "%", below=(87.9, 88.1), lasting_s=60)),
    **dict(_mistakes_about("low_heart_rate", "/min", below=(39.0, 41.0), lasting_s=60)),
    **dict(_mistakes_about("high_heart_rate", "/min", above=(149.0, 151.0), lasting_s=60)),
    "pulse instead of heart rate": rule_with("low_heart_rate", parameters=("pulse_spo2",)),
    "desaturations half an hour apart are one": kind_with("desaturation", merge_window_s=1800),
    "tachycardias of tier A": rule_with("high_heart_rate", tier=Tier.A),
    "every asystole is a bradycardia": numerics_as(
        flag=pl.when((pl.col("parameter") == "heart_rate") & (pl.col("value") == 0))
        .then(pl.lit("ok"))
        .otherwise("flag")
    ),
    **{f"{name} forgotten": rule_forgotten(name) for name in ("low_saturation", "low_heart_rate", "high_heart_rate")},
    "troponin above 0.02": rule_with("mi_troponin", above=0.02),
    "troponin of 0.01": rule_with("mi_troponin", above=0.009),
    "CK-MB above 11": rule_with("mi_ck_mb", above=11),
    "CK-MB of 10": rule_with("mi_ck_mb", above=9),
    "raised troponin is an infarction": rule_with("mi_troponin", needs=()),
    "raised CK-MB is an infarction": rule_with("mi_ck_mb", needs=()),
    "old infarctions are acute": also_codes("mi_diagnosis", *_OLD),
    "type 2 forgotten": rule_forgotten("mi_type_2"),
    "troponin forgotten": rule_forgotten("mi_troponin"),
    "CK-MB forgotten": rule_forgotten("mi_ck_mb"),
    "infarction codes forgotten": rule_forgotten("mi_diagnosis"),
    "markers hours apart are two infarctions": kind_with("acute_mi", merge_window_s=3600),
    "infarction at the panel's result": extract_as(
        start_time=pl.when(_IS_LABORATORY).then(pl.coalesce("store_time", "start_time")).otherwise("start_time")
    ),
    "laboratory rows without an admission ignored": extract_as(
        start_time=pl.when(~_IS_LABORATORY | pl.col("hadm_id").is_not_null()).then("start_time")
    ),
    "values below the assay's range ignored": extract_as(
        value_text=pl.when(_IS_LABORATORY & pl.col("value").is_null()).then(None).otherwise("value_text")
    ),
    "charted times within an hour": rule_with("arrest_charted", before_s=3600, after_s=3600),
    "charted events timed by storetime": extract_as(
        start_time=pl.when(_IS_CHARTED).then(pl.coalesce("store_time", "start_time")).otherwise("start_time")
    ),
}
"""Name -> mistake."""

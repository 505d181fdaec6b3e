"""Every column of every table is classified; what a model is given is no hindsight; a task that names it is refused."""

import json
from pathlib import Path

import pytest

from mimic_assets.cli.catalogue import SCHEMA_PAGE, catalogue_page
from mimic_assets.errors import RequestError
from mimic_assets.manifest.sample_bytes import SIGNAL_COLUMNS
from mimic_assets.manifest.shard_layout import SIGNAL, ShardLayout
from mimic_assets.numerics import PARAMETERS
from mimic_assets.schemas.hindsight import OWN, SOURCE, WHOLE, Knowledge, knowledge_of
from mimic_assets.schemas.model import Table
from mimic_assets.schemas.tables import REJECTED_INPUTS, TABLES, WINDOWED_SAMPLES
from mimic_assets.tasks import load_task, shipped_tasks
from mimic_assets.tasks.hindsight import refusal
from mimic_assets.windows import INPUTS
from mimic_assets.windows.features import feature_names
from mimic_assets_tests.unit.tasks.test_tasks import written

ROOT = Path(__file__).parents[2]
GIVEN = {
    "values": "cell_values", "ages_s": "cell_ages_s", "reasons": "cell_reasons", "label": "label",
    "tile_features": "tile_features",
} | {f"signals.{name}": column for name, column in SIGNAL_COLUMNS.items()}  # fmt: skip
"""Column of a shard -> the column it is made from."""


@pytest.mark.parametrize("table", [*TABLES.values(), REJECTED_INPUTS], ids=lambda table: table.name)
def test_every_column_is_classified(table: Table) -> None:
    unclassified = [column for column in table.schema if knowledge_of(table.name, column) is None]
    assert unclassified == [], "say in schemas/hindsight.py"


def test_a_column_nobody_classified_is_noticed() -> None:
    assert knowledge_of("windowed_samples", "hours_to_discharge") is None
    assert knowledge_of("a_new_table", "value") is None


def test_the_proof_compares_every_column_that_is_no_label() -> None:
    of = {column: known for column in WINDOWED_SAMPLES.schema if (known := knowledge_of("windowed_samples", column))}
    may_enter = {column for column, known in of.items() if known.knowledge is not Knowledge.LABEL}
    assert set(INPUTS) == may_enter
    assert all(of[column].knowledge is not Knowledge.HINDSIGHT for column in INPUTS)


def test_what_a_model_is_given_is_known_and_the_label_is_the_only_label() -> None:
    layout = ShardLayout(
        "t", "f", "train", "leave", ("heart_rate",), ("1/min",), 60, 2, ("II",), (4,), 625, ("heart_rate_per_min",), 1
    )
    columns = {name for name in layout.schema.names if name != "signals"}
    assert columns | {f"signals.{field.name}" for field in SIGNAL} == set(GIVEN)
    known = {name: knowledge_of("windowed_samples", column) for name, column in GIVEN.items()}
    found = {name: each.knowledge for name, each in known.items() if each is not None}
    assert found == dict.fromkeys(GIVEN, Knowledge.KNOWN) | {"label": Knowledge.LABEL}


def test_no_parameter_and_no_feature_is_called_like_hindsight() -> None:
    names = {parameter.name for parameter in PARAMETERS} | {
        p for name in shipped_tasks() for p in load_task(name).numerics.parameters
    }
    assert names
    assert [name for name in sorted(names) if refusal(name)] == []
    assert [name for name in feature_names(tuple(sorted(names))) if refusal(name)] == []


@pytest.mark.parametrize(
    ("name", "because"),
    [
        ("los", "icustays.los is hindsight: known when the patient leaves the unit"),
        ("ICUSTAYS.OUTTIME", "icustays.outtime is hindsight"),
        ("discharge_location", "DIED and HOSPICE"),
        ("hospital_expire_flag", "admissions.hospital_expire_flag is label"),
        ("dod", "patients.dod is label"),
        ("icd_code", "coded for billing after discharge"),
        ("drg_mortality", "drgcodes.drg_mortality is hindsight"),
        ("last_careunit", "leaves the unit"),
        ("label", "is label"),
        ("event_id", "is label"),
        ("follow_up_end_time", "clinical_labels.follow_up_end_time is label"),
        ("record_last_tick", "the monitor comes off before a death"),
        ("lag_s", "estimated over the whole record"),
        ("file_bytes", "said of a whole segment's file"),
        ("tier", "clinical_events.tier is label"),
        ("weight", "training_manifest.weight is label"),
        ("subject_id", "learns by heart"),
    ],
)
def test_a_task_that_names_it_is_refused_with_the_reason(tmp_path: Path, name: str, because: str) -> None:
    places = {
        "numerics.parameters": ('"heart_rate", "spo2"', f'"heart_rate", {json.dumps(name)}, "spo2"'),
        "coverage.any_of": ('any_of = ["heart_rate"', f'any_of = [{json.dumps(name)}, "heart_rate"'),
        "controls.match_on": ('match_on = ["care_unit"', f'match_on = [{json.dumps(name)}, "care_unit"'),
    }
    for place, change in places.items():
        with pytest.raises(RequestError) as refused:
            load_task(written(tmp_path, "in_hospital_death", change))
        assert f"{place} names {name!r}" in str(refused.value)
        assert because in str(refused.value)


def test_what_is_known_is_not_refused() -> None:
    for name in ("heart_rate", "care_unit", "hours_in_stay", "observed_fraction", "care_limitation", "invented"):
        assert refusal(name) is None


def test_every_entry_gives_a_reason() -> None:
    entries = [*SOURCE.values(), *WHOLE.values(), *(known for columns in OWN.values() for known in columns.values())]
    assert all(len(known.reason) > 10 for known in entries)
    assert all(known.knowledge in (Knowledge.HINDSIGHT, Knowledge.LABEL) for known in SOURCE.values())


def test_the_page_is_what_the_catalogue_says() -> None:
    assert (ROOT / SCHEMA_PAGE).read_text(encoding="utf-8") == catalogue_page(), (
        "run `mimic-assets prove --catalogue > docs/hindsight.md`"
    )

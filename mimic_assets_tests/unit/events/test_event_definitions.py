"""Definitions as data: the shipped ones are sound, a user's replace or add, a wrong one is told with both numbers."""

from pathlib import Path

import pytest

from mimic_assets.clinical import CsvFiles
from mimic_assets.clinical.dictionaries import Dictionaries, read_dictionaries
from mimic_assets.errors import RequestError
from mimic_assets.events import check_definitions, definitions_fingerprint, load_definitions
from mimic_assets.events.definition import TimeKind
from mimic_assets.events.load import shipped_definitions
from mimic_assets.numerics.parameters import PARAMETERS
from mimic_assets.sources.folder import FolderTree
from mimic_assets_tests.event_ledger import shipped

MEASURED = [parameter.name for parameter in PARAMETERS]
OWN = """
name = "fever"
title = "Temperature above 38.3"
reason = "Surviving Sepsis."
merge_window_s = 3600

[[rules]]
name = "fever_charted"
version = 1
tier = "B"
time = "charted_minute"
table = "chartevents"
items = [223762]
above = 38.3
source = "d_items: Temperature Celsius"
"""


def written(folder: Path, text: str, name: str = "own.toml") -> str:
    (folder / name).write_text(text)
    return str(folder / name)


def test_the_shipped_definitions_are_those_that_are_promised() -> None:
    assert shipped_definitions() == (
        "acute_mi", "asystole", "bradycardia", "cardiac_arrest", "death", "desaturation", "hypotension",
        "respiratory_arrest", "shock", "tachycardia", "vf", "vt",
    )  # fmt: skip
    assert [definition.name for definition in load_definitions()] == list(shipped_definitions())


def test_every_rule_has_one_name_a_reason_and_a_tier_that_fits() -> None:
    rules = [rule for definition in shipped() for rule in definition.rules]
    assert len({rule.name for rule in rules}) == len(rules)
    assert all(rule.source and rule.version >= 1 for rule in rules)
    assert all(len(definition.reason) > 100 for definition in shipped())
    assert {rule.time for rule in rules if rule.tier == "A"} == {TimeKind.CHARTED_MINUTE}


@pytest.mark.real_data
def test_every_shipped_item_and_code_is_in_the_published_dictionaries(real_data: Path) -> None:
    dictionaries = read_dictionaries(CsvFiles(FolderTree(real_data / "mimic-iv-demo")))
    assert dictionaries.items is not None
    assert len(dictionaries.diagnoses or {}) > 100_000
    check_definitions(shipped(), dictionaries, MEASURED)


def test_a_definition_of_ones_own_is_added_and_one_of_the_same_name_replaces(tmp_path: Path) -> None:
    own = load_definitions([written(tmp_path, OWN)])
    assert {definition.name for definition in own} == {*shipped_definitions(), "fever"}
    replaced = load_definitions([written(tmp_path, OWN.replace('"fever"', '"shock"'))])
    [shock] = [definition for definition in replaced if definition.name == "shock"]
    assert [rule.name for rule in shock.rules] == ["fever_charted"]
    assert len(replaced) == len(shipped_definitions())
    folder = load_definitions([str(tmp_path)])
    assert folder == replaced


def test_titles_and_reasons_change_no_fingerprint_and_every_number_does(tmp_path: Path) -> None:
    def of(text: str) -> str:
        return definitions_fingerprint(load_definitions([written(tmp_path, text)]))

    assert of(OWN) == of(OWN.replace("Surviving Sepsis.", "Other words.").replace("Temperature above", "More than"))
    assert of(OWN) != of(OWN.replace("38.3\nsource", "38.0\nsource"))
    assert of(OWN) != of(OWN.replace("3600", "1800"))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('tier = "B"', 'tier = "C"', "tier C found with time 'charted_minute', tier A or B expected"),
        ("items = [223762]", "", "table 'chartevents' without items"),
        ('"chartevents"', '"chartevent"', "table 'chartevent' found, one of admissions"),
        ("above = 38.3", "abov = 38.3", "abov: unknown, did you mean above?"),
        ("merge_window_s = 3600", "merge_window_s = -1", "merge_window_s"),
        ("above = 38.3", "before_s = 30", "before_s = 30, after_s = 60: at least 60 expected"),
        ("above = 38.3", 'patterns = ["("]', "is no regular expression"),
        ('time = "charted_minute"', 'time = "date"', "tier B found with time 'date', tier C expected"),
        ('tier = "B"\ntime = "charted_minute"\ntable = "chartevents"', 'tier = "B"\ntime = "episode"\ntable = '
         '"chartevents"', "episodes are found in cleaned_numerics"),
        ("above = 38.3", 'codes = [{ version = 10, codes = ["I46.9"] }]', "without dot or space expected"),
    ],
)  # fmt: skip
def test_what_a_definition_may_not_say_is_refused_with_what_was_found(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    assert old in OWN
    with pytest.raises(RequestError) as refusal:
        load_definitions([written(tmp_path, OWN.replace(old, new))])
    assert said in str(refusal.value)
    assert str(tmp_path) in str(refusal.value)


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    text = OWN.replace("merge_window_s = 3600", "merge_window_s = -1").replace("version = 1", "version = 0")
    with pytest.raises(RequestError, match=r"3 problem\(s\)"):
        load_definitions([written(tmp_path, text)])


def test_files_that_are_not_there_or_define_one_event_twice_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="does not exist"):
        load_definitions([str(tmp_path / "none.toml")])
    with pytest.raises(RequestError, match="holds no event definition"):
        load_definitions([str(tmp_path)])
    paths = [written(tmp_path, OWN, name) for name in ("one.toml", "two.toml")]
    with pytest.raises(RequestError, match=r"defined in .* and in .*, one expected"):
        load_definitions(paths)


DICTIONARY = Dictionaries(
    items={223762: ("Temperature Celsius", "chartevents"), 225466: ("Cardiac Arrest", "procedureevents")},
    diagnoses={(10, "I469"): "Cardiac arrest", (10, "I462"): "Cardiac arrest", (9, "4275"): "Cardiac arrest"},
    procedures={(9, "9960"): "Resuscitation"},
)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("223762", "223726", "item 223726 of chartevents is in no dictionary; did you mean 223762"),
        ("223762", "225466", "item 225466 (Cardiac Arrest) is charted in procedureevents, chartevents found"),
    ],
)
def test_an_unknown_item_names_the_near_misses(tmp_path: Path, old: str, new: str, said: str) -> None:
    own = [d for d in load_definitions([written(tmp_path, OWN.replace(old, new))]) if d.name == "fever"]
    with pytest.raises(RequestError) as refusal:
        check_definitions(own, DICTIONARY, MEASURED)
    assert said in str(refusal.value)


def test_unknown_codes_and_parameters_name_the_near_misses(tmp_path: Path) -> None:
    coded = OWN[: OWN.index("[[rules]]")] + (
        '[[rules]]\nname = "a"\nversion = 1\ntier = "D"\ntime = "stay"\ntable = "diagnoses_icd"\nsource = "x"\n'
        'codes = [{ version = 10, codes = ["I468"], prefixes = ["J9"] }, { version = 9, codes = ["I469"] }]\n'
        '[[rules]]\nname = "b"\nversion = 1\ntier = "B"\ntime = "episode"\ntable = "cleaned_numerics"\nsource = "x"\n'
        'parameters = ["hart_rate"]\nbelow = 40\nlasting_s = 60\ncontinuous_s = 60\n'
    )
    own = [d for d in load_definitions([written(tmp_path, coded)]) if d.name == "fever"]
    with pytest.raises(RequestError) as refusal:
        check_definitions(own, DICTIONARY, MEASURED)
    said = str(refusal.value)
    assert "4 thing(s) that do not exist" in said
    assert "ICD-10 code 'I468' is in no dictionary; did you mean I46" in said
    assert "no ICD-10 code of the dictionary starts with 'J9'" in said
    assert "ICD-9 code 'I469' is in no dictionary" in said
    assert "parameter 'hart_rate' is not measured; did you mean heart_rate" in said


def test_what_the_source_does_not_say_is_not_checked(tmp_path: Path) -> None:
    own = load_definitions([written(tmp_path, OWN)])
    check_definitions(own, Dictionaries(None, None, None), MEASURED)

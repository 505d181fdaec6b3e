"""Tasks say what they mean; wrong ones are refused with both numbers."""

import tomllib
from pathlib import Path

import pytest

from mimic_assets import tasks as package
from mimic_assets.errors import RequestError
from mimic_assets.numerics import PARAMETERS as CATALOGUE
from mimic_assets.tasks import check_against, load_task, shipped_tasks

PARAMETERS = [parameter.name for parameter in CATALOGUE]
SHIPPED = Path(package.__file__).parent


def written(folder: Path, name: str, *replacements: tuple[str, str]) -> str:
    text = (SHIPPED / f"{name}.toml").read_text()
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new)
    path = folder / "mine.toml"
    path.write_text(text)
    return str(path)


def test_the_shipped_tasks_are_those_of_the_design() -> None:
    death, pressure = load_task("in_hospital_death"), load_task("hypotension")
    assert (death.observation.total_seconds(), death.stride.total_seconds()) == (3600, 3600)
    assert (death.gap.total_seconds(), death.horizon.total_seconds()) == (0, 86400)
    assert (pressure.observation.total_seconds(), pressure.stride.total_seconds()) == (1800, 300)
    assert (pressure.gap.total_seconds(), pressure.horizon.total_seconds()) == (300, 1800)
    assert shipped_tasks() == ("cardiac_arrest", "hypotension", "in_hospital_death", "vt_vf")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("stride_s = 3600", "stride_s = 3600\nspeed = 1", "index.speed"),
        (
            "observation_s = 3600",
            "observation_s = 3601",
            "observation_s = 3601 is not a whole number of cells of cell_s = 60",
        ),
        ("held_out = 0.2", "held_out = 0.3", "= 1.1 found, 1 expected"),
        ("gap_s = 0", "gap_s = -5", "target.gap_s"),
        ('kind = "death"', 'kind = "Death!"', "event.kind"),
        ('kind = "death"', 'kind = "death"\nkinds = ["vt"]', "exactly one of them expected"),
        ("horizon_s = 86400", "horizn_s = 86400", "horizn_s: unknown, did you mean horizon_s?"),
        ("horizon_s = 86400", "horizon_s = 120", "horizon_s = 120 found, more than 120 expected"),
        ("charted_known_after_s = 3600", "charted_known_after_s = 59", "= 59 found, at least 60"),
        ("stride_s = 3600", "stride_s = 90000", "stride_s = 90000 found, at most target.horizon_s = 86400"),
        ("stride_s = 3600", 'rule = "anchored"\nanchor = "intime"', "needs anchor and offset_s"),
        (
            "stride_s = 3600",
            'rule = "anchored"\nanchor = "intime"\noffset_s = 3599',
            "offset_s = 3599 found, at least numerics.observation_s = 3600",
        ),
        (
            "stride_s = 3600",
            'rule = "anchored"\nanchor = "shock"\noffset_s = 60',
            "offset_s = 60 found, at least care.charted_known_after_s = 3600",
        ),
        ("blanking_s = 0", "blanking_s = -1", "found -1"),
        ('gap_policy = "leave"', 'gap_policy = "hold"', "hold_at_most_s = 0"),
        ('minimum_tier = "A"', 'minimum_tier = "C"', "event.minimum_tier"),
        ('minimum_tier = "A"', 'minimum_tier = "A"\nexcluded_classes = ["newborns"]', "found 'newborns'"),
        ('"heart_rate", "spo2"', '"heart_rate", "heart_rate"', "named twice"),
        ("[event]", "[event", "is not TOML"),
    ],
)
def test_a_wrong_task_is_refused_by_name_and_number(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(RequestError) as refusal:
        load_task(written(tmp_path, "in_hospital_death", (old, new)))
    assert message in str(refusal.value)


def test_all_problems_are_listed_at_once(tmp_path: Path) -> None:
    path = written(tmp_path, "in_hospital_death", ("gap_s = 0", "gap_s = -5"), ("horizon_s = 86400", "horizon_s = 1"))
    with pytest.raises(RequestError, match=r"2 problem\(s\)"):
        load_task(path)


def test_an_unknown_name_offers_the_near_miss() -> None:
    with pytest.raises(RequestError, match="Did you mean 'hypotension'"):
        load_task("hypotention")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="does not exist"):
        load_task(str(tmp_path / "none.toml"))


def test_the_fingerprint_follows_numbers_not_prose(tmp_path: Path) -> None:
    same = load_task(written(tmp_path, "hypotension", ('title = "', 'title = "Really: ')))
    assert same.fingerprint == load_task("hypotension").fingerprint
    other = load_task(written(tmp_path, "hypotension", ("gap_s = 300", "gap_s = 360")))
    assert other.fingerprint != same.fingerprint


def test_every_shipped_task_gives_its_reason() -> None:
    for name in shipped_tasks():
        assert len(tomllib.loads((SHIPPED / f"{name}.toml").read_text())["reason"]) > 100


def test_names_that_nobody_defines_are_refused_with_near_misses() -> None:
    check_against(load_task("vt_vf"), ["vt", "vf", "death"], PARAMETERS)
    with pytest.raises(RequestError, match=r"event\.kinds: vf: unknown") as refusal:
        check_against(
            load_task("vt_vf"), ["vt", "death"], [name for name in PARAMETERS if name != "resp_rate"] + ["resp_rates"]
        )
    assert "numerics.parameters: resp_rate: unknown, did you mean resp_rates?" in str(refusal.value)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('required_any = ["II", "V"]', 'required_any = ["II", "aVR"]', "required_any names aVR, which signals"),
        ('signals = ["II", "V", "ABP", "Pleth"]', 'signals = ["II", "V", "ABP", "II"]', "each name once expected"),
        ('"II.quality_index", ', '"II.quality", ', "tile_features names 'II.quality'"),
        ('"II.quality_index", ', '"aVR.quality_index", ', "tile_features names 'aVR.quality_index'"),
        ('"sdnn_ms", ', '"qrs_count", ', "tile_features names 'qrs_count'"),
        ("observation_s = 600        #", "observation_s = 605  #", "multiple of 10"),
        ("minimum_usable_fraction = 0.5", "minimum_usable_fraction = 0", "greater than 0"),
    ],
)
def test_waveforms_that_cannot_be_are_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(RequestError, match=message):
        load_task(written(tmp_path, "vt_vf", (old, new)))

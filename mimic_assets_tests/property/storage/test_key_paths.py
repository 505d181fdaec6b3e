"""A key's path parses back to the key, and whatever parses is the path of its key."""

from hypothesis import given
from hypothesis import strategies as st

from mimic_assets.schemas.model import Partitioning, Table
from mimic_assets.schemas.tables import TABLES
from mimic_assets.storage import keys
from mimic_assets.storage.keys import Key

TASKS = st.text("abcxyz0189_", min_size=1, max_size=64).filter(lambda name: name[0].isalpha())


@st.composite
def table_keys(draw: st.DrawFn) -> tuple[Table, Key]:
    table = draw(st.sampled_from(list(TABLES.values())))
    match table.partitioning:
        case Partitioning.PATIENT:
            return table, Key(draw(st.integers(1, 10**19 - 1)))
        case Partitioning.PATIENT_TASK:
            return table, Key(draw(st.integers(1, 10**19 - 1)), draw(TASKS))
        case Partitioning.BUCKET:
            return table, Key(draw(st.integers(0, 9999)))
        case Partitioning.WHOLE:
            return table, Key()
        case Partitioning.TASK:
            return table, Key(task=draw(TASKS))


@given(table_keys())
def test_a_path_parses_back_to_its_key(table_key: tuple[Table, Key]) -> None:
    table, key = table_key
    assert keys.parse(keys.data_path(table, key)) == (table, key, keys.DATA)
    assert keys.parse(keys.rejected_path(table, key)) == (table, key, keys.REJECTED)
    assert keys.data_path(table, key).startswith(keys.listing_prefix(table, key.task) + "/")


@given(table_keys(), st.integers(0, 80), st.characters(), st.booleans())
def test_what_parses_is_canonical(table_key: tuple[Table, Key], place: int, sign: str, replace: bool) -> None:
    path = keys.data_path(*table_key)
    place = min(place, len(path))
    damaged = path[:place] + sign + path[place + replace :]
    found = keys.parse(damaged)
    assert found is None or keys.data_path(found[0], found[1]) == damaged

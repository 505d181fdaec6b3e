"""The graph says what the schemas say, and nothing runs by itself unless somebody switches it on."""

import inspect
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.execution.context.metadata_logging import OutputMetadataAccumulator
from dagster._core.execution.context.system import StepExecutionContext

from mimic_assets.definitions import build_definitions
from mimic_assets.defs.automation import runs_of
from mimic_assets.schemas.model import Partitioning
from mimic_assets.schemas.tables import TABLES
from mimic_assets.settings import Settings

PATIENT_TABLES = [
    t.name for t in TABLES.values() if t.partitioning in (Partitioning.PATIENT, Partitioning.PATIENT_TASK)
]


@pytest.fixture(scope="module")
def graph() -> dg.Definitions:
    return build_definitions(Settings(waveforms="w", clinical="c", lake="l"))


def test_every_table_is_an_asset_with_its_upstream_tables(graph: dg.Definitions) -> None:
    assets = graph.resolve_asset_graph()
    for table in TABLES.values():
        node = assets.get(dg.AssetKey(table.name))
        assert {key.path[-1] for key in node.parent_keys} == set(table.upstream), table.name
        assert node.group_name == table.stage
        assert node.description
        assert node.owners
        assert node.kinds


def test_every_patient_asset_has_the_patient_partitions_and_takes_batches(graph: dg.Definitions) -> None:
    assets = graph.resolve_asset_graph()
    for name in PATIENT_TABLES:
        node = assets.get(dg.AssetKey(name))
        assert isinstance(node.partitions_def, dg.DynamicPartitionsDefinition), name
        assert node.backfill_policy is not None
        assert node.backfill_policy.max_partitions_per_run == 100


def test_every_table_has_a_check_for_every_key_and_a_blocking_one_for_the_batch(graph: dg.Definitions) -> None:
    specs = {spec.name: spec for checks in graph.asset_checks or [] for spec in checks.check_specs}
    for name in TABLES:
        assert not specs[f"{name}_every_key"].blocking
        assert specs[f"{name}_batch"].blocking


def test_the_column_schema_shown_is_the_tables(graph: dg.Definitions) -> None:
    assets = graph.resolve_asset_graph()
    for table in TABLES.values():
        shown = assets.get(dg.AssetKey(table.name)).metadata["dagster/column_schema"]
        assert [column.name for column in shown.columns] == [column.name for column in table.columns]
        assert {c.name for c in shown.columns if c.constraints.nullable} == table.optional


def test_everything_that_runs_by_itself_is_off(graph: dg.Definitions) -> None:
    assert graph.schedules
    assert graph.sensors
    assert all(schedule.default_status is dg.DefaultScheduleStatus.STOPPED for schedule in graph.schedules)
    assert all(sensor.default_status is dg.DefaultSensorStatus.STOPPED for sensor in graph.sensors)


def test_the_instance_file_at_the_top_is_the_one_that_is_installed() -> None:
    root = Path(__file__).parents[2]
    assert (root / "dagster.yaml").read_bytes() == (root / "mimic_assets" / "defs" / "dagster.yaml").read_bytes()


def test_scattered_keys_become_ranges_that_hold_exactly_them() -> None:
    ordered = list("abcdefgh")
    assert list(runs_of(ordered, list("abdgh"))) == [("a", "b"), ("d", "d"), ("g", "h")]
    assert list(runs_of(ordered, ordered, at_most=3)) == [("a", "c"), ("d", "f"), ("g", "h")]
    assert list(runs_of(ordered, [])) == []


def test_the_private_line_of_dagster_is_still_there() -> None:
    """`defs.io_managers` narrows the keys that become materialised through this attribute; see ADR 2."""
    context = dg.build_output_context(partition_key="a", asset_key=dg.AssetKey("t"))
    assert hasattr(context, "_asset_partitions_subset")


def test_the_private_metadata_of_a_step_is_still_there() -> None:
    """`defs.io_managers` attaches metadata to keys through it: the public way reads every partition for each key."""
    accumulator = OutputMetadataAccumulator.empty()
    described = accumulator.with_additional_asset_metadata(
        asset_key=dg.AssetKey("t"), partition_key="a", metadata={"rows": 1}
    )
    assert described.get_asset_metadata(dg.AssetKey("t"), "a") == {"rows": 1}
    assert "self._metadata_accumulator" in inspect.getsource(StepExecutionContext.add_asset_metadata)

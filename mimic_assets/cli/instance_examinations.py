"""What `doctor` looks at in the Dagster instance of a lake: settings, runs that died, registered patients.

A dead run is not only named: it is failed, so that the UI tells the truth and the run can be repeated.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import dagster as dg

from mimic_assets import records
from mimic_assets.cli.examination import Finding, Status
from mimic_assets.cli.instance import fail_dead_runs
from mimic_assets.defs.partitions import PATIENTS
from mimic_assets.settings import Settings, dagster_home_for
from mimic_assets.sources.folder import FolderTree

_NAMES_SHOWN = 5
_UNFINISHED = [dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.CANCELING]


def examine_instance(settings: Settings) -> Iterator[Finding]:
    """Look at the instance's settings, fail its dead runs, and compare its patients with the source."""
    home = dagster_home_for(settings.lake)
    if not (home / "dagster.yaml").is_file():
        yield Finding("Dagster instance", Status.OK, f"none yet at {home}; the first run makes it")
        return
    with dg.DagsterInstance.from_config(str(home)) as instance:
        yield _settings_of(instance, home)
        yield _runs_of(instance)
        yield _patients_of(instance, settings)


def _settings_of(instance: dg.DagsterInstance, home: Path) -> Finding:
    name = "Dagster instance"
    if instance.telemetry_enabled:
        found = f"telemetry is on in {home / 'dagster.yaml'}: usage data would leave this machine"
        return Finding(name, Status.PROBLEM, found, "Set `telemetry: {enabled: false}` there.")
    given = os.environ.get("DAGSTER_HOME")
    if given and Path(given).expanduser().absolute() not in (home, home.parent):
        found = f"DAGSTER_HOME is {given}, this lake's instance is {home}"
        advice = "Ours is used by run, up and doctor; unset DAGSTER_HOME before you call `dagster` yourself."
        return Finding(name, Status.WARNING, found, advice)
    return Finding(name, Status.OK, f"{home}, telemetry off")


def _runs_of(instance: dg.DagsterInstance) -> Finding:
    failed = fail_dead_runs(instance)
    alive = len(instance.get_runs(dg.RunsFilter(statuses=_UNFINISHED)))
    total = instance.get_runs_count()
    going = f", {alive} under way" if alive else ""
    if failed:
        found = f"{failed} of {total} runs had died with their process and are marked failed now{going}"
        return Finding("runs", Status.WARNING, found, "Repeat the command that was stopped: what stands is kept.")
    return Finding("runs", Status.OK, f"{total} runs{going}, none dead")


def _patients_of(instance: dg.DagsterInstance, settings: Settings) -> Finding:
    name = "registered patients"
    registered = set(instance.get_dynamic_partitions(PATIENTS.name or ""))
    root = Path(settings.waveforms)
    if not root.is_dir():
        return Finding(name, Status.WARNING, f"{len(registered)} registered; no waveform source to compare with")
    found, _ = records.find_patients(FolderTree(root))
    new = sorted(set(found) - {int(key) for key in registered})
    if new:
        names = ", ".join(map(str, new[:_NAMES_SHOWN])) + (" ..." if len(new) > _NAMES_SHOWN else "")
        said = f"{len(new)} of {len(found)} patients of the source are not registered: {names}"
        return Finding(
            name, Status.WARNING, said, "`mimic-assets run`, or the sensor arriving_patients, registers them."
        )
    more = len(registered) - len(found)
    without = f"; {more} registered have no recordings in this source" if more else ""
    return Finding(name, Status.OK, f"{len(registered)} registered, all {len(found)} of the source among them{without}")

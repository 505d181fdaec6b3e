"""`mimic-assets doctor`: looks at everything a run needs, and says what to mend."""

import json
from dataclasses import asdict
from functools import partial

import typer
from rich.console import Console

from mimic_assets.cli.examination import Finding, Status, examine, print_findings
from mimic_assets.cli.options import Clinical, ExistingLake, Tasks, Waveforms, Workers
from mimic_assets.cli.run import AsJson
from mimic_assets.errors import RequestError
from mimic_assets.settings import load_settings


def doctor(
    lake: ExistingLake = None,
    waveforms: Waveforms = None,
    clinical: Clinical = None,
    task: Tasks = None,
    workers: Workers = None,
    as_json: AsJson = False,
) -> None:
    """Look at versions, settings, sources, lake, disk and the Dagster instance; say what to mend.

    It changes two things: a small object is put into the lake and removed again, and runs whose process is gone are
    marked failed. Exit 0 when there is no problem (warnings are none), else 1.

    Example: `mimic-assets doctor --waveforms waves/ --clinical mimiciv/ --lake s3://bucket/lake`
    """
    findings = _look(lake=lake, waveforms=waveforms, clinical=clinical, tasks=task, workers=workers)
    if as_json:
        typer.echo(json.dumps([asdict(finding) for finding in findings]))
    else:
        print_findings(findings, Console(highlight=False))
    if any(finding.status is Status.PROBLEM for finding in findings):
        raise typer.Exit(1)


def _look(**given: object) -> list[Finding]:
    from mimic_assets.cli import machine_examinations as machine

    findings = [
        *examine("python", machine.examine_python),
        *examine("packages", machine.examine_packages),
        *examine("libsndfile", machine.examine_flac),
    ]
    try:
        settings = load_settings(**given)
    except RequestError as error:
        return [
            *findings,
            Finding("settings", Status.PROBLEM, str(error), "Correct them; nothing else can be examined."),
        ]
    from mimic_assets.cli import instance_examinations as instance  # Dagster takes three seconds to import
    from mimic_assets.cli import place_examinations as places

    said = f"lake {settings.lake}, {settings.buckets} buckets, {settings.quarantine_share:.0%} quarantine allowed"
    findings.append(Finding("settings", Status.OK, said))
    examinations = {
        "processors and memory": machine.examine_power,
        "disk": machine.examine_disk,
        "tasks": places.examine_tasks,
        "waveform source": places.examine_waveforms,
        "clinical source": places.examine_clinical,
        "lake": places.examine_lake,
        "Dagster instance": instance.examine_instance,
    }
    for name, examination in examinations.items():
        findings += examine(name, partial(examination, settings))
    return findings

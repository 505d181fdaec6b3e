"""`mimic-assets show`: one window with label, evidence, quality and lineage; the place where values are shown."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from mimic_assets.cli.options import ExistingLake
from mimic_assets.cli.output import check_png, damage_told, write_picture
from mimic_assets.errors import RequestError
from mimic_assets.events import Definition, load_definitions
from mimic_assets.settings import Settings, load_settings
from mimic_assets.storage.lake import Lake
from mimic_assets.tasks import Task, load_task


def show(
    sample_id: Annotated[
        str | None, typer.Argument(help="Name of a window; without one, a telling positive is picked.")
    ] = None,
    lake: ExistingLake = None,
    output: Annotated[Path | None, typer.Option(help="Draw the window into this PNG file.", metavar="FILE.png")] = None,
    seconds: Annotated[
        float | None, typer.Option(min=0.1, help="Show only the last so many seconds of the signals.", metavar="S")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one object, every cell included, and nothing else.")
    ] = False,
) -> None:
    """Show one window: signals, values and gaps, why it is labelled so, where its bytes lie, what it was made from.

    Signals are drawn with what the lake says of them: why a sample is missing, how good each tile is, where beats are.
    No line crosses a gap, and no extreme is lost however long the window; `--seconds 10` shows single beats.

    The sample's bytes in the shard are read and checked against the manifest's SHA-256. This command shows a patient's
    values; everything else keeps them out of sight.

    Example: `mimic-assets show s_0123456789abcdef --output window.png`. A whole record: `mimic-assets record`.
    """
    check_png(output)
    settings = load_settings(lake=lake)
    with damage_told(settings.lake):
        _show(settings, sample_id, output, seconds, as_json)


def _show(settings: Settings, sample_id: str | None, output: Path | None, seconds: float | None, as_json: bool) -> None:
    from mimic_assets.cli.window import choose_sample, read_window
    from mimic_assets.cli.window_evidence import gather_evidence
    from mimic_assets.cli.window_lineage import trace
    from mimic_assets.cli.window_object import window_object
    from mimic_assets.cli.window_text import print_window
    from mimic_assets.cli.window_waveforms import read_waveforms

    lake = Lake.open(settings.lake, settings.s3, create=False)
    tasks = _tasks(settings)
    why = None
    if sample_id is None:
        sample_id, why = choose_sample(lake, list(tasks))
    window = read_window(lake, sample_id)
    evidence = gather_evidence(lake, window, tasks.get(window.row["task"]), _definitions(settings))
    lineage = trace(lake, window)
    waveforms = read_waveforms(lake, window, seconds)
    if as_json:
        typer.echo(json.dumps(window_object(window, evidence, lineage, waveforms) | {"picked": why}))
    else:
        console = Console(highlight=False)
        if why:
            console.print(f"No sample was named; this one is {why}.\n", soft_wrap=True)
        print_window(window, evidence, lineage, waveforms, console)
    if output is not None:
        from mimic_assets.cli.window_picture import draw_window  # matplotlib takes half a second to import

        write_picture(output, draw_window(window, evidence, None if waveforms is None else waveforms.view))


def _definitions(settings: Settings) -> tuple[Definition, ...]:
    """Return what counts as an event; nothing where a file cannot be read: it must not hide a window."""
    try:
        return load_definitions(settings.events)
    except RequestError:
        return ()


def _tasks(settings: Settings) -> dict[str, Task]:
    """Return the tasks of the settings that can be loaded, by name: a broken task file must not hide a window."""
    tasks = {}
    for name in settings.tasks:
        try:
            task = load_task(name)
        except RequestError:
            continue
        tasks[task.name] = task
    return tasks

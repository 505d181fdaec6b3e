"""Options that several commands take, each said once."""

from typing import Annotated

import typer

Waveforms = Annotated[
    str | None, typer.Option(help="Folder in the layout of the MIMIC-IV Waveform Database.", metavar="DIR")
]
Clinical = Annotated[
    str | None,
    typer.Option(
        help="Folder of MIMIC-IV csv.gz files (hosp/, icu/), or bq://BILLING_PROJECT in BigQuery.", metavar="DIR_OR_BQ"
    ),
]
NewLake = Annotated[
    str | None, typer.Option(help="Where tables live: a folder or s3://bucket/prefix.", metavar="DIR_OR_URI")
]
ExistingLake = Annotated[
    str | None,
    typer.Option(help="Folder or s3:// URI; default: the environment's, else the demo's.", metavar="DIR_OR_URI"),
]
Tasks = Annotated[
    list[str] | None,
    typer.Option("--task", help="Shipped task or path of a task file; may be repeated.", metavar="NAME_OR_FILE"),
]
Events = Annotated[
    list[str] | None,
    typer.Option(
        "--events",
        help="File or folder of event definitions, in place of shipped ones or beside them; may be repeated.",
        metavar="FILE_OR_DIR",
    ),
]
Adjudications = Annotated[
    str | None, typer.Option(help="CSV of reviewers' decisions (see `events review`).", metavar="FILE")
]
Workers = Annotated[
    int | None, typer.Option(min=1, help="Processes that make patients side by side; default: every core.")
]

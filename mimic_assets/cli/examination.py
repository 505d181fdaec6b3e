"""What an examination of `mimic-assets doctor` says: one value per thing looked at, and the table of them.

Belongs here: the value and how it is printed. Not here: looking at anything (`machine_examinations`,
`place_examinations`, `instance_examinations`).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from mimic_assets.errors import MimicAssetsError


class Status(StrEnum):
    """How a thing stands."""

    OK = "ok"
    WARNING = "warning"
    """A run works, but something is worth knowing or will cost time."""
    PROBLEM = "problem"
    """A run would fail, or its results could not be trusted."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, how it stands, what was found and what to do."""

    name: str
    status: Status
    found: str
    advice: str = ""
    """Empty where nothing has to be done."""


Examination = Callable[[], Iterable[Finding]]


def examine(name: str, examination: Examination) -> list[Finding]:
    """Return the findings of one examination; one that fails is itself a problem, and the others go on."""
    try:
        return list(examination())
    except MimicAssetsError as error:
        return [Finding(name, Status.PROBLEM, *_split_advice(str(error)))]
    except Exception as error:  # the point of a doctor is to survive what it finds
        found = f"could not be examined: unexpected {type(error).__name__}: {str(error)[:300]}"
        return [
            Finding(
                name, Status.PROBLEM, found, "Please report this line with the output of `mimic-assets doctor --json`."
            )
        ]


def _split_advice(message: str) -> tuple[str, str]:
    """Return what was found and the sentence that says what to do: our messages end with it."""
    found, stop, advice = message.rpartition(". ")
    return (f"{found}.", advice) if stop else (message, "Correct it and ask the doctor again.")


_LOOKS = {
    Status.OK: ("✓ ok", "green"),
    Status.WARNING: ("! warning", "yellow"),
    Status.PROBLEM: ("✗ problem", "bold red"),
}


def print_findings(findings: list[Finding], console: Console) -> None:
    """Print findings as a table, advice below what was found, and one closing sentence."""
    table = RichTable(box=None, padding=(0, 2, 0, 0), show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for finding in findings:
        words, style = _LOOKS[finding.status]
        said = Text(finding.found)
        if finding.advice:
            said.append(f"\n→ {finding.advice}", style=style)
        table.add_row(Text(words, style=style), finding.name, said)
    console.print(table)
    problems = sum(finding.status is Status.PROBLEM for finding in findings)
    warnings = sum(finding.status is Status.WARNING for finding in findings)
    if problems:
        console.print(
            f"\n{problems} problem(s), {warnings} warning(s). Mend the problems from the top: later ones may follow."
        )
    else:
        console.print(f"\nNo problem, {warnings} warning(s).")

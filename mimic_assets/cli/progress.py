"""Progress bars on a terminal, one per table, with rate and time left; silence where nobody looks."""

import sys
from types import TracebackType

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        """Return keys per second."""
        return Text("" if not task.speed else f"{task.speed:,.1f}/s", style="dim")


class TableProgress:
    """Call it with (what, done, of); it draws a bar per what. Use as a context manager."""

    def __init__(self, quiet: bool) -> None:
        """Draw on standard error unless quiet; on something that is no terminal, say one line per finished table."""
        self._console = Console(stderr=True)
        self._is_terminal = sys.stderr.isatty()
        self._quiet = quiet
        self._bars: dict[str, TaskID] = {}
        self._said: set[str] = set()
        columns = [
            TextColumn("{task.description:<24}"),
            BarColumn(),
            MofNCompleteColumn(),
            _Rate(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
        ]
        self._progress = Progress(*columns, console=self._console, disable=quiet or not self._is_terminal)

    def __enter__(self) -> "TableProgress":
        """Start drawing."""
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop drawing."""
        self._progress.stop()

    def __call__(self, what: str, done: int, of: int) -> None:
        """Move the bar of one table; a table that starts again (the next batch) goes on from the beginning."""
        if self._quiet:
            return
        if not self._is_terminal:
            if done >= of and what not in self._said:
                self._said.add(what)
                self._console.print(f"  {what}: {of:,}", highlight=False)
            return
        if what not in self._bars:
            self._bars[what] = self._progress.add_task(what, total=of)
        self._progress.update(self._bars[what], completed=done, total=of)

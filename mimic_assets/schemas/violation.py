"""A broken promise of a table, as everybody tells it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Violation:
    """A broken promise: which rule, of which column, in how many rows. It carries no values."""

    rule: str
    column: str | None
    count: int

    def __str__(self) -> str:
        """Return it as `rule(column): n rows`."""
        place = f"({self.column})" if self.column else ""
        return f"{self.rule}{place}: {self.count} row(s)"

"""What a table promises of a whole object, judged part by part with little kept of the parts before.

Belongs here: rules over rows of several parts (no key twice, ascending order), and the sum of what is broken. Not here:
rules over one part (`schemas.judging`), and where the parts come from.
"""

from collections import Counter

import polars as pl

from mimic_assets.errors import DataError
from mimic_assets.schemas.judging import is_sorted, violations
from mimic_assets.schemas.model import Table
from mimic_assets.schemas.violation import Violation


class Promises:
    """Judges the parts of one object as if they were one frame; asked for the judgement at the end.

    Two rows with the same key lie next to each other where the table's order begins with columns of its key. So what is
    kept are the keys of the last rows that are equal in those columns: of one row mostly. Of a table whose order begins
    with another column all keys are kept.
    """

    def __init__(self, table: Table) -> None:
        """Begin with no rows."""
        self._table = table
        self._deciding = _deciding(table)
        self._keys: pl.DataFrame | None = None
        self._last: pl.DataFrame | None = None
        self._broken: Counter[tuple[str, str | None]] = Counter()

    @property
    def are_kept(self) -> bool:
        """Whether nothing was broken so far."""
        return not self._broken

    def judge(self, part: pl.DataFrame) -> None:
        """Judge the rows of a part, and their place after the parts before.

        Raises:
            DataError: columns or types are not the table's: there is nothing more to judge.
        """
        if part.schema != self._table.schema or part.columns != self._table.schema.names():
            refuse(violations(self._table, part.clear()))
        if part.is_empty():
            return
        for violation in [*violations(self._table, part), *self._order(part), *self._repeats(part)]:
            if violation.rule == "sorted":
                self._broken[violation.rule, violation.column] = 1
            else:
                self._broken[violation.rule, violation.column] += violation.count

    def refuse_broken(self) -> None:
        """Say what was broken in the whole object.

        Raises:
            DataError: something was; each rule is named with its count.
        """
        refuse([Violation(rule, column, count) for (rule, column), count in self._broken.items()])

    def _order(self, part: pl.DataFrame) -> list[Violation]:
        order = part.select(self._table.order)
        border = order.head(1) if self._last is None else pl.concat([self._last, order.head(1)])
        self._last = order.tail(1)
        is_after = border.height < 2 or is_sorted(border, self._table.order)
        return [] if is_after else [Violation("sorted", None, 1)]

    def _repeats(self, part: pl.DataFrame) -> list[Violation]:
        """Return how many keys of the part stood in parts before it; those within the part are its own rule."""
        keys, last = part.select(self._table.key), part.tail(1)
        before, count = self._keys, 0
        self._keys = _equal(keys, last, self._deciding)
        if before is not None:
            here = _equal(keys, before, self._deciding).unique()
            count = here.join(before, on=list(self._table.key), how="semi", nulls_equal=True).height
            self._keys = pl.concat([_equal(before, last, self._deciding), self._keys])
        return [Violation("unique_key", None, count)] if count else []


def refuse(broken: list[Violation]) -> None:
    """Raise what is broken.

    Raises:
        DataError: anything is; each rule is named with its count.
    """
    if broken:
        raise DataError("; ".join(str(violation) for violation in broken))


def _deciding(table: Table) -> tuple[str, ...]:
    """Return the columns that the order begins with and the key has: rows of one key are equal in them."""
    names: list[str] = []
    for name in table.order:
        if name not in table.key:
            break
        names.append(name)
    return tuple(names)


def _equal(rows: pl.DataFrame, other: pl.DataFrame, columns: tuple[str, ...]) -> pl.DataFrame:
    """Return the rows that are equal to the first of others in these columns; all rows where there are none."""
    if not columns:
        return rows
    return rows.filter(*(pl.col(name).eq_missing(pl.lit(other[name][0], rows.schema[name])) for name in columns))

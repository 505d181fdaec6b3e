"""The oddities of one numerics file as rejected rows: one per rule and column, with the first place and the count.

Belongs here: wording and counting. Does not belong here: dropping anything (rows stay in `raw_numerics` wherever they
can be read) and plausibility (`numerics`). Line numbers count the heading line as 1; no value or tick is ever quoted.
"""

from mimic_assets.records.cells import TIME_COLUMN, Cells, Columns
from mimic_assets.records.inflate import DamagedGzipError
from mimic_assets.records.tick_oddities import FIRST_LINE, Odd, TickOddities
from mimic_assets.schemas.judged import Rejection

_TABLE = "raw_numerics"
_NATURAL = (
    "Nothing to do: monitors send some beat rows again later; cleaning keeps the first of equal cells. "
    "Look at the file if the count is more than one in a thousand rows."
)


class Defects:
    """Collects the rejected rows of one file."""

    def __init__(self, subject_id: int, file: str) -> None:
        """Start with no defects of `file`."""
        self._subject_id = subject_id
        self._file = file
        self._rows: list[Rejection] = []
        self._malformed: tuple[int, int, int] | None = None
        self._malformed_count = 0
        self._texts: dict[int, Odd] = {}

    def rows(self) -> list[Rejection]:
        """Return everything that was found."""
        if self._malformed is not None:
            line, fields, expected = self._malformed
            self._add(
                f"line {line}",
                "malformed_row",
                f"found {fields} fields, expected {expected} as in the heading line",
                "Correct the lines or download the file again; they were left out.",
                self._malformed_count,
            )
            self._malformed = None
        return list(self._rows)

    def _add(self, place: str, rule: str, message: str, advice: str, count: int = 1) -> None:
        self._rows.append(Rejection(_TABLE, self._file, place, rule, message, advice, self._subject_id, count))

    def missing(self) -> None:
        """The published list has a numerics file that the source lacks."""
        self._add(
            "file",
            "file_missing",
            "found no file, expected the numerics that the published list names",
            "Download the file; until then the record has no numerics.",
        )

    def checksum_mismatch(self, found: str, expected: str) -> None:
        """The file is not the published one; it is read all the same."""
        message = f"found SHA-256 {found[:12]}..., expected {expected[:12]}... as published"
        self._add(
            "file",
            "file_checksum_mismatch",
            message,
            "Download the file again, or correct the published list if the change is meant; it was read as found.",
        )

    def no_clock(self) -> None:
        """The master header was refused, so that ticks have no time."""
        self._add(
            "file",
            "record_without_clock",
            "found numerics of a record whose master header cannot be used, expected a sound header",
            "Correct the header (see its own row); the file was not read.",
        )

    def damaged(self, damage: DamagedGzipError, row_count: int) -> None:
        """The compression is damaged; the rows before are kept."""
        message = f"found {damage.found} after {row_count} whole lines, expected a whole gzip stream"
        self._add(
            f"line {row_count + FIRST_LINE}",
            damage.rule,
            message,
            "Download the file again; the lines before the damage were kept.",
        )

    def empty(self, has_headings: bool) -> None:
        """There is no heading line, or nothing below it."""
        if has_headings:
            self._add(
                "line 2",
                "no_rows",
                "found a heading line and nothing below it, expected rows",
                "Download the file again, or nothing to do if the monitor sent nothing.",
            )
        else:
            self._add(
                "line 1", "empty_file", "found no lines, expected a heading line and rows", "Download the file again."
            )

    def headings(self, originals: list[str], columns: Columns) -> None:
        """The heading line lacks the time column, repeats a heading or leaves one empty."""
        if columns.time is None:
            self._add(
                "line 1",
                "missing_time_column",
                f"found no column {TIME_COLUMN!r}, expected one",
                "Restore the heading line; the cells were kept without a time.",
            )
        for place, (original, name) in enumerate(zip(originals, columns.headings, strict=True), start=1):
            if not original:
                self._add(
                    f"line 1, column {place}",
                    "unnamed_column",
                    "found an empty heading, expected a name",
                    f"Restore the heading line; the column is called {name!r}.",
                )
            elif original != name:
                self._add(
                    f"line 1, column {name}",
                    "repeated_column",
                    f"found the heading {original!r} again, expected each once",
                    f"Restore the heading line; the column is called {name!r}.",
                )

    def malformed(self, cells: Cells, rows_before: int, expected: int) -> None:
        """Lines of a block with another number of fields than the heading line."""
        if cells.first_malformed is not None:
            line, fields = cells.first_malformed
            self._malformed = self._malformed or (rows_before + line + FIRST_LINE, fields, expected)
            self._malformed_count += int((~cells.is_row).sum())

    def ticks(self, found: TickOddities, has_time_column: bool) -> None:
        """Rows without a usable tick, before an earlier row, at an earlier row's tick, or outside the record."""
        if has_time_column:
            self._summary(
                found.bad,
                "bad_tick",
                "no whole number of ticks in the time column",
                "a whole number",
                "Correct the source; the cells were kept without a time and cleaning flags them bad_tick.",
            )
        self._summary(
            found.falling,
            "ticks_out_of_order",
            "rows earlier than the row before",
            "ticks that do not step back",
            _NATURAL,
        )
        self._summary(
            found.repeated, "repeated_ticks", "rows with the tick of an earlier row", "each tick once", _NATURAL
        )
        self._summary(
            found.beyond,
            "ticks_beyond_record",
            "rows before the record's first or after its last tick",
            f"ticks from 0 to {found.last_tick}",
            "Compare the file with the record's header; cleaning flags the cells outside_record.",
        )

    def _summary(self, odd: Odd, rule: str, found: str, expected: str, advice: str) -> None:
        if odd.count:
            self._add(
                f"line {odd.first_line}, column {TIME_COLUMN}",
                rule,
                f"found {odd.count} {found}, expected {expected}",
                advice,
                odd.count,
            )

    def texts(self, cells: Cells, rows_before: int) -> None:
        """Cells of a block that are no number; they are told per column in the end."""
        for place in cells.texts:
            odd = self._texts.setdefault(int(cells.codes[place]), Odd())
            odd.add(cells.lines[place : place + 1] + rows_before + FIRST_LINE)

    def texts_of_columns(self, headings: list[str]) -> None:
        """All cells that are no number, per column."""
        for code, odd in sorted(self._texts.items()):
            self._add(
                f"line {odd.first_line}, column {headings[code]}",
                "text_in_number_column",
                f"found text in {odd.count} cells, expected numbers or empty cells",
                "Correct the source if they should be numbers; kept as value_text, cleaning flags them not_a_number.",
                odd.count,
            )

"""Work in threads comes back in order, whatever takes longest, and so do defects."""

import threading
from collections.abc import Iterator

import pytest

from mimic_assets.clinical.defects import Defects, FileDefect, RowDefect
from mimic_assets.clinical.read_ahead import worked_ahead

DEFECT = RowDefect("bad_value", "value", "a number", "Look.")


def test_results_come_in_the_order_of_items_though_the_first_ends_last() -> None:
    second_is_done = threading.Event()

    def work(number: int) -> int:
        if number == 0:
            assert second_is_done.wait(30)
        elif number == 1:
            second_is_done.set()
        return number * number

    assert list(worked_ahead(work, iter(range(7)), 2)) == [(number, number * number) for number in range(7)]


def test_no_more_is_read_than_is_worked_on() -> None:
    read: list[int] = []

    def items() -> Iterator[int]:
        for number in range(100):
            read.append(number)
            yield number

    ahead = worked_ahead(str, items(), 2)
    assert next(ahead) == (0, "0")
    assert len(read) == 3
    ahead.close()
    assert len(read) == 3


def test_an_error_is_raised_where_its_item_would_have_come() -> None:
    def work(number: int) -> int:
        if number == 2:
            raise ValueError("2")
        return number

    ahead = worked_ahead(work, iter(range(5)), 2)
    assert [next(ahead), next(ahead)] == [(0, 0), (1, 1)]
    with pytest.raises(ValueError, match=r"^2$"):
        next(ahead)


def test_defects_of_later_parts_add_up_and_the_first_line_stands() -> None:
    whole, parts = Defects("file"), [Defects("file"), Defects("file")]
    told = [(0, DEFECT, 1, 9, "x", 7), (0, DEFECT, 2, 4, "y", 8), (1, DEFECT, 3, 11, "z", 7), (1, DEFECT, 1, 2, "w", 8)]
    for part, *found in told:
        parts[part].add(*found)
        whole.add(*found)
    parts[1].files.append(FileDefect("truncated_gzip", "found", "Fetch."))
    whole.files.append(FileDefect("truncated_gzip", "found", "Fetch."))
    merged = Defects("file")
    for part in parts:
        merged.merge(part)
    assert list(merged.rejections()) == list(whole.rejections())
    assert [(r.subject_id, r.count, r.place) for r in merged.rejections()][1:] == [
        (7, 4, "line 9, column value"),
        (8, 3, "line 2, column value"),
    ]

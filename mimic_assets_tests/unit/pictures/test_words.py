"""Words of an axis: none covers another, and only those that have to stand do so without room."""

from itertools import combinations

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mimic_assets.pictures.words import Words


def strip() -> Axes:
    axis = Figure(figsize=(4, 1), dpi=100).add_axes((0, 0, 1, 1))
    axis.set_xlim(0, 10)
    axis.set_ylim(0, 1)
    return axis


def test_a_crowd_of_words_is_spread_over_the_free_places_and_never_overlaps() -> None:
    axis = strip()
    words = Words(axis)
    for place in (5.0, 4.5, 4.6, 4.7):
        words.write("hypotension", [(place, 0.8, "left"), (place, 0.8, "right"), (place, 0.2, "left")], "black")
    boxes = [text.get_window_extent() for text in axis.texts]
    assert len(boxes) == 3
    assert not any(one.overlaps(other) for one, other in combinations(boxes, 2))


def test_a_word_that_has_to_stand_stands_where_it_was_wanted_first() -> None:
    axis = strip()
    words = Words(axis)
    for _ in range(2):
        assert words.write("index time", [(5.0, 0.5, "left"), (5.2, 0.5, "left")], "black", is_needed=True)
    assert [text.get_position() for text in axis.texts] == [(5.0, 0.5), (5.0, 0.5)]
    assert words.write("index time", [(5.0, 0.5, "left")], "black") is None


def test_no_word_hides_a_point_that_is_kept_free_or_leaves_the_axis() -> None:
    words = Words(strip())
    words.keep_free(5.3, 0.5)
    found = words.write("gap", [(5.0, 0.5, "left"), (9.9, 0.5, "left"), (1.0, 0.5, "left")], "black")
    assert found is not None
    assert found.get_position() == (1.0, 0.5)

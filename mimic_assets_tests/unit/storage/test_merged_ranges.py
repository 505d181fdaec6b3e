"""Close ranges become one request, far ones do not, and each comes back as asked for."""

from hypothesis import given
from hypothesis import strategies as st

from mimic_assets.storage import merged_ranges
from mimic_assets.storage.merged_ranges import GAP_BYTES, MOST_BYTES, Merged, by_call, cut, merge

OBJECTS = {"a": bytes(range(256)) * 4, "b": bytes(reversed(range(256))) * 2}


def read(merged: list[Merged]) -> list[bytes]:
    return [OBJECTS[request.path][request.start : request.end] for request in merged]


def test_neighbours_are_one_request_and_strangers_are_not() -> None:
    merged = merge([("a", 100, 50), ("b", 0, 10), ("a", 0, 100), ("a", 150 + GAP_BYTES + 1, 5)])
    assert [(m.path, m.start, m.end, m.members) for m in merged] == [
        ("a", 0, 150, [2, 0]), ("a", 150 + GAP_BYTES + 1, 156 + GAP_BYTES - 0, [3]), ("b", 0, 10, [1]),
    ]  # fmt: skip


def test_a_request_is_not_longer_than_it_may_be() -> None:
    half = MOST_BYTES // 2
    assert len(merge([("a", 0, half), ("a", half, half), ("a", 2 * half, 1)])) == 2
    assert len(merge([("a", 0, MOST_BYTES + 1)])) == 1


RANGES = st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 1100), st.integers(0, 300)), max_size=30)


@given(RANGES, st.integers(0, 50), st.integers(1, 600))
def test_every_range_comes_back(ranges: list[tuple[str, int, int]], gap: int, most: int) -> None:
    kept = merged_ranges.GAP_BYTES, merged_ranges.MOST_BYTES
    merged_ranges.GAP_BYTES, merged_ranges.MOST_BYTES = gap, most
    try:
        merged = merge(ranges)
        expected = [OBJECTS[path][start : start + length] for path, start, length in ranges]
        assert cut(ranges, merged, read(merged)) == expected
        read_places = sorted(place for request in merged for place in request.members)
        assert read_places == [place for place, (_, _, length) in enumerate(ranges) if length]
        assert all(request.start < request.end for request in merged)
    finally:
        merged_ranges.GAP_BYTES, merged_ranges.MOST_BYTES = kept


@given(RANGES, st.integers(1, 9))
def test_a_call_holds_requests_of_one_object(ranges: list[tuple[str, int, int]], most: int) -> None:
    merged = merge(ranges)
    calls = by_call(merged, most)
    assert [request for call in calls for request in call] == merged
    assert all(len(call) <= most and len({request.path for request in call}) == 1 for call in calls)
    for path in "ab":
        count = sum(request.path == path for request in merged)
        assert sum(call[0].path == path for call in calls) == -(-count // most)

"""The sliding maximum is that of the window, place by place."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as drawn

from mimic_assets.waveforms.sliding_maximum import sliding_maximum

SHAPES = st.tuples(st.integers(1, 4), st.integers(1, 40))


@pytest.mark.parametrize("kind", [np.float32, np.bool_])
@given(data=st.data(), reach=st.integers(0, 50))
def test_it_is_the_highest_value_in_reach(kind: type, data: st.DataObject, reach: int) -> None:
    elements = st.booleans() if kind is np.bool_ else st.floats(-10, 10, width=32)
    rows = data.draw(drawn.arrays(kind, data.draw(SHAPES), elements=elements))
    found = sliding_maximum(rows, reach)
    for place in range(rows.shape[1]):
        near = rows[:, max(place - reach, 0) : place + reach + 1]
        assert np.array_equal(found[:, place], near.max(axis=1))

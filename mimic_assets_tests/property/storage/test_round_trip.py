"""What is written is what is read, and equal rows are equal bytes, however the frame came about."""

from datetime import datetime

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from mimic_assets.schemas.tables import CLINICAL_EXTRACT
from mimic_assets.storage import parquet

TEXTS = st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
ROWS = st.fixed_dictionaries(
    {
        "subject_id": st.integers(-(2**63), 2**63 - 1),
        "source_table": st.sampled_from(["patients", "admissions", ""]),
        "source_row": st.integers(1, 2**63 - 1),
        "source_id": TEXTS,
        "start_time": st.none() | st.datetimes(datetime(1677, 9, 22), datetime(9999, 12, 31)),
        "item_id": st.none() | st.integers(-(2**63), 2**63 - 1),
        "code_version": st.none() | st.integers(-(2**31), 2**31 - 1),
        "value": st.none() | st.floats(allow_nan=False),
        "value_text": TEXTS,
    }
)


@settings(max_examples=60, deadline=None)
@given(st.lists(ROWS, max_size=30), st.integers(0, 30))
def test_rows_survive_and_chunks_do_not_show(rows: list[dict[str, object]], cut: int) -> None:
    frame = pl.DataFrame(rows, schema=CLINICAL_EXTRACT.schema)
    encoded = parquet.encode(CLINICAL_EXTRACT, frame, {"fingerprint": "f"})
    assert_frame_equal(pl.read_parquet(encoded.data), frame)
    in_pieces = pl.concat([frame.head(cut), frame.slice(cut)], rechunk=False)
    assert parquet.encode(CLINICAL_EXTRACT, in_pieces, {"fingerprint": "f"}) == encoded
    other = parquet.encode(CLINICAL_EXTRACT, frame, {"fingerprint": "g"})
    assert other.sha256 == encoded.sha256
    assert other.data != encoded.data

"""Samples and masks survive their bytes, whatever they are; damaged bytes are an error with a name."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from mimic_assets.errors import DataError
from mimic_assets.signal_codec import decode_reasons, decode_samples, encode_reasons, encode_samples

SAMPLES = hnp.arrays(np.int16, st.integers(0, 400), elements=st.integers(-32768, 32767))
MASKS = st.lists(st.tuples(st.integers(1, 50), st.integers(0, 10)), max_size=8).map(
    lambda runs: np.repeat(np.array([c for _, c in runs], np.uint8), [n for n, _ in runs] or 0)
)


@given(SAMPLES)
def test_every_int16_comes_back(samples: np.ndarray) -> None:
    back = decode_samples(encode_samples(samples), len(samples))
    assert back.dtype == np.int16
    np.testing.assert_array_equal(back, samples)


def test_the_whole_range_comes_back_and_bytes_repeat() -> None:
    every = np.arange(-32768, 32768, dtype=np.int32).astype(np.int16)
    np.testing.assert_array_equal(decode_samples(encode_samples(every), every.size), every)
    assert encode_samples(every[::2]) == encode_samples(every[::2].copy())


@given(MASKS)
def test_masks_come_back(codes: np.ndarray) -> None:
    np.testing.assert_array_equal(decode_reasons(encode_reasons(codes), len(codes)), codes)


def test_one_run_takes_five_bytes() -> None:
    assert encode_reasons(np.zeros(15_000, np.uint8)) == (15_000).to_bytes(4, "little") + b"\0"


@pytest.mark.parametrize("change", ["cut", "empty", "other_count", "noise"])
def test_damaged_samples_are_refused(change: str) -> None:
    data = encode_samples(np.arange(300, dtype=np.int16))
    damaged = {"cut": data[:-3], "empty": b"", "other_count": encode_samples(np.arange(299, dtype=np.int16)),
               "noise": b"\x07" * 40}[change]  # fmt: skip
    with pytest.raises(DataError, match="expected"):
        decode_samples(damaged, 300)


@given(st.binary(max_size=200))
def test_no_bytes_crash_the_decoder(data: bytes) -> None:
    for decode in (decode_samples, decode_reasons):
        try:
            assert len(decode(data, 77)) == 77
        except DataError:
            continue


def test_masks_of_another_length_are_refused() -> None:
    with pytest.raises(DataError, match="10 samples found, 11 expected"):
        decode_reasons(encode_reasons(np.zeros(10, np.uint8)), 11)

"""miniaudio's C interface, of which `records.samples.dr_flac` calls four functions that it does not document."""

import io

import numpy as np
import pytest
import soundfile

from mimic_assets.records.samples.dr_flac import decoder

miniaudio = pytest.importorskip("miniaudio", reason="miniaudio has no wheel for this machine")


def test_the_functions_that_are_called_are_there_and_take_what_they_are_given() -> None:
    assert decoder() is not None
    for name, samples in (("s16", "short"), ("s32", "int")):
        function = miniaudio.ffi.typeof(getattr(miniaudio.lib, f"ma_dr_flac_read_pcm_frames_{name}"))
        assert function.args[2].item.cname == samples
    assert dict(miniaudio.ffi.typeof("ma_dr_flac").fields)["channels"].type.kind == "primitive"


def test_bytes_that_are_no_stream_give_no_samples() -> None:
    decode = decoder()
    assert decode is not None
    assert decode(b"fLaC" + bytes(60), 0, np.empty((16, 1), np.int16)) == 0


@pytest.mark.parametrize("skipped", [0, 1, 4095, 4096, 9_999, 10_000, 10_001])
def test_samples_are_skipped_and_counted_as_they_are_read(skipped: int) -> None:
    decode = decoder()
    assert decode is not None
    walk = np.random.default_rng(1).integers(-9, 10, (10_000, 2)).cumsum(axis=0).astype(np.int16)
    file = io.BytesIO()
    soundfile.write(file, walk, 96000, subtype="PCM_16", format="FLAC")
    out = np.empty((6_000, 2), np.int16)
    found = decode(file.getvalue(), skipped, out)
    rest = walk[skipped : skipped + 6_000]
    assert found == (skipped + len(rest) if skipped <= len(walk) else 0)
    assert (out[: len(rest)] == rest).all()

"""miniaudio's C interface, of which `records.samples.dr_flac` calls four functions that it does not document."""

import numpy as np
import pytest

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
    assert decode(b"fLaC" + bytes(60), np.empty((16, 1), np.int16)) == 0

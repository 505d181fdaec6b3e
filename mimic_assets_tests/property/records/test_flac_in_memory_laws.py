"""Windows of FLAC files that are decoded in memory: libsndfile's whole pass is the oracle, damage is never a value."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mimic_assets.records.samples.dr_flac import decoder
from mimic_assets.records.samples.flac import DamagedSamplesError, FlacFile
from mimic_assets.records.samples.flac_in_memory import frames_in_memory

pytestmark = pytest.mark.skipif(decoder() is None, reason="miniaudio has no wheel for this machine")

BITS = {8: (508, "PCM_S8"), 16: (516, "PCM_16"), 24: (524, "PCM_24")}
BLOCK = {0: 1152, 5: 4096}
"""Samples of a block at levels of compression, as libFLAC chooses them."""
Written = Callable[[int, int, int, int], tuple[Path, np.ndarray]]


def _wave(samples: int, channels: int, bits: int) -> np.ndarray:
    """Return walks that resemble each other with silence in between: every kind of subframe and stereo coding."""
    generator = np.random.default_rng((samples, channels, bits))
    most = 1 << (bits - 1)
    steps = generator.integers(-most // 100 - 1, most // 100 + 2, (samples, channels))
    steps[:, 1:] = steps[:, :1] + steps[:, 1:] // 8
    steps[samples // 3 : samples // 2] = 0
    walk = np.cumsum(steps, axis=0)
    walk[-5:] = most - 1
    return np.clip(walk, -most, most - 1)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    folder = tmp_path_factory.mktemp("streams")
    known: dict[tuple[int, int, int, int], tuple[Path, np.ndarray]] = {}

    def write(bits: int, channels: int, samples: int, level: int) -> tuple[Path, np.ndarray]:
        key = (bits, channels, samples, level)
        if key not in known:
            path = folder / f"{'_'.join(map(str, key))}.dat"
            values = _wave(samples, channels, bits)
            scaled = (values << (8 if bits != 16 else 0)).astype(np.int32 if bits == 24 else np.int16)
            with path.open("wb") as file:
                soundfile.write(file, scaled, 96000, subtype=BITS[bits][1], format="FLAC", compression_level=level / 8)
            known[key] = path, values
        return known[key]

    return write


@pytest.fixture(scope="module")
def long_stream(written: Written) -> tuple[Path, np.ndarray]:
    """More than 2,048 frames: their numbers take one, two and three bytes."""
    return written(16, 1, 2_400_000, 0)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    bits=st.sampled_from(sorted(BITS)),
    channels=st.integers(1, 8),
    samples=st.sampled_from([1, 15, 1151, 1152, 4096, 4097, 12_288, 30_000]),
    level=st.sampled_from(sorted(BLOCK)),
    data=st.data(),
)
def test_any_window_is_a_slice_of_the_whole(
    written: Written, bits: int, channels: int, samples: int, level: int, data: st.DataObject
) -> None:
    path, values = written(bits, channels, samples, level)
    whole = soundfile.read(path, dtype="int32", always_2d=True)[0] >> (32 - bits)
    assert (whole == values).all()
    file = FlacFile(path.open("rb"), BITS[bits][0])
    for _ in range(4):
        start = data.draw(st.integers(0, samples - 1))
        count = data.draw(st.integers(1, samples - start))
        assert (file.read(start, count) == whole[start : start + count]).all()
    file.close()


def _reads(file: FlacFile, bounds: list[tuple[int, int]], values: np.ndarray) -> Iterator[bool]:
    for start, count in bounds:
        yield bool((file.read(start, count) == values[start : start + count]).all())


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(starts=st.lists(st.integers(0, 2_399_999), min_size=1, max_size=6), count=st.integers(1, 20_000))
def test_a_sound_stream_needs_libsndfile_nowhere(
    long_stream: tuple[Path, np.ndarray], starts: list[int], count: int
) -> None:
    path, values = long_stream
    with path.open("rb") as file:
        quick = frames_in_memory(file.fileno())
        assert quick is not None
        for start in starts:
            found = quick.read(start, min(count, len(values) - start))
            assert found is not None
            assert (found == values[start : start + count]).all()


@pytest.mark.parametrize("bits", sorted(BITS))
@pytest.mark.parametrize("level", sorted(BLOCK))
def test_every_form_of_stream_is_read_without_libsndfile(written: Written, bits: int, level: int) -> None:
    for channels in range(1, 9):
        path, values = written(bits, channels, 30_000, level)
        with path.open("rb") as file:
            quick = frames_in_memory(file.fileno())
            assert quick is not None
            for start in (29_000, 13_000, 0):  # from where nothing is known yet
                found = quick.read(start, 900)
                assert found is not None, (channels, start)
                shift = 0 if bits == 16 else 8
                assert (found >> shift == values[start : start + 900]).all()


def test_frames_beyond_what_is_read_at_once_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All frames but the first few are known; those are found in a piece that ends before the last."""
    monkeypatch.setattr("mimic_assets.records.samples.flac_frames._MOST_BYTES", 1 << 15)
    values = np.random.default_rng(1).integers(-9000, 9000, (200 * BLOCK[0], 1)).astype(np.int16)  # 2 kB a frame
    soundfile.write(tmp_path / "noise.flac", values, 96000, subtype="PCM_16", compression_level=0)
    first, last = 50 * BLOCK[0], 150 * BLOCK[0]
    with (tmp_path / "noise.flac").open("rb") as file:
        quick = frames_in_memory(file.fileno())
        assert quick is not None
        for start in range(first + 12 * BLOCK[0], last, BLOCK[0]):  # some frames before each are learned with it
            assert quick.read(start, BLOCK[0]) is not None
        found = quick.read(first, last - first)
        assert found is not None
        assert (found == values[first:last]).all()


@given(steps=st.lists(st.integers(1, 3000), min_size=1, max_size=20), start=st.integers(0, 100_000))
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_reads_that_follow_each_other_are_one_read(
    long_stream: tuple[Path, np.ndarray], steps: list[int], start: int
) -> None:
    path, values = long_stream
    file = FlacFile(path.open("rb"), 516)
    bounds = [(start + sum(steps[:at]), step) for at, step in enumerate(steps)]
    assert all(_reads(file, bounds, values))
    file.close()


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    channels=st.sampled_from([1, 2, 3]),
    place=st.floats(0, 1, exclude_max=True),
    damage=st.one_of(st.integers(1, 255).map(lambda mask: bytes([mask])), st.just(b""), st.binary(min_size=2)),
    start=st.integers(0, 29_999),
    count=st.integers(1, 12_000),
)
def test_a_damaged_frame_gives_stored_values_or_an_error(
    written: Written, tmp_path: Path, channels: int, place: float, damage: bytes, start: int, count: int
) -> None:
    """One byte is another one, the end is lost, or bytes are replaced."""
    source, values = written(16, channels, 30_000, 5)
    content = bytearray(source.read_bytes())
    at = int(len(content) * place)
    if len(damage) == 1:
        content[at] ^= damage[0]
    elif damage:
        content[at : at + len(damage)] = damage
    else:
        del content[at:]
    path = tmp_path / "damaged.dat"
    path.write_bytes(content)
    try:
        file = FlacFile(path.open("rb"), 516)
    except DamagedSamplesError:
        return
    count = min(count, 30_000 - start)
    try:
        found = file.read(start, count)
    except DamagedSamplesError:
        found = values[start : start + count]
    if file.channels == channels and file.sample_count == 30_000:
        assert (found == values[start : start + count]).all()
    file.close()


@pytest.mark.parametrize("byte", [0, 1, 2, 4, 60, -1])
@pytest.mark.parametrize("frame", [1, 2, 5])
@pytest.mark.parametrize("step", [1000, 4096, 50_000])
def test_what_lies_before_a_damaged_frame_is_read(
    written: Written, tmp_path: Path, frame: int, byte: int, step: int
) -> None:
    """Sync code, form, number, samples or CRC of one frame is wrong."""
    source, values = written(16, 2, 30_000, 5)
    content = bytearray(source.read_bytes())
    starts = _frame_starts(bytes(content))
    content[(starts[frame] if byte >= 0 else starts[frame + 1]) + byte] ^= 0x11
    path = tmp_path / "damaged.dat"
    path.write_bytes(content)
    file = FlacFile(path.open("rb"), 516)
    good = frame * 4096
    assert all(_reads(file, [(start, min(step, good - start)) for start in range(0, good, step)], values))
    with path.open("rb") as again:
        quick = frames_in_memory(again.fileno())
        assert quick is not None
        for start, count in ((good, 1), (good - 1, 2), (0, good + 4096), (good + 4095, 2)):
            assert quick.read(start, count) is None
    with pytest.raises(DamagedSamplesError):
        file.read(good, 1)
    file.close()


def test_a_sound_frame_of_another_number_stands_in_for_no_damaged_one(tmp_path: Path) -> None:
    """Frame 1 fails its CRC, and frame 2 says that it is frame 9: as many samples as asked for, but not those."""
    values = np.random.default_rng(3).integers(-900, 900, (30_000, 1), dtype=np.int16)
    values[4096:8192] = 0  # so short that the longest frame would still find room behind it
    path = tmp_path / "damaged.dat"
    with path.open("wb") as target:
        soundfile.write(target, values, 96000, subtype="PCM_16", format="FLAC")
    content = bytearray(path.read_bytes())
    second, third = _frame_starts(bytes(content))[2:4]
    content[second - 1] ^= 1
    content[second + 4] = 9
    content[second + 5] = _crc(content[second : second + 5], 8, 0x07)
    content[third - 2 : third] = _crc(content[second : third - 2], 16, 0x8005).to_bytes(2, "big")
    path.write_bytes(content)
    with path.open("rb") as file:
        quick = frames_in_memory(file.fileno())
        assert quick is not None
        assert quick.read(4096, 4096) is None
        found = quick.read(0, 4096)
        assert found is not None
        assert (found == values[:4096]).all()


def test_a_sound_frame_behind_a_damaged_one_within_its_bytes_stands_in_for_nothing(tmp_path: Path) -> None:
    """The last frame fails its CRC, and a copy of frame 1 lies where it ended: samples enough, but not those."""
    values = np.random.default_rng(4).integers(-900, 900, (20_000, 1), dtype=np.int16)
    path = tmp_path / "damaged.dat"
    with path.open("wb") as target:
        soundfile.write(target, values, 96000, subtype="PCM_16", format="FLAC")
    content = bytearray(path.read_bytes())
    starts = _frame_starts(bytes(content))
    content[-1] ^= 1
    path.write_bytes(content + content[starts[1] : starts[2]])
    with path.open("rb") as file:
        quick = frames_in_memory(file.fileno())
        assert quick is not None
        assert quick.read(16_384, 20_000 - 16_384) is None


def _crc(content: bytes, bits: int, polynomial: int) -> int:
    """Return the CRC of RFC 9639, bit by bit."""
    rest = 0
    for byte in content:
        rest ^= byte << (bits - 8)
        for _ in range(8):
            rest = (rest << 1 ^ (polynomial if rest >> (bits - 1) else 0)) & (1 << bits) - 1
    return rest


def _frame_starts(content: bytes) -> list[int]:
    """Return where the frames of a stream of fewer than 128 start."""
    starts, at = [], content.index(b"\xff\xf8")
    while at >= 0:
        if content[at + 4] == len(starts):
            starts.append(at)
        at = content.find(b"\xff\xf8", at + 1)
    return starts

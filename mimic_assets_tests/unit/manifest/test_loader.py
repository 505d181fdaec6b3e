"""Batches against the windows they are made of, the order of epochs, ranks, resuming, and what is refused."""

import pickle
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from mimic_assets.errors import DataError, RequestError
from mimic_assets.manifest.batches import BatchFormat, SignalDtype
from mimic_assets.manifest.epoch_order import EpochOrder, Order, batches_of_rank
from mimic_assets.manifest.loader import Loader
from mimic_assets.manifest.resampling import resample
from mimic_assets.manifest.training_set import LocalFetch, TrainingSet
from mimic_assets.schemas.vocabulary import SignalReason
from mimic_assets.signal_codec import decode_reasons, decode_samples
from mimic_assets.signals import MISSING_SAMPLE
from mimic_assets.training import open_training_set, read_normalisation
from mimic_assets_tests.servers.seaweedfs import S3Server
from mimic_assets_tests.unit.manifest.training_lake import TASK, content, make_training_lake
from mimic_assets_tests.unit.manifest.waveform_frames import SIGNALS


@pytest.fixture(scope="module")
def windows_and_lake(tmp_path_factory: pytest.TempPathFactory) -> tuple[pl.DataFrame, str]:
    lake = str(tmp_path_factory.mktemp("training") / "lake")
    return make_training_lake(lake), lake


@pytest.fixture(scope="module")
def lake(windows_and_lake: tuple[pl.DataFrame, str]) -> str:
    return windows_and_lake[1]


@pytest.fixture(scope="module")
def training(lake: str) -> TrainingSet:
    return open_training_set(lake, TASK.name)


def test_an_epoch_holds_every_window_once_as_it_is(
    windows_and_lake: tuple[pl.DataFrame, str], training: TrainingSet
) -> None:
    windows = {row["sample_id"]: row for row in windows_and_lake[0].iter_rows(named=True)}
    seen: list[int] = []
    assert len(training.shards) > 2
    for batch in Loader(training, 5, form=BatchFormat()):
        seen += batch["place"].tolist()
        for row, place in enumerate(batch["place"]):
            window = windows[training.sample_ids[place]]
            assert batch["label"][row] == window["label"]
            assert batch["weight"][row] == training.weights[place]
            cells = [np.nan if v is None else v for v in window["cell_values"]]
            np.testing.assert_array_equal(batch["values"][row].ravel(), np.float32(cells))
            assert batch["reasons"][row].ravel().tolist() == window["cell_reasons"]
            tiles = [np.nan if v is None else v for v in window["tile_features"]]
            np.testing.assert_array_equal(batch["tile_features"][row].ravel(), np.float32(tiles))
            for number, signal in enumerate(SIGNALS):
                _check_signal(window, number, batch["signals"][signal][row], batch["signal_reasons"][signal][row])
    assert sorted(seen) == list(range(len(training)))


def _check_signal(window: dict[str, Any], number: int, values: np.ndarray, reasons: np.ndarray) -> None:
    own, count = window["signal_samples_per_frame"][number], window["signal_sample_counts"][number]
    if own == 0:
        assert (reasons == SignalReason.NOT_RECORDED.code).all()
        assert np.isnan(values).all()
        return
    mask = decode_reasons(window["signal_reasons"][number], count)
    if count != len(values):  # brought to the set's rate
        assert (np.isnan(values) == (reasons != 0)).all()
        return
    np.testing.assert_array_equal(reasons, mask)
    digital = decode_samples(window["signal_samples"][number], count)
    expected = np.where(mask == 0, (digital - 8192.0) / 200, np.nan)
    np.testing.assert_allclose(values, expected.astype(np.float32), rtol=2e-7)


@pytest.mark.parametrize("split", ["train", "tuning", "held_out"])
def test_digital_batches_say_what_makes_them_physical(lake: str, split: str) -> None:
    training = open_training_set(lake, TASK.name, split)
    digital_ones = Loader(training, 7, seed=1, form=BatchFormat(signal_dtype=SignalDtype.INT16))
    for digital, physical in zip(digital_ones, Loader(training, 7, seed=1), strict=True):
        for number, signal in enumerate(SIGNALS):
            values, expected = digital["signals"][signal], physical["signals"][signal]
            assert values.dtype == np.int16
            missing = digital["signal_reasons"][signal] != 0
            assert (values[missing] == MISSING_SAMPLE).all()
            gains, baselines = digital["gains"][:, [number]], digital["baselines"][:, [number]]
            made = np.where(missing, np.nan, (values - baselines) / gains)
            tolerance = 0.0026 if signal == "Pleth" else 1e-6  # resampled ones are rounded to steps of 1/200
            np.testing.assert_allclose(made, expected, atol=tolerance, rtol=2e-7)


def test_normalised_values_have_the_statistics_of_the_train_split(lake: str, training: TrainingSet) -> None:
    statistics = read_normalisation(lake, TASK.name)
    (batch,) = Loader(training, len(training), form=BatchFormat(normalisation=statistics))
    (raw,) = Loader(training, len(training))
    observed = raw["reasons"] == 0
    for place in range(2):
        scaled = batch["values"][:, place][observed[:, place]].astype(np.float64)
        assert abs(scaled.mean()) < 1e-5
        assert scaled.std() == pytest.approx(1, abs=1e-5)
    for signal in ("II", "Resp"):  # Pleth is resampled in some records, which changes its statistics a little
        scaled, values = batch["signals"][signal], raw["signals"][signal]
        assert (np.isnan(scaled) == np.isnan(values)).all()
        there = scaled[~np.isnan(scaled)].astype(np.float64)
        assert (abs(there.mean()), there.std()) == (pytest.approx(0, abs=1e-4), pytest.approx(1, abs=1e-4))
    filled = next(iter(Loader(training, 8, form=BatchFormat(normalisation=statistics, missing_value=0.0))))
    for name in ("values", "ages_s", "tile_features"):
        assert np.isfinite(filled[name]).all()
    assert all(np.isfinite(values).all() for values in filled["signals"].values())


def test_only_the_signals_and_rates_asked_for(training: TrainingSet) -> None:
    form = BatchFormat(signals=("Resp", "II"), samples_per_frame={"II": 2}, has_signal_reasons=False)
    batch = next(iter(Loader(training, 3, form=form)))
    assert {name: values.shape for name, values in batch["signals"].items()} == {"Resp": (3, 625), "II": (3, 1250)}
    assert "signal_reasons" not in batch
    whole = next(iter(Loader(training, 3)))
    for row in range(3):
        values, reasons = resample(whole["signals"]["II"][row], whole["signal_reasons"]["II"][row], 4, 2)
        np.testing.assert_allclose(batch["signals"]["II"][row], values, atol=1e-4)
        assert (np.isnan(batch["signals"]["II"][row]) == (reasons != 0)).all()


@pytest.mark.parametrize("order", list(Order))
def test_batches_do_not_depend_on_ranks_and_position(training: TrainingSet, order: Order) -> None:
    def open_(rank: int = 0, ranks: int = 1) -> Loader:
        return Loader(training, 4, seed=7, order=order, rank=rank, rank_count=ranks)

    whole = [content(batch) for batch in open_()]
    dealt = [[content(batch) for batch in open_(rank, 3)] for rank in range(3)]
    rounds = len(whole) // 3
    assert [dealt[k % 3][k // 3] for k in range(3 * rounds)] == whole[: 3 * rounds]
    assert {len(part) for part in dealt} == {rounds}
    two_epochs = open_()
    first, second = ([content(batch) for batch in two_epochs] for _ in range(2))
    assert first == whole
    assert (second == whole) == (order is Order.STORED)
    for stop in (0, 1, 5, len(whole)):
        left = open_()
        iterator = iter(left)
        for _ in range(stop):
            next(iterator)
        again = open_()
        again.load_state_dict(pickle.loads(pickle.dumps(left.state_dict())))
        assert len(again) == len(whole) - stop
        assert [content(batch) for batch in again] + [content(batch) for batch in again] == whole[stop:] + second


def test_two_ranks_go_on_where_three_stopped(training: TrainingSet) -> None:
    whole = [content(batch) for batch in Loader(training, 2, seed=7)]
    three = Loader(training, 2, seed=7, rank_count=3)
    iterator = iter(three)
    next(iterator)
    next(iterator)
    resumed = [Loader(training, 2, seed=7, rank=rank, rank_count=2) for rank in range(2)]
    for loader in resumed:
        loader.load_state_dict(three.state_dict())
    parts = [[content(batch) for batch in loader] for loader in resumed]
    assert [part for pair in zip(*parts, strict=True) for part in pair] == whole[6 : 6 + 2 * len(parts[0])]
    assert len(whole) - 6 - 2 * len(parts[0]) < 2


def test_orders_are_what_they_say() -> None:
    starts = np.array([0, 3, 7, 10])
    stored, shuffled, by_shard = (EpochOrder(starts, 4, 1, order).places(0) for order in
                                  (Order.STORED, Order.SHUFFLED, Order.SHARDS))  # fmt: skip
    assert stored.tolist() == list(range(10))
    assert sorted(shuffled.tolist()) == sorted(by_shard.tolist()) == list(range(10))
    runs = {tuple(range(a, b)) for a, b in pairwise(starts)}
    cuts = [0, *(np.flatnonzero(np.diff(by_shard) != 1) + 1), 10]
    found = {tuple(by_shard[a:b].tolist()) for a, b in pairwise(cuts)}
    assert all(any(set(run) <= set(part) for part in found) for run in runs)
    assert (EpochOrder(starts, 4, 1).batch_count, EpochOrder(starts, 4, 1, drop_last=True).batch_count) == (3, 2)
    assert EpochOrder(starts, 4, 1).places(0).tolist() != EpochOrder(starts, 4, 2).places(0).tolist()
    assert list(batches_of_rank(10, 4, 1, 4)) == [5]


def test_orders_and_dtypes_are_taken_by_name(training: TrainingSet) -> None:
    by_name = Loader(training, 4, seed=3, order="stored", form=BatchFormat(signal_dtype="int16"))
    by_member = Loader(training, 4, seed=3, order=Order.STORED, form=BatchFormat(signal_dtype=SignalDtype.INT16))
    for one, other in zip(by_name, by_member, strict=True):
        assert one["place"].tolist() == other["place"].tolist()
        assert {name: part.dtype for name, part in one["signals"].items()} == dict.fromkeys(SIGNALS, np.int16)
    assert by_name.state_dict() == by_member.state_dict()
    with pytest.raises(RequestError, match="order = 'sorted' found, one of shuffled, shards, stored"):
        Loader(training, 4, order="sorted")
    with pytest.raises(RequestError, match="signal_dtype = 'int8' found"):
        Loader(training, 4, form=BatchFormat(signal_dtype="int8"))


def test_few_shards_stay_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mimic_assets.manifest.training_set._MOST_OPEN", 3)
    for number in range(9):
        (tmp_path / f"{number}.arrow").write_bytes(bytes([number] * 4))
    fetch = LocalFetch(tmp_path)
    ranges = [(f"{number}.arrow", 1, 2) for number in (*range(9), 0, 8)]
    assert fetch(ranges) == [bytes([number] * 2) for number in (*range(9), 0, 8)]
    assert len(fetch._handles) == 3


def test_the_last_batch_holds_the_rest_or_is_dropped(training: TrainingSet) -> None:
    size = len(training) - 1
    assert [len(batch["label"]) for batch in Loader(training, size)] == [size, 1]
    assert [len(batch["label"]) for batch in Loader(training, size, drop_last=True)] == [size]


def test_memory_holds_no_shard(training: TrainingSet) -> None:
    asked: list[int] = []

    def fetch(ranges: Any) -> list[bytes]:
        asked.append(sum(length for _, _, length in ranges))
        return training.fetch(ranges)

    for _ in Loader(replace(training, fetch=fetch), 3):
        pass
    assert max(asked) <= 3 * int(training._lengths.max())
    assert sum(asked) == int(training._lengths.sum()), "every byte once"


def test_other_splits_have_the_rates_of_train(lake: str, training: TrainingSet) -> None:
    others = [open_training_set(lake, TASK.name, split) for split in ("tuning", "held_out")]
    assert training.layout.samples_per_frame == (4, 2, 1)
    assert (4, 4, 1) in [other.layout.samples_per_frame for other in others]
    for other in others:
        assert other.rates == (4, 2, 1)
        shapes = {name: values.shape[1] for name, values in next(iter(Loader(other, 2)))["signals"].items()}
        assert shapes == {"II": 2500, "Pleth": 1250, "Resp": 625}


def test_what_does_not_fit_is_refused(lake: str, training: TrainingSet) -> None:
    with pytest.raises(RequestError, match="Signals ABP were asked for; the shards hold II, Pleth, Resp"):
        Loader(training, 4, form=BatchFormat(signals=("ABP",)))
    with pytest.raises(RequestError, match="samples_per_frame below 1"):
        Loader(training, 4, form=BatchFormat(samples_per_frame={"II": 0}))
    with pytest.raises(RequestError, match="batch_size = 0"):
        Loader(training, 0)
    with pytest.raises(RequestError, match="rank = 2 of 2"):
        Loader(training, 4, rank=2, rank_count=2)
    with pytest.raises(RequestError, match="Split 'test' of the manifest has no samples; held_out, train, tuning"):
        open_training_set(lake, TASK.name, "test")
    with pytest.raises(RequestError, match=f"Task 'other' was asked for; .* has a manifest of {TASK.name}"):
        open_training_set(lake, "other")
    state = Loader(training, 4, seed=1).state_dict()
    with pytest.raises(RequestError, match=r"batch_size = 4 where 5 was expected"):
        Loader(training, 5, seed=1).load_state_dict(state)
    with pytest.raises(RequestError, match=r"samples = "):
        Loader(open_training_set(lake, TASK.name, "tuning"), 4, seed=1).load_state_dict(state)


def test_damage_is_found_and_names_the_shard(tmp_path: Path) -> None:
    make_training_lake(str(tmp_path), subjects=12, each=2)
    training = open_training_set(str(tmp_path), TASK.name)
    path = tmp_path / training.shards[0]
    data = bytearray(path.read_bytes())
    data[int(training._offsets[0]) + int(training._lengths[0]) // 2] ^= 1
    path.write_bytes(bytes(data))
    with pytest.raises(DataError, match=rf"Shard {training.shards[0]}, sample at byte {training._offsets[0]}: SHA-256"):
        open_training_set(str(tmp_path), TASK.name).read([0])
    path.unlink()
    with pytest.raises(DataError, match="is not there"):
        open_training_set(str(tmp_path), TASK.name)
    with pytest.raises(DataError, match=rf"{training.shards[0]}"):
        open_training_set(str(tmp_path), TASK.name, "tuning").read([0])


@pytest.mark.s3
def test_an_object_store_gives_the_same_batches(lake: str, s3_server: S3Server, s3_lake_uri: str) -> None:
    make_training_lake(s3_lake_uri, s3_server.settings)
    there, here = open_training_set(s3_lake_uri, TASK.name, s3=s3_server.settings), open_training_set(lake, TASK.name)
    for order in (Order.SHUFFLED, Order.SHARDS):
        both = (Loader(training, 9, seed=2, order=order) for training in (there, here))
        for one, other in zip(*both, strict=True):
            assert content(one) == content(other)
    again = pickle.loads(pickle.dumps(there))
    np.testing.assert_array_equal(again.read([0])[0].values, here.read([0])[0].values)

"""Readers that travel to worker processes: pickled, or inherited by a fork while files are open."""

import os
import pickle
from pathlib import Path

import numpy as np

from mimic_assets import open_record
from mimic_assets.records import Record, open_signals, read_records
from mimic_assets.sources.folder import FolderTree
from mimic_assets_tests.broken_copies import SUBJECT, write_segments

FRAMES = 20_000


def test_a_pickled_reader_reads_the_same(tmp_path: Path) -> None:
    record = write_segments(tmp_path, [("ep", FRAMES), ("e", 640)])
    tree = FolderTree(tmp_path)
    signals = open_signals(tree, read_records(tree, SUBJECT).frame, threads=2)
    opened = open_record(record.folder / str(record.record_id), verify=True)
    before, whole = signals.read(["V"], 999, 9999)["V"], opened.signals()
    assert (pickle.loads(pickle.dumps(signals)).read(["V"], 999, 9999)["V"].digital == before.digital).all()
    again = pickle.loads(pickle.dumps(opened))
    assert (again.names, again.clock, again.problems) == (opened.names, opened.clock, opened.problems)
    for name, array in again.signals().items():
        np.testing.assert_array_equal(array.values, whole[name].values)


def test_a_forked_process_does_not_move_its_parents_files(tmp_path: Path) -> None:
    record = write_segments(tmp_path, [("e", FRAMES)])
    stored = record.samples("_0001e.dat")[:, 0]
    opened = open_record(record.folder / str(record.record_id))
    opened.signals(["II"], -1, 1000)  # the file is open now
    child = os.fork()
    try:
        right = _reads_right(opened, stored, seed=int(child == 0))
    except BaseException:
        right = False
    if child == 0:
        os._exit(0 if right else 1)  # whatever happened: the child must not go on as a second test run
    assert right
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def _reads_right(opened: Record, stored: np.ndarray, seed: int) -> bool:
    starts = np.random.default_rng(seed).integers(0, 4 * FRAMES - 500, 200).tolist()
    return all(
        (
            opened.signals(["II"], 4 * start - 1, 4 * (start + 500) - 1, "int16")["II"].values
            == stored[start : start + 500]
        ).all()
        for start in starts
    )

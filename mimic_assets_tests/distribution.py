"""How `-n 2 --dist loadfile` deals test files: those that share a costly fixture to one worker, the longest first.

A fixture of the session is made once per worker: two files that need the same lake would make it twice if they went to
different ones. Long files go first, so that no worker waits at the end while the other is in the middle of one. Here:
who goes with whom, and when. It decides time alone; every file passes by itself, in any order.
"""

from pathlib import PurePosixPath

from xdist.scheduler import LoadFileScheduling
from xdist.workermanage import WorkerController

TOGETHER = {
    "truth/test_aces_oracle.py": "judgement",
    "truth/test_events_against_truth.py": "judgement",
    "truth/test_labels_against_truth.py": "judgement",
    "truth/test_mutated_rules.py": "judgement",
    "comparisons/test_leakage_of_real_records.py": "linked_journey",
    "defs/test_real_journeys.py": "linked_journey",
    "defs/test_real_waveforms.py": "linked_journey",
    "defs/test_s3_parity.py": "linked_journey",
    "truth/test_aces_on_real_records.py": "linked_journey",
    "defs/test_bigquery_journey.py": "finished",
    "defs/test_full_disk.py": "finished",
    "defs/test_resume.py": "finished",
}
"""File -> the fixture it shares with others of the same name."""
TOGETHER_BY_FOLDER = ("bad_input", "unit/sources/bigquery", "unit/sources/demo")
"""Folders whose files share costly fixtures with one another and with nobody else."""
LONGEST = (
    "linked_journey",
    "finished",
    "comparisons/test_leakage_check.py",
    "truth/test_demo_size.py",
    "judgement",
    "browser/test_ui.py",
    "bad_input",
    "defs/test_adjudications.py",
    "property/windows/test_no_future_at_raw_level.py",
    "property/events/test_event_sources.py",
    "defs/test_automation.py",
    "unit/sources/demo",
    "property/events/test_event_runs.py",
    "unit/sources/bigquery",
    "defs/test_faults.py",
    "defs/test_waveform_journey.py",
    "defs/test_quarantine.py",
    "defs/test_fingerprints.py",
    "contracts/test_bootstrap.py",
    "benchmarks/test_bench_command.py",
    "property/windows/test_labels_against_sentences.py",
    "defs/test_rebuilding.py",
    "unit/records/test_records_raw_numerics.py",
    "defs/test_shards_survive_kills.py",
    "property/windows/test_mistaken_labels.py",
    "property/clinical/test_clinical_laws.py",
    "property/windows/test_windows_of_scans.py",
    "unit/manifest/test_torch_loader.py",
)
"""What takes more than ten seconds, longest first; all others follow, those with most tests first."""


def dealt_as(file: str) -> str:
    """Return the name of what a test file is dealt with; its own below `mimic_assets_tests` where it is alone."""
    _, _, own = file.rpartition("mimic_assets_tests/")
    if own in TOGETHER:
        return TOGETHER[own]
    folder = str(PurePosixPath(own).parent)
    return folder if folder in TOGETHER_BY_FOLDER else own


class LongestFirst(LoadFileScheduling):
    """Deals whole files, as its base does, by the tables above."""

    def _split_scope(self, nodeid: str) -> str:
        return dealt_as(super()._split_scope(nodeid))

    def _assign_work_unit(self, node: WorkerController) -> None:
        waiting = self.workqueue
        first = next((name for name in LONGEST if name in waiting), None)
        waiting.move_to_end(first or max(waiting, key=lambda name: len(waiting[name])), last=False)
        super()._assign_work_unit(node)

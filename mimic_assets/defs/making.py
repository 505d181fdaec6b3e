"""How the object of one key is made, kept, quarantined or blocked. Runs in worker processes; knows no run and no UI.

Order of one key: read the fingerprints of its inputs; equal to the stored one - keep; else load, compute, judge against
the schema, write rejections, write the object (that is the commit). Whatever goes wrong with the data of one key takes
away that key's stale object, leaves a row in rejected_inputs, and touches nothing else.
"""

import re
from dataclasses import dataclass, field
from functools import cached_property

import polars as pl

from mimic_assets import clinical, events, records
from mimic_assets.defs.derivation import FromTables, FromTree
from mimic_assets.defs.fingerprints import fingerprint
from mimic_assets.defs.outcomes import Outcome, Status
from mimic_assets.defs.places import Places
from mimic_assets.defs.putting import put
from mimic_assets.defs.withdrawing import withdraw
from mimic_assets.errors import DamagedObjectError, DataError, RequestError
from mimic_assets.schemas.judged import Judged, JudgedParts, Rejection, Rows, rejected_frame
from mimic_assets.schemas.model import Table
from mimic_assets.schemas.tables import CLINICAL_EXTRACT, CLINICAL_LABELS, EVENT_ADJUDICATIONS, TABLES
from mimic_assets.storage.keys import Key
from mimic_assets.storage.lake import Stored
from mimic_assets.tasks import Task


@dataclass
class Workshop(Places):
    """Makes keys, with the places and tasks of the settings."""

    _buckets: dict[Key, Stored] = field(default_factory=dict, repr=False)
    _decisions: tuple[str, pl.DataFrame] | None = field(default=None, repr=False)
    _shared: dict[str, pl.DataFrame] | None = field(default=None, repr=False)
    """Frames that all tasks of the key at hand are made from; None between keys."""

    def make(self, table: Table, derivation: FromTree | FromTables, key: str) -> Outcome:
        """Return what became of one key; only a request that is wrong for every key raises."""
        self._shared = {}
        try:
            return self._make_tasks(table, derivation, key)
        finally:
            self._shared = None

    def _make_tasks(self, table: Table, derivation: FromTree | FromTables, key: str) -> Outcome:
        outcome = Outcome(key, Status.KEPT)
        for task in self._tasks_of(derivation):
            place = Key(int(key), task.name if task else None)
            try:
                stored, is_new = self._make_object(table, derivation, place, task)
            except _BlockedError as blocked:
                withdraw(self.lake, table, place, self.tasks, self._tasks_in_lake)
                self.lake.remove(table, place)
                _block(outcome, str(blocked))
            except RequestError:
                raise
            except (OSError, MemoryError) as error:  # the machine's fault, not the data's: what stands still stands
                _block(outcome, f"{type(error).__name__} while making it; nothing was changed, run again")
            except Exception as error:  # one bad patient never stops a batch: what its data provokes is its quarantine
                self._quarantine(table, place, error)
                outcome.status, outcome.reasons = Status.QUARANTINED, [*outcome.reasons, _reason(error)]
            else:
                outcome.count(stored, task.name if task else None)
                if is_new and outcome.status is Status.KEPT:
                    outcome.status = Status.MADE
        return outcome

    def _tasks_of(self, derivation: FromTree | FromTables) -> list[Task | None]:
        return [*self.tasks] if isinstance(derivation, FromTables) and derivation.per_task else [None]

    def _make_object(
        self, table: Table, derivation: FromTree | FromTables, place: Key, task: Task | None
    ) -> tuple[Stored, bool]:
        wanted = fingerprint(table, self._inputs(derivation, place, task), task.fingerprint if task else None)
        stored = self.lake.stored(table, place)
        if stored is not None and stored.fingerprint == wanted:
            return stored, False
        try:
            judged = self.compute(derivation, place, task)
            return self.put(table, place, judged, wanted), True
        except pl.exceptions.ComputeError:  # a scan that breaks off is the lake's fault and not the data's
            if isinstance(derivation, FromTables):
                self._take_away_damaged(derivation, place)
            raise

    def put(
        self, table: Table, place: Key, judged: Judged | JudgedParts, wanted: str, extra: dict[str, str] | None = None
    ) -> Stored:
        """Judge an object against its table and write it whole (`putting`).

        Raises:
            DataError: the rows break a promise of the table; each rule is named with its count.
        """
        return put(self.lake, self.home, table, place, judged, wanted, extra or {})

    def _inputs(self, derivation: FromTree | FromTables, place: Key, task: Task | None) -> dict[str, str]:
        subject_id = place.partition or 0
        if isinstance(derivation, FromTree):
            return self._source_files(subject_id)
        found: dict[str, str] = {}
        if derivation.needs_definitions:
            found["definitions"] = events.definitions_fingerprint(self.definitions)
        with_waveforms = derivation.waveform_inputs if task and task.waveforms else ()
        for name in (*derivation.inputs, *with_waveforms):
            if name == EVENT_ADJUDICATIONS.name:
                found[name] = repr(self._decisions_about(subject_id).rows())
                continue
            if name == CLINICAL_EXTRACT.name:
                found[name] = self._clinical_fingerprint(subject_id)
                if derivation.needs_completeness:
                    found["incomplete_tables"] = ",".join(sorted(self._incomplete_tables(subject_id)))
                continue
            value = self.lake.fingerprint(TABLES[name], self._place_of(name, place))
            if value is None:
                raise _BlockedError(f"{name} has no object for this key")
            found[name] = value
        return found

    @staticmethod
    def _place_of(name: str, place: Key) -> Key:
        return place if "task" in TABLES[name].partitioning.value else Key(place.partition)

    @cached_property
    def _tasks_in_lake(self) -> list[str]:
        found = {key.task for key in self.lake.keys(CLINICAL_LABELS)} | {task.name for task in self.tasks}
        return sorted(name for name in found if name is not None)

    def forget_buckets(self) -> None:
        """Forget what is remembered of the clinical extract, because it is being made anew."""
        self._buckets.clear()

    def _bucket_of(self, subject_id: int) -> Stored:
        """Return what is stored of a subject's bucket, remembered: its footer holds a line for each of its subjects."""
        place = self.bucket(subject_id)
        if place not in self._buckets:
            stored = self.lake.stored(CLINICAL_EXTRACT, place)
            if stored is None:
                raise _BlockedError("clinical_extract has no object for this key's bucket")
            self._buckets[place] = stored
        stored = self._buckets[place]
        if stored.extra.get("buckets") != str(self.settings.buckets):
            raise _BlockedError(
                f"clinical_extract is cut into {stored.extra.get('buckets')} buckets, the settings say "
                f"{self.settings.buckets}: materialise it first"
            )
        return stored

    def _clinical_fingerprint(self, subject_id: int) -> str:
        stored = self._bucket_of(subject_id)
        found = re.search(rf'"{subject_id}": "([0-9a-f]+)"', stored.extra["subjects"])
        return found[1] if found else "no rows"

    def _source_files(self, subject_id: int) -> dict[str, str]:
        """Return path -> SHA-256 of a patient's files, and what was published of them, of missing ones too."""
        paths = records.patient_files(self.waveforms, subject_id)
        published = records.published_checksums(self.waveforms, records.patient_folder(subject_id))
        found = {path: self.waveforms.sha256(path) for path in paths}
        return found | {f"published {path}": sha for path, sha in published.items()}

    def _incomplete_tables(self, subject_id: int) -> frozenset[str]:
        return clinical.incomplete_tables(self.lake.rejected(CLINICAL_EXTRACT, self.bucket(subject_id)), subject_id)

    def compute(self, derivation: FromTree | FromTables, place: Key, task: Task | None) -> Judged | JudgedParts:
        """Return the rows of one key, nothing written."""
        subject_id = place.partition or 0
        if isinstance(derivation, FromTree):
            return derivation.function(self.waveforms, subject_id)
        frames = [self._rows(name, place, derivation) for name in derivation.inputs]
        completeness: list[object] = []
        if derivation.needs_completeness:
            completeness = [self._incomplete_tables(subject_id), events.tables_by_event(self.definitions)]
        first = [self.definitions] if derivation.needs_definitions else [task] if task else []
        more: dict[str, object] = {}
        if task is None or task.waveforms is not None:
            more = {name: self._rows(name, place, derivation) for name in derivation.waveform_inputs}
            if derivation.needs_signals:
                more["open_signals"] = self.open_signals
        return derivation.function(*first, *frames, *completeness, **more)

    def _decisions_about(self, subject_id: int) -> pl.DataFrame:
        """Return the reviewers' decisions about one subject's events; none where none were read into the lake."""
        stored = self.lake.fingerprint(EVENT_ADJUDICATIONS, Key())
        if stored is None:
            return EVENT_ADJUDICATIONS.empty()
        if self._decisions is None or self._decisions[0] != stored:
            self._decisions = stored, self.lake.read(EVENT_ADJUDICATIONS, Key())
        return self._decisions[1].filter(subject_id=subject_id)

    def _rows(self, name: str, place: Key, derivation: FromTables) -> Rows:
        """Return an input: a scan for a function that takes one, else its rows."""
        if name in derivation.scanned:
            return self.lake.scan_key(TABLES[name], self._place_of(name, place))
        return self._frame(name, place)

    def _take_away_damaged(self, derivation: FromTables, place: Key) -> None:
        """Remove the first scanned input that cannot be read back; none where they all can.

        Raises:
            _BlockedError: one was removed.
        """
        for name in sorted(derivation.scanned):
            source = self._place_of(name, place)
            try:
                for _ in self.lake.read_parts(TABLES[name], source):
                    pass
            except DamagedObjectError:
                raise self._without_damaged(name, source) from None

    def _frame(self, name: str, place: Key) -> pl.DataFrame:
        """Return an input's rows, read once for all tasks of a key where the table is not of a task."""
        if self._shared is None or "task" in TABLES[name].partitioning.value:
            return self._read(name, place)
        if name not in self._shared:
            self._shared[name] = self._read(name, place)
        return self._shared[name]

    def _read(self, name: str, place: Key) -> pl.DataFrame:
        if name == EVENT_ADJUDICATIONS.name:
            return self._decisions_about(place.partition or 0)
        is_extract = name == CLINICAL_EXTRACT.name
        source = self.bucket(place.partition or 0) if is_extract else self._place_of(name, place)
        try:
            return self.lake.read(TABLES[name], source, subject_id=place.partition if is_extract else None)
        except DamagedObjectError:
            raise self._without_damaged(name, source) from None

    def _without_damaged(self, name: str, source: Key) -> "_BlockedError":
        self.lake.remove(TABLES[name], source)
        self.forget_buckets()
        return _BlockedError(f"the object of {name} was damaged and is taken away: run again, it is made anew")

    def _quarantine(self, table: Table, place: Key, error: Exception) -> None:
        withdraw(self.lake, table, place, self.tasks, self._tasks_in_lake)
        row = Rejection(
            table=table.name,
            file=f"patient {place.partition}" + (f", task {place.task}" if place.task else ""),
            place=table.name,
            rule="quarantined",
            message=_reason(error),
            advice="Look at the patient's other rejections, repair the source, and materialise this patient again.",
            subject_id=place.partition,
        )
        self.lake.quarantine(table, place, rejected_frame([row]))


class _BlockedError(Exception):
    """An input object of this key is missing."""


def _block(outcome: Outcome, reason: str) -> None:
    outcome.reasons.append(reason)
    if outcome.status is not Status.QUARANTINED:  # of another task: that is what has to be repaired
        outcome.status = Status.BLOCKED


def _reason(error: Exception) -> str:
    """Return why a key is quarantined; text of foreign exceptions may hold values, so only their kind is kept."""
    return str(error) if isinstance(error, DataError) else f"unexpected {type(error).__name__}"

"""What processes do not import before they need it: that costs more than all else they start with.

A process of the pool needs no Dagster and no pandas, a command no filters.
"""

import pickle
import subprocess
import sys

import dagster as dg

from mimic_assets.definitions import build_definitions
from mimic_assets.defs.derivation import TableHandle
from mimic_assets.schemas.model import Partitioning
from mimic_assets.schemas.tables import TABLES
from mimic_assets.settings import Settings

OF_PATIENTS = {Partitioning.PATIENT, Partitioning.PATIENT_TASK}
WORKER = """
import pickle, sys
import mimic_assets.defs.crew, mimic_assets.defs.proving, mimic_assets.defs.task_tables
pickle.loads(sys.stdin.buffer.read())
print(sorted({"dagster", "dagster_pandas", "pandas", "pandera", "matplotlib"} & set(sys.modules)))
"""


def test_a_worker_that_gets_what_assets_return_has_imported_no_orchestrator() -> None:
    settings = Settings(waveforms="w", clinical="c", lake="l")
    of_patients = [name for name, table in TABLES.items() if table.partitioning in OF_PATIENTS]
    derivations = []
    for asset in build_definitions(settings).assets or []:
        if isinstance(asset, dg.AssetsDefinition) and asset.key.path[-1] in of_patients:
            ins = asset.op.ins.items()
            handles = {name: TableHandle(name) for name, place in ins if not place.dagster_type.is_nothing}
            found = asset(**handles)
            assert isinstance(found, dg.Output)
            derivations.append(found.value)
    assert len(derivations) == len(of_patients)
    sent = pickle.dumps((settings, derivations))
    said = subprocess.run([sys.executable, "-c", WORKER], input=sent, capture_output=True, check=True)
    assert said.stdout.decode().strip() == "[]"


def test_the_graph_and_the_loader_are_imported_without_filters() -> None:
    code = """
import sys
import mimic_assets.definitions, mimic_assets.manifest.loader
print(sorted({"scipy.signal", "scipy.stats", "sleepecg"} & set(sys.modules)))
"""
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert said.stdout.decode().strip() == "[]"

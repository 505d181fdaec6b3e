"""The check that no window of a run saw its future: some of them are made again from truncated raw rows and compared.

The windows are drawn by name and few, so its cost does not grow with the run; `mimic-assets prove` makes as many as
asked for. A difference is recorded as an ERROR and fails the run in the end; nothing is stopped for it in between.
"""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from mimic_assets.defs.crew import Crew
from mimic_assets.defs.making import Workshop
from mimic_assets.defs.proving import AT_MOST, PER_PATIENT, count_columns, prove_run
from mimic_assets.defs.rebuilding import Rebuilt
from mimic_assets.schemas.tables import WINDOWED_SAMPLES

PROOF = f"{WINDOWED_SAMPLES.name}_proof"
"""Name of the check and of its step."""
_LISTED = 20


def _listing(failed: list[Rebuilt]) -> dg.MarkdownMetadataValue:
    lines = [f"| {w.subject_id} | {w.sample_id} | {w.problem or ', '.join(w.differing)} |" for w in failed[:_LISTED]]
    return dg.MetadataValue.md("\n".join(["| patient | sample | what differs |", "|---|---|---|", *lines]))


def proof_check(workshop: Workshop, crew: Crew) -> dg.AssetChecksDefinition:
    """Return the check."""

    @dg.multi_asset_check(
        name=PROOF,
        specs=[
            dg.AssetCheckSpec(
                PROOF,
                asset=WINDOWED_SAMPLES.name,
                description=f"Up to {AT_MOST} windows of the run, {PER_PATIENT} of a patient, are made again after "
                "every source row later than their index time was deleted; every input is identical.",
                blocking=False,
            )
        ],
    )
    def check(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        rebuilt = prove_run(workshop, crew, context.run.run_id)
        failed = [window for window in rebuilt if not window.is_identical]
        metadata: dict[str, Any] = {
            "windows rebuilt": len(rebuilt),
            "windows that differ": len(failed),
            "differences by column": dg.MetadataValue.json(count_columns(rebuilt)),
        }
        yield dg.AssetCheckResult(
            asset_key=WINDOWED_SAMPLES.name,
            check_name=PROOF,
            passed=not failed,
            severity=dg.AssetCheckSeverity.ERROR,
            metadata=metadata | ({"failed": _listing(failed)} if failed else {}),
        )
        if failed:
            columns = ", ".join(count_columns(failed)) or "they could not be rebuilt"
            raise dg.Failure(
                f"{len(failed)} of {len(rebuilt)} windows are not the same without their future: {columns}",
                metadata=metadata,
                allow_retries=False,
            )

    return check

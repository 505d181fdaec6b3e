"""Two checks per table: one that reports every key and fails the run in the end, one that stops a batch gone wrong.

A blocking check would stop all keys for one bad patient, so the first does not block: good keys flow on, the bad one
stays FAILED and its retry touches only it. The second blocks, for what makes a whole batch doubtful: an unknown state
of a key, an object that is not there, or more quarantined keys than the settings allow.
"""

from collections import Counter

import dagster as dg

from mimic_assets.defs.making import Workshop
from mimic_assets.defs.outcomes import Outcome, Status, read_outcomes
from mimic_assets.schemas.tables import TABLES

_LISTED = 50
"""Failed keys shown in the UI; the rest are in rejected_inputs."""


def _failed(outcomes: list[Outcome]) -> list[Outcome]:
    return [outcome for outcome in outcomes if not outcome.is_stored]


def _listing(failed: list[Outcome]) -> dg.MarkdownMetadataValue:
    rows = [f"| {o.key} | {o.status} | {'; '.join(o.reasons)} |" for o in failed[:_LISTED]]
    more = [f"\n{len(failed) - _LISTED} more: see `rejected_inputs`."] if len(failed) > _LISTED else []
    return dg.MetadataValue.md("\n".join(["| key | status | rule |", "|---|---|---|", *rows, *more]))


def every_key_check(table_name: str, workshop: Workshop) -> dg.AssetChecksDefinition:
    """Return the check that reports every key of a run and fails when one does not stand."""

    @dg.asset_check(
        asset=table_name,
        name=f"{table_name}_every_key",
        description="Every key of the run has an object that keeps its table's promises; failed keys are named.",
        blocking=False,
    )
    def check(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
        outcomes = read_outcomes(workshop.home, context.run.run_id, table_name)
        failed = _failed(outcomes)
        metadata = {
            "keys": len(outcomes),
            **{str(status): count for status, count in sorted(Counter(o.status for o in outcomes).items())},
            "rejected inputs": sum(outcome.rejected_count for outcome in outcomes),
        }
        if failed:
            raise dg.Failure(
                f"{len(failed)} of {len(outcomes)} keys of {table_name} do not stand",
                metadata=metadata | {"failed": _listing(failed)},
                allow_retries=False,
            )
        return dg.AssetCheckResult(passed=True, metadata=metadata)

    return check


def batch_check(table_name: str, workshop: Workshop) -> dg.AssetChecksDefinition:
    """Return the check that stops everything downstream when the batch as a whole cannot be trusted."""

    @dg.asset_check(
        asset=table_name,
        name=f"{table_name}_batch",
        description="Each key is reported once, good keys have objects, quarantined ones are no more than allowed.",
        blocking=True,
    )
    def check(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
        settings = workshop.settings
        outcomes = read_outcomes(workshop.home, context.run.run_id, table_name)
        quarantined = sum(outcome.status is Status.QUARANTINED for outcome in outcomes)
        share = quarantined / len(outcomes) if outcomes else 0.0
        repeated = len(outcomes) - len({outcome.key for outcome in outcomes})
        empty_handed = sum(outcome.is_stored and not outcome.sha256 for outcome in outcomes)
        is_share_allowed = len(outcomes) == 1 or share <= settings.quarantine_share  # one key is no batch to doubt
        return dg.AssetCheckResult(
            passed=not repeated and not empty_handed and is_share_allowed,
            metadata={
                "keys": len(outcomes), "quarantined share": share, "allowed share": settings.quarantine_share,
                "keys reported twice": repeated, "good keys without object": empty_handed,
            },
        )  # fmt: skip

    return check


def all_checks(workshop: Workshop) -> list[dg.AssetChecksDefinition]:
    """Return both checks of every table."""
    return [make(name, workshop) for name in TABLES for make in (every_key_check, batch_check)]

"""How well the ledger finds what was planted: precision, recall and time error, by kind of event and tier.

Belongs here: counting pairs. What a pair is, `ledger` says. A kind that is found and not planted is counted too.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from mimic_assets_tests.truth.ledger import APART, Found, is_same
from mimic_assets_tests.truth.planted import Planted, Row, time_of


@dataclass
class Accuracy:
    """One kind of event at one tier."""

    planted: int = 0
    found: int = 0
    matched: int = 0
    errors_s: list[float] = field(default_factory=list)
    """Found time minus planted time, of pairs that have one."""
    widths_s: list[float] = field(default_factory=list)
    """Upper minus lower bound of found events of pairs."""

    @property
    def recall(self) -> float:
        """Share of the planted that was found."""
        return self.matched / self.planted if self.planted else 1.0

    @property
    def precision(self) -> float:
        """Share of the found that was planted."""
        return self.matched / self.found if self.found else 1.0


def measure(planted: Planted, ledger: Iterable[Found]) -> dict[tuple[str, str], Accuracy]:
    """Return (event, tier) -> accuracy; an event is in one pair at most."""
    wanted: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for row in planted.events:
        wanted[row["event"], row["tier"], int(row["subject_id"])].append(row)
    found: dict[tuple[Any, ...], list[Found]] = defaultdict(list)
    for event in ledger:
        if event["event_class"] not in APART:
            found[event["event"], event["tier"], event["subject_id"]].append(event)
    result: dict[tuple[str, str], Accuracy] = defaultdict(Accuracy)
    for key in sorted({*wanted, *found}):
        accuracy = result[key[:2]]
        left = sorted(found[key], key=lambda event: event["event_id"])
        accuracy.planted += len(wanted[key])
        accuracy.found += len(left)
        for row in wanted[key]:
            match = next((event for event in left if is_same(row, event)), None)
            if match is None:
                continue
            left.remove(match)
            accuracy.matched += 1
            accuracy.widths_s.append((match["upper_time"] - match["lower_time"]).total_seconds())
            time = time_of(row["event_time"])
            if time is not None and match["event_time"] is not None:
                accuracy.errors_s.append((match["event_time"] - time).total_seconds())
    return dict(result)


def table(accuracies: dict[tuple[str, str], Accuracy]) -> str:
    """Return the accuracies as a Markdown table."""
    lines = [
        "| event | tier | planted | found | recall | precision | median error s | largest error s | widest bounds s |",
        "|---|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for (event, tier), a in sorted(accuracies.items()):
        errors = sorted(abs(error) for error in a.errors_s)
        middle, largest = (f"{errors[len(errors) // 2]:.3f}", f"{errors[-1]:.3f}") if errors else ("-", "-")
        widest = f"{max(a.widths_s):,.0f}" if a.widths_s else "-"
        lines.append(
            f"| {event} | {tier} | {a.planted} | {a.found} | {a.recall:.3f} | {a.precision:.3f} "
            f"| {middle} | {largest} | {widest} |"
        )
    return "\n".join(lines)

"""A window as one object for programs: what `mimic-assets show --json` prints. Missing is null, times are ISO text."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mimic_assets.cli.window import REASONS, Window
from mimic_assets.cli.window_evidence import Evidence, label_in_words
from mimic_assets.cli.window_lineage import Lineage
from mimic_assets.cli.window_waveforms import Waveforms
from mimic_assets.pictures.signal_view import REASONS as SIGNAL_REASONS
from mimic_assets.pictures.signal_view import SampledSignal, SignalView
from mimic_assets.schemas.vocabulary import MissingReason

_LISTS = {
    "parameters", "cell_values", "cell_reasons", "cell_ages_s", "feature_names", "feature_values", "signals",
    "signal_units", "signal_samples_per_frame", "signal_sample_counts", "signal_gains", "signal_baselines",
    "signal_is_rescaled", "signal_samples", "signal_reasons",
}  # fmt: skip
"""Columns that are taken apart by parameter or signal."""


def window_object(
    window: Window, evidence: Evidence, lineage: Lineage, waveforms: Waveforms | None = None
) -> dict[str, Any]:
    """Return everything that `window_text` prints, and every cell."""
    shard = lineage.shard
    return {
        **{name: _plain(value) for name, value in window.row.items() if name not in _LISTS},
        "label_in_words": label_in_words(window, evidence),
        "clinical_label": _plain_row(evidence.label),
        "event": _plain_row(evidence.event),
        "sources": [{"name": source.name, "says": source.says} for source in evidence.sources],
        "record_stay": _plain_row(evidence.stay),
        "parameters": [_parameter(window, place) for place in range(len(window.parameters))],
        "signals": [] if waveforms is None else [_signal(waveforms.view, each) for each in waveforms.view.signals],
        "signal_notes": [] if waveforms is None else list(waveforms.notes),
        "manifest": _plain_row(lineage.manifest),
        "shard": None if shard is None else {"is_good": shard.is_good, "message": shard.message},
        "source_files": lineage.source_files,
        "lineage": [
            {
                "path": ancestor.path,
                "rows": ancestor.stored.row_count if ancestor.stored else None,
                "rejected": ancestor.stored.rejected_count if ancestor.stored else None,
                "fingerprint": ancestor.stored.fingerprint if ancestor.stored else None,
            }
            for ancestor in lineage.ancestors
        ],
    }


def _parameter(window: Window, place: int) -> dict[str, Any]:
    name = window.parameters[place]
    counts = window.reason_counts(place)
    return {
        "name": name,
        "unit": window.units[place] or None,
        "observed_fraction": counts.get(MissingReason.OBSERVED.value, 0) / window.row["cell_count"],
        "reason_counts": counts,
        "features": {key.split("__")[1]: value for key, value in window.features.items() if key.split("__")[0] == name},
        "values": _numbers(window.values[place]),
        "reasons": [REASONS[code].value for code in window.reasons[place]],
        "ages_s": _numbers(window.ages_s[place]),
    }


def _signal(view: SignalView, signal: SampledSignal) -> dict[str, Any]:
    counts = np.bincount(signal.reasons, minlength=len(SIGNAL_REASONS))
    return {
        "name": signal.name,
        "unit": signal.unit or None,
        "first_tick": signal.first_tick,
        "ticks_per_sample": signal.ticks_per_sample or None,
        "reason_counts": {reason.value: int(counts[reason.code]) for reason in SIGNAL_REASONS if counts[reason.code]},
        "is_rescaled": signal.is_rescaled,
        "tiles": [
            {"start_tick": tile.start_tick, "reason": tile.reason.value, "band": tile.band.value}
            for tile in view.tiles.get(signal.name, ())
        ],
        "beat_ticks": view.beats.get(signal.name, np.empty(0, dtype=np.int64)).tolist(),
        "values": _numbers(signal.values),
    }


def _numbers(values: NDArray[np.floating]) -> list[float | None]:
    return [None if np.isnan(value) else float(value) for value in values]


def _plain_row(row: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if row is None else {name: _plain(value) for name, value in row.items()}


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value

"""Raw rows of a patient whose monitor is a known time from the chart, and the tasks and windows made of them.

The stay begins at 08:00, the record with it; the screen wanders for ten hours and is charted every ten minutes, from
memory now and then. Stages are reached through their packages, so that a test that replaces one replaces it here.
"""

from mimic_assets.defs.rebuilding import Patient
from mimic_assets.tasks import Task
from mimic_assets_tests.clocks import chart, course, header, looks, monitor, raw
from mimic_assets_tests.raw_patient import small_task
from mimic_assets_tests.unit.events.source_rows import admission

HOURS = 10
MINUTES = range(5, HOURS * 60, 10)
SHOWN = course(5, HOURS)
ROWS = (
    admission("2150-01-01 07:00", "2150-01-09 12:00"),
    *looks(SHOWN, MINUTES, [900.0 if place % 9 == 4 else 0.0 for place in range(len(MINUTES))]),
)


def lagging(lag_s: float) -> Patient:
    """Return the patient; everything but the monitor's clock is the same whatever the lag."""
    return Patient(raw(monitor(SHOWN, lag_s)), header(lag_s, HOURS), chart(*ROWS, hours=24), frozenset())


def clock_task(large_lag: str, **parts: dict[str, object]) -> Task:
    """Return the death task every ten minutes with a choice of what becomes of large lags."""
    return small_task(**({"clock": {"large_lag": large_lag}} | parts))

"""Errors in the form that BigQuery documents, and at which request they are given in the emulator's place.

Source: https://cloud.google.com/bigquery/docs/error-messages and the REST reference of jobs (read 2026). Each text
quotes a cell, as texts of the real service can: no message of ours may repeat it.
"""

import json
from collections.abc import Callable

from mimic_assets_tests.servers.answering_proxy import Answer, Choose, Request

QUOTED = "10000032 RARE-DIAGNOSIS"
"""What a message must not repeat."""


def refused(status: int, reason: str) -> Answer:
    """Return an HTTP error with the error object of the API."""
    text = f"{reason}: near {QUOTED}"
    entry = {"message": text, "domain": "global", "reason": reason}
    return Answer(status, {"error": {"code": status, "message": text, "errors": [entry]}})


def failed_job(request: Request, reason: str, text: str) -> Answer:
    """Return the job that a request asks for as one that has failed at once."""
    error = {"reason": reason, "message": f"{text} near {QUOTED}"}
    job = json.loads(request.body)
    return Answer(200, job | {"status": {"state": "DONE", "errorResult": error, "errors": [error]}})


CANCELLED = Answer(
    200, {"jobComplete": True, "errors": [{"reason": "stopped", "message": f"Job was cancelled near {QUOTED}"}]}
)
"""A page without rows and without a next one: `stopped` has HTTP code 200."""


def at_page(token: str, answer: Answer, times: int = 10**9) -> Choose:
    """Give an answer the first `times` times that the page with this token is asked for."""
    left = [times]

    def choose(request: Request) -> Answer | None:
        if request.options.get("pageToken") != token or not left[0]:
            return None
        left[0] -= 1
        return answer

    return choose


def is_job(request: Request, table: str) -> bool:
    """Return whether a request starts the query of a table for good, not as a dry run."""
    if request.method != "POST" or not request.path.endswith("/jobs"):
        return False
    asked = json.loads(request.body)["configuration"]
    return f"FROM {table}\n" in asked["query"]["query"] and not asked.get("dryRun")


def at_job(table: str, answer: Callable[[Request], Answer]) -> Choose:
    """Give an answer wherever the query of a table is started."""
    return lambda request: answer(request) if is_job(request, table) else None

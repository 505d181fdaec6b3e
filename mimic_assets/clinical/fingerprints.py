"""One SHA-256 per subject over its clinical rows: a subject whose rows did not change is not computed again."""

import hashlib

import polars as pl


def subject_fingerprints(frame: pl.DataFrame) -> dict[str, str]:
    """Return subject_id as text -> SHA-256 of the subject's rows of `clinical_extract`, in ascending subject order.

    It hashes CSV text with quoted strings, so null, the empty string and numbers written as text stay apart, and
    neither row groups nor chunks matter. Rows are taken in the order of the frame, which the table fixes.
    """
    subjects = frame.sort("subject_id", maintain_order=True).partition_by(
        "subject_id", as_dict=True, maintain_order=True
    )
    return {
        str(key[0]): hashlib.sha256(rows.write_csv(quote_style="non_numeric").encode()).hexdigest()
        for key, rows in subjects.items()
    }

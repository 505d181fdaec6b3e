"""Which bucket a subject's clinical rows lie in. Arithmetic on the id alone, so it never moves when data is added.

`bucket = floor(mix / 2**32 * buckets)` with `mix = (subject_id mod 2**31) * 2654435761 mod 2**32`: multiplicative
hashing with the odd number nearest 2**32 / golden ratio (Knuth, The Art of Computer Programming 3, 6.4), which spreads
consecutive ids evenly. The products stay below 2**63, so Python integers and Int64 columns agree.
"""

import polars as pl

_MULTIPLIER = 2_654_435_761
_ID_RANGE = 2**31
_MIX_RANGE = 2**32


def bucket_of(subject_id: int, buckets: int) -> int:
    """Return the bucket of a subject, 0 <= bucket < buckets.

    Raises:
        ValueError: `buckets` is not between 1 and 2**31 - 1.
    """
    _check(buckets)
    return (subject_id % _ID_RANGE) * _MULTIPLIER % _MIX_RANGE * buckets // _MIX_RANGE


def bucket_expression(buckets: int, column: str = "subject_id") -> pl.Expr:
    """Return `bucket_of` of an Int64 column as an Int32 expression named `bucket`; null where the id is.

    Raises:
        ValueError: `buckets` is not between 1 and 2**31 - 1.
    """
    _check(buckets)
    mix = (pl.col(column) % _ID_RANGE) * _MULTIPLIER % _MIX_RANGE
    return (mix * buckets // _MIX_RANGE).cast(pl.Int32).alias("bucket")


def _check(buckets: int) -> None:
    if not 1 <= buckets < _ID_RANGE:
        raise ValueError(f"{buckets} buckets found, 1 to {_ID_RANGE - 1} expected")

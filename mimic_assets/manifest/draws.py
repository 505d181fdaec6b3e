"""Draws that never change: a number from a purpose, a seed and a name, whatever else is in the data.

A generator would give a subject another number as soon as one is added before it; a hash does not. Each purpose
(split, control, shard) has its own draws, so that a low one for one purpose says nothing about the others.
"""

import hashlib
from collections.abc import Iterable

import polars as pl

_BITS = 64


def draw(purpose: str, seed: int, name: str | int) -> int:
    """Return an integer in [0, 2^64), uniform over names: the first 8 bytes of SHA-256 of `purpose:seed:name`."""
    digest = hashlib.sha256(f"{purpose}:{seed}:{name}".encode()).digest()
    return int.from_bytes(digest[: _BITS // 8], "big")


def unit_draw(purpose: str, seed: int, name: str | int) -> float:
    """Return a number in [0, 1), uniform over names: the upper 53 bits of `draw`, exact in a float."""
    return (draw(purpose, seed, name) >> (_BITS - 53)) / 2**53


def draws(purpose: str, seed: int, names: Iterable[str | int]) -> pl.Series:
    """Return `draw` of every name, in order, as UInt64."""
    return pl.Series("draw", [draw(purpose, seed, name) for name in names], dtype=pl.UInt64)

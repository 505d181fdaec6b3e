"""Charted texts, compared tolerantly: case, accents, spacing and punctuation do not matter.

Belongs here: how a text is written plainly, which texts a pattern takes, and which texts nobody knows. Does not belong
here: the patterns (`definitions/*.toml`, `known_texts.toml`).
"""

import re
import tomllib
import unicodedata
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import polars as pl

_KNOWN = Path(__file__).with_name("known_texts.toml")


def plain(text: str) -> str:
    """Return a text in lower case, without accents, its words separated by single spaces.

    Examples:
        >>> plain("VF (Ventricular  Fibrillation) "), plain("V-Fib"), plain("S/P arrest")
        ('vf ventricular fibrillation', 'v fib', 's p arrest')
    """
    decomposed = unicodedata.normalize("NFKD", text)
    letters = "".join(sign for sign in decomposed if not unicodedata.combining(sign)).lower()
    return re.sub(r"[^a-z0-9]+", " ", letters).strip()


def says(text: str | None, patterns: Iterable[str], refused: Iterable[str] = ()) -> bool:
    """Return whether one of the patterns is found in a text and none of the refused; an empty text says nothing."""
    if text is None or not (words := plain(text)):
        return False
    return any(re.search(p, words) for p in patterns) and not any(re.search(p, words) for p in refused)


def saying(texts: pl.Series, patterns: tuple[str, ...], refused: tuple[str, ...]) -> list[str]:
    """Return the distinct texts of a column that say it; each is looked at once however often it was charted."""
    return [text for text in texts.drop_nulls().unique().sort().to_list() if says(text, patterns, refused)]


@cache
def known_texts() -> dict[int, tuple[str, ...]]:
    """Return patterns of texts that are known and are no event, by item."""
    found: dict[int, tuple[str, ...]] = {}
    for entry in tomllib.loads(_KNOWN.read_text(encoding="utf-8"))["texts"]:
        for item in entry["items"]:
            found[item] = (*found.get(item, ()), *entry["patterns"])
    return found

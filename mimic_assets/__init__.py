"""From raw bedside recordings to training data that ICU researchers can trust.

`ls` reads as the journey; `docs/architecture.md` is its map.
"""

__version__ = "0.1.0"
